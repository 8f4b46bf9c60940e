"""The one vocabulary that all tasks share.

Ten digits, one name token a task, a comma between operands, an equals sign where the answer starts, and padding:
21 tokens in all. A sequence reads ``NAME prompt = answer``.
"""

from collections.abc import Iterable

TASK_NAMES = ("COPY", "REV", "CMP", "PAR", "ADD", "MOD", "SORT", "MUL")

TOKENS: tuple[str, ...] = (*"0123456789", *TASK_NAMES, ",", "=", "_")

ID = {token: index for index, token in enumerate(TOKENS)}
COMMA, EQUALS, PAD = ID[","], ID["="], ID["_"]
SIZE = len(TOKENS)


def decode(ids: Iterable[int]) -> str:
    """Readable form of token ids.

    >>> decode([10, 3, 1, 19, 3, 1])
    'COPY 3 1 = 3 1'
    """
    return " ".join(TOKENS[index] for index in ids)
