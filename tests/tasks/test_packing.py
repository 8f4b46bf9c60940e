import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.tasks.packing import Packing, pack
from emergence.tasks.symbols import PAD

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
