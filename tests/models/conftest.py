"""A small transformer with weights far from their start, and packed sequences of very different lengths."""

import numpy as np
import pytest
from synthetic.tiny_models import scrambled

from emergence.models.transformer import Transformer
from emergence.tasks import data, vocabulary
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import Layout
from emergence.tasks.vocabulary import TaskLevel

CONTEXT = 16


@pytest.fixture
def model() -> Transformer:
    return scrambled(Transformer(3, 16, 4, vocabulary.SIZE, CONTEXT), seed=5, sigma=0.4)


@pytest.fixture
def sequences() -> dict[TaskLevel, Tokens]:
    levels = [TaskLevel("COPY", "6"), TaskLevel("PAR", "3"), TaskLevel("ADD", "2"), TaskLevel("MOD", "5")]
    return data.draw(levels, examples=5, seed=7)


@pytest.fixture
def layout(sequences: dict[TaskLevel, Tokens]) -> Layout:
    layout = Layout(tuple(sequences), 5)
    owners = np.zeros(layout.packing.rows, dtype=int)
    for index in layout.packing.index:
        np.add.at(owners, index[:, 0] // layout.packing.width, 1)
    assert owners.max() > 1, "rows must hold several sequences, or nothing about packing is tested"
    return layout
