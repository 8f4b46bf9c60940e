import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.tasks import TaskLevel
from emergence.tasks.batches import STEPS_PER_BLOCK, Layout, Stream
from emergence.tasks.symbols import EQUALS, PAD
from emergence.tasks.vocabulary import ID, decode

LEVELS = tuple(TaskLevel(*pair) for pair in [("COPY", "3"), ("ADD", "2"), ("PAR", "5"), ("MOD", "11"), ("MUL", "2x1")])
LAYOUTS = st.builds(
    Layout,
    st.lists(st.sampled_from(LEVELS), min_size=1, max_size=5, unique=True).map(tuple),
    st.integers(1, 5),
)
STEPS = st.integers(0, 3 * STEPS_PER_BLOCK)


def counting(layout: Layout) -> list[np.ndarray]:
    """Sequences whose every token is the successor of the one before, each token in one sequence only."""
    return [
        1_000_000 * group + 1000 * np.arange(layout.examples)[:, None] + np.arange(level.length)
        for group, level in enumerate(layout.levels)
    ]


@given(LAYOUTS)
def test_targets_follow_the_positions_they_are_predicted_from(layout: Layout) -> None:
    sequences = counting(layout)
    grid, targets = layout.inputs(sequences), layout.targets(sequences)
    np.testing.assert_array_equal(grid.ravel()[layout.target_index] + 1, targets)
    assert len(np.unique(targets)) == len(targets) == sum(layout.examples * lv.answer_length for lv in layout.levels)


@given(LAYOUTS)
def test_inputs_are_sequences_less_their_last_token(layout: Layout) -> None:
    sequences = counting(layout)
    grid = layout.inputs(sequences)
    kept = np.concatenate([tokens[:, :-1].ravel() for tokens in sequences])
    assert sorted(grid[grid != PAD]) == sorted(kept[kept != PAD])


@given(LAYOUTS, st.integers(0, 2**32 - 1), STEPS)
def test_a_batch_holds_whole_examples_of_each_level(layout: Layout, seed: int, step: int) -> None:
    inputs, targets = Stream(layout, seed)(step)
    assert inputs.shape == (layout.packing.rows, layout.packing.width)
    flat, ends = inputs.ravel(), np.cumsum([layout.examples * level.answer_length for level in layout.levels])
    for block, level, answers in zip(layout.packing.index, layout.levels, np.split(targets, ends[:-1]), strict=True):
        assert (flat[block[:, 0]] == ID[level.task]).all()
        assert (flat[block[:, level.prompt_length - 1]] == EQUALS).all()
        rows = answers.reshape(layout.examples, level.answer_length)
        np.testing.assert_array_equal(flat[block[:, level.prompt_length :]], rows[:, :-1])


def test_training_examples_are_correct() -> None:
    level = TaskLevel("ADD", "2")
    layout = Layout((level,), 4)
    stream = Stream(layout, 1)
    for step in range(0, 2 * STEPS_PER_BLOCK, 7):
        inputs, targets = stream(step)
        prompts = inputs.ravel()[layout.packing.index[0][:, 1 : level.prompt_length - 1]]
        for prompt, answer in zip(prompts, targets.reshape(4, 3), strict=True):
            first, second = decode(prompt).replace(" ", "").split(",")
            assert decode(answer[::-1]).replace(" ", "") == str(int(first) + int(second)).zfill(3)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.lists(STEPS, min_size=1, max_size=12))
def test_stream_does_not_depend_on_the_order_of_access(seed: int, steps: list[int]) -> None:
    layout = Layout(LEVELS, 2)
    stream = Stream(layout, seed)
    for step in steps:
        for found, expected in zip(stream(step), Stream(layout, seed)(step), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_every_step_has_its_own_batch() -> None:
    stream = Stream(Layout(LEVELS, 4), 1)
    batches = {stream(step)[0].tobytes() for step in range(2 * STEPS_PER_BLOCK + 2)}
    assert len(batches) == 2 * STEPS_PER_BLOCK + 2


@pytest.mark.parametrize("step", [0, STEPS_PER_BLOCK - 1, STEPS_PER_BLOCK])
def test_other_seeds_draw_other_data(step: int) -> None:
    layout = Layout(LEVELS, 4)
    batches = {Stream(layout, seed)(step)[0].tobytes() for seed in range(20)}
    assert len(batches) == 20


def test_a_batch_that_was_read_does_not_change_later() -> None:
    stream = Stream(Layout(LEVELS, 2), 1)
    inputs, targets = stream(0)
    before = inputs.copy(), targets.copy()
    stream(STEPS_PER_BLOCK)
    np.testing.assert_array_equal(inputs, before[0])
    np.testing.assert_array_equal(targets, before[1])
