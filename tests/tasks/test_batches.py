"""Packing of sequences into rows, and the training stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.tasks import TaskLevel
from emergence.tasks.batches import STEPS_PER_BLOCK, DistinctSequences, Layout, Packing, Stream, pack
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


@given(st.lists(st.sampled_from(LEVELS), min_size=1, unique=True), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_distinct_sequences_stand_for_all(levels: list[TaskLevel], examples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sequences = {level: level.sequences(rng, examples) for level in levels}
    distinct = DistinctSequences.of(sequences)
    assert distinct.layout.counts == tuple(len({tuple(row) for row in rows}) for rows in sequences.values())
    every = Layout(tuple(levels), examples)
    places = distinct.layout.target_index[distinct.repeated]
    for found, expected in [
        (distinct.targets[distinct.repeated], every.targets(list(sequences.values()))),
        (distinct.inputs.ravel()[places], every.inputs(list(sequences.values())).ravel()[every.target_index]),
    ]:
        np.testing.assert_array_equal(found, expected)


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


Groups = list[tuple[int, int]]
GROUPS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 20)), min_size=1, max_size=6)


def places(packing: Packing) -> dict[int, tuple[int, int]]:
    """Sequence and place within it of each flat grid position that is in use."""
    rows = [row for block in packing.index for row in block.tolist()]
    return {cell: (sequence, place) for sequence, row in enumerate(rows) for place, cell in enumerate(row)}


@given(GROUPS)
def test_every_token_has_one_place(groups: Groups) -> None:
    packing = pack(groups)
    assert [block.shape for block in packing.index] == groups
    cells = np.concatenate([block.ravel() for block in packing.index])
    assert len(np.unique(cells)) == len(cells) == sum(count * length for count, length in groups)
    assert cells.min() >= 0
    assert cells.max() < packing.rows * packing.width


@given(GROUPS)
def test_sequences_stay_whole_within_a_row(groups: Groups) -> None:
    packing = pack(groups)
    for block in packing.index:
        assert (np.diff(block, axis=1) == 1).all()
        assert (block[:, 0] // packing.width == block[:, -1] // packing.width).all()


@given(GROUPS)
def test_positions_restart_at_each_sequence(groups: Groups) -> None:
    packing = pack(groups)
    used = places(packing)
    expected = [used.get(cell, (0, 0))[1] for cell in range(packing.rows * packing.width)]
    assert packing.positions.shape == (packing.rows, packing.width)
    assert packing.positions.ravel().tolist() == expected


@settings(max_examples=40)
@given(GROUPS)
def test_mask_is_same_sequence_and_causal(groups: Groups) -> None:
    packing = pack(groups)
    used = places(packing)
    assert packing.mask.shape == (packing.rows, packing.width, packing.width)
    for row in range(packing.rows):
        owners = [used.get(row * packing.width + column, (None, 0))[0] for column in range(packing.width)]
        for query, owner in enumerate(owners):
            expected = [key <= query and owners[key] == owner for key in range(packing.width)]
            assert packing.mask[row, query].tolist() == expected


@given(GROUPS)
def test_every_query_attends_to_something(groups: Groups) -> None:
    assert pack(groups).mask.any(axis=2).all()


@given(GROUPS, st.sampled_from([(), (3,), (2, 2)]), st.integers(0, 2**32 - 1))
def test_fill_round_trips(groups: Groups, leading: tuple[int, ...], seed: int) -> None:
    packing = pack(groups)
    rng = np.random.default_rng(seed)
    tokens = [rng.integers(0, PAD, (*leading, count, length)) for count, length in groups]
    grid = packing.fill(tokens)
    assert grid.shape == (*leading, packing.rows, packing.width)
    flat = grid.reshape(*leading, -1)
    for block, given_tokens in zip(packing.index, tokens, strict=True):
        np.testing.assert_array_equal(flat[..., block], given_tokens)
    used = sum(count * length for count, length in groups)
    assert (flat == PAD).sum() == np.prod(leading, dtype=int) * (flat.shape[-1] - used)


@given(GROUPS)
def test_no_more_cells_than_padding_to_the_longest(groups: Groups) -> None:
    packing = pack(groups)
    longest = max(length for _, length in groups)
    padded = sum(count for count, _ in groups) * -(-longest // 8) * 8
    assert packing.width % 8 == 0
    assert longest <= packing.width <= longest + 15
    assert packing.rows * packing.width <= padded


def test_short_sequences_share_a_row() -> None:
    packing = pack([(4, 4)])
    assert (packing.rows, packing.width) == (2, 8)


def test_wider_rows_are_taken_where_they_leave_fewer_cells() -> None:
    assert (pack([(8, 5)]).rows, pack([(8, 5)]).width) == (3, 16)
