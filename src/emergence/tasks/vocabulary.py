"""The one vocabulary that all tasks share.

Ten digits, a comma between operands, an equals sign where the answer starts, padding, and a name token a task: 22
tokens with eight tasks and the control. A sequence reads ``NAME prompt = answer``.
"""

from collections.abc import Iterable

from emergence.tasks.algorithmic import TASKS
from emergence.tasks.symbols import SYMBOLS

TOKENS: tuple[str, ...] = (*SYMBOLS, *TASKS)
ID = {token: index for index, token in enumerate(TOKENS)}
SIZE = len(TOKENS)


def decode(ids: Iterable[int]) -> str:
    """Readable form of token ids.

    >>> decode([13, 3, 1, 11, 3, 1])
    'COPY 3 1 = 3 1'
    """
    return " ".join(TOKENS[index] for index in ids)
