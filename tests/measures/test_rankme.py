"""RankMe against exact cases, a dense float64 decomposition, and representations taken one prompt at a time."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emergence.config.measures import RankMe
from emergence.measures.rankme import effective_rank, measure, rankme, singular_values
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject, representations
from emergence.tasks import data
from emergence.tasks.vocabulary import TaskLevel

EPSILON = 1e-7
SPECTRA = ("centred/sigma", "centred/sigma2", "uncentred/sigma", "uncentred/sigma2")
Matrix = NDArray[np.float64]


def ranks_of(x: Matrix, epsilon: float = EPSILON) -> dict[str, float]:
    return {variant: rank.item() for variant, rank in rankme(torch.from_numpy(x), epsilon).items()}


def reference(x: Matrix, variant: str, epsilon: float = EPSILON) -> float:
    """The definition, from a dense decomposition in float64."""
    centring, spectrum = variant.split("/")
    sigma = np.linalg.svd(x - x.mean(axis=0) if centring == "centred" else x, compute_uv=False)
    weights = sigma**2 if spectrum == "sigma2" else sigma
    shares = weights / weights.sum() + epsilon
    return float(np.exp(-(shares * np.log(shares)).sum()))


def orthogonal(rng: np.random.Generator, size: int) -> Matrix:
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


@pytest.mark.parametrize("clusters", [2, 3, 7])
def test_exact_clusters(clusters: int) -> None:
    """Equally many samples on orthogonal centres of one norm: K directions, one of which is the mean's."""
    centres = 3.0 * orthogonal(np.random.default_rng(0), 10)[:clusters]
    ranks = ranks_of(np.repeat(centres, 5, axis=0))
    for spectrum in ("sigma", "sigma2"):
        assert ranks[f"uncentred/{spectrum}"] == pytest.approx(clusters, abs=1e-3)
        assert ranks[f"centred/{spectrum}"] == pytest.approx(clusters - 1, abs=1e-3)


def test_orthonormal_rows_have_full_rank() -> None:
    ranks = ranks_of(orthogonal(np.random.default_rng(1), 30)[:12])
    assert ranks["uncentred/sigma"] == pytest.approx(12, abs=1e-3)
    assert ranks["centred/sigma"] == pytest.approx(11, abs=1e-3)


@pytest.mark.parametrize("rounding", [0.0, 1e-8])
def test_a_constant_representation_has_rank_zero_centred_and_one_uncentred(rounding: float) -> None:
    rng = np.random.default_rng(2)
    x = np.tile(rng.standard_normal(8), (20, 1)) * (1 + rounding * rng.standard_normal((20, 8)))
    ranks = ranks_of(x)
    assert ranks["centred/sigma"] == ranks["centred/sigma2"] == 0.0
    assert ranks["uncentred/sigma"] == pytest.approx(1, abs=1e-4)
    assert ranks["uncentred/sigma2"] == pytest.approx(1, abs=1e-4)


def test_nothing_has_rank_zero() -> None:
    assert set(ranks_of(np.zeros((4, 3))).values()) == {0.0}


def test_gaussian_noise_has_nearly_full_rank() -> None:
    x = np.random.default_rng(3).standard_normal((200, 32))
    ranks = ranks_of(x)
    assert 30 < ranks["centred/sigma"] < 32
    for variant in SPECTRA:
        assert ranks[variant] == pytest.approx(reference(x, variant), rel=1e-9)


@pytest.mark.parametrize("shape", [(200, 16), (50, 50), (8, 64), (2, 3), (30, 1)])
@pytest.mark.parametrize("offset", [0.0, 5.0])
@pytest.mark.parametrize("variant", SPECTRA)
def test_equals_the_dense_reference(shape: tuple[int, int], offset: float, variant: str) -> None:
    """Full rank, decaying spectra: to 1e-6 of the value, since singular values come from a Gram matrix."""
    rng = np.random.default_rng(shape)
    x = rng.standard_normal(shape) * 0.8 ** np.arange(shape[1]) + offset * rng.standard_normal(shape[1])
    assert ranks_of(x)[variant] == pytest.approx(reference(x, variant), rel=1e-6)


@pytest.mark.parametrize("shape", [(100, 20), (20, 100)])
@pytest.mark.parametrize("variant", SPECTRA)
def test_equals_the_dense_reference_at_deficient_rank(shape: tuple[int, int], variant: str) -> None:
    """Singular values that should be zero stay below 1e-7 of the largest: the rank is right to 1e-4."""
    rng = np.random.default_rng(shape)
    x = rng.standard_normal((shape[0], 4)) @ rng.standard_normal((4, shape[1]))
    assert ranks_of(x)[variant] == pytest.approx(reference(x, variant), abs=1e-4)
    assert 3 < ranks_of(x)[variant] < 4.001
    assert (singular_values(torch.from_numpy(x)) > 0).sum() == 4, "below resolution, they are zero"


def test_epsilon_is_added_to_each_share() -> None:
    x = np.diag([4.0, 2.0, 1.0, 1.0])
    assert ranks_of(x, epsilon=0.01)["uncentred/sigma"] == pytest.approx(
        reference(x, "uncentred/sigma", 0.01), rel=1e-12
    )
    assert ranks_of(x, epsilon=0.01)["uncentred/sigma"] > 1.01 * ranks_of(x, epsilon=1e-12)["uncentred/sigma"]


def test_singular_values_fall_and_stacks_are_done_one_by_one() -> None:
    stack = np.random.default_rng(4).standard_normal((3, 12, 7))
    expected = np.linalg.svd(stack, compute_uv=False)
    np.testing.assert_allclose(singular_values(torch.from_numpy(stack)).numpy(), expected, rtol=1e-10)
    for variant, ranks in rankme(torch.from_numpy(stack), EPSILON).items():
        np.testing.assert_allclose(ranks.numpy(), [ranks_of(x)[variant] for x in stack], rtol=1e-10)


def test_effective_rank_of_known_weights() -> None:
    weights = torch.tensor([0.5, 0.25, 0.25, 0.0], dtype=torch.float64)
    assert effective_rank(8 * weights, 0.0).item() == pytest.approx(2**1.5, rel=1e-12)


@st.composite
def matrices(draw: st.DrawFn) -> tuple[Matrix, np.random.Generator]:
    n, d = draw(st.integers(2, 24)), draw(st.integers(1, 24))
    rank = draw(st.integers(1, min(n, d)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    decay = draw(st.floats(0.3, 1.0)) ** np.arange(rank)
    x = (rng.standard_normal((n, rank)) * decay) @ rng.standard_normal((rank, d))
    return x + draw(st.sampled_from([0.0, 1.0, 10.0])), rng


@settings(max_examples=60, deadline=None, derandomize=True)
@given(matrices())
def test_rank_is_between_zero_and_the_smaller_dimension(drawn: tuple[Matrix, np.random.Generator]) -> None:
    x, _ = drawn
    ranks, most = ranks_of(x), min(x.shape)
    for variant, rank in ranks.items():
        assert 0 <= rank <= most + 1e-4
        if variant.startswith("centred"):
            assert rank <= min(x.shape[0] - 1, x.shape[1]) + 1e-4
    assert ranks["uncentred/sigma2"] <= ranks["uncentred/sigma"] + 1e-4, "squaring sharpens the spectrum"


# Representations --------------------------------------------------------------------------------------------------


@pytest.fixture
def probe() -> TaskProbe:
    """Parity of three bits has but eight prompts, so that examples repeat."""
    levels = [TaskLevel("PAR", "3"), TaskLevel("COPY", "5"), TaskLevel("ADD", "1")]
    probe = TaskProbe(data.draw(levels, examples=20, seed=6))
    assert len(np.unique(probe.sequences[levels[0]], axis=0)) < 20
    return probe


@torch.no_grad()
def one_by_one(model: Transformer, level: TaskLevel, tokens: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    pooled: dict[str, list[torch.Tensor]] = {"answer": [], "mean": []}
    for sequence in tokens:
        prompt = torch.from_numpy(sequence[: level.prompt_length])[None]
        n = prompt.shape[1]
        blocks = model.hidden_states(prompt, torch.arange(n)[None], torch.ones(1, n, n, dtype=torch.bool).tril())[1:]
        pooled["answer"].append(torch.stack([states[0, -1] for states in blocks]))
        pooled["mean"].append(torch.stack([states[0].mean(dim=0) for states in blocks]))
    return {pooling: torch.stack(parts, dim=1).double() for pooling, parts in pooled.items()}


def test_representations_equal_those_of_single_prompts(model: Transformer, probe: TaskProbe) -> None:
    seen = []
    for level, pooled in representations(model, probe):
        expected = one_by_one(model, level, probe.sequences[level])
        assert pooled.keys() == expected.keys()
        for pooling, x in pooled.items():
            assert x.shape == (3, 20, 12)
            assert x.dtype == torch.float64
            torch.testing.assert_close(x, expected[pooling], atol=1e-5, rtol=1e-5)
        seen.append(level)
    assert seen == list(probe.sequences)


def test_equal_prompts_have_equal_representations(model: Transformer, probe: TaskProbe) -> None:
    level, pooled = next(iter(representations(model, probe)))
    prompts = probe.sequences[level][:, : level.prompt_length]
    same = torch.from_numpy((prompts[:, None] == prompts[None]).all(axis=-1))
    for x in pooled.values():
        equal = (x[-1][:, None] == x[-1][None]).all(dim=-1)
        assert torch.equal(equal, same)


def test_one_row_for_each_level_layer_and_variant(model: Transformer, probe: TaskProbe) -> None:
    rows = measure(TaskSubject(model, probe), np.random.default_rng(0), RankMe(epsilon=EPSILON))
    variants = {f"{pooling}/{spectrum}" for pooling in ("answer", "mean") for spectrum in SPECTRA}
    expected = {(x.task, x.level, layer, v) for x in probe.sequences for layer in (1, 2, 3) for v in variants}
    assert {(row["task"], row["level"], row["layer"], row["variant"]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert all(row.keys() == {"task", "level", "layer", "variant", "value", "standard_error"} for row in rows)
    assert all(isinstance(row["value"], float) and math.isfinite(row["value"]) for row in rows)


@pytest.mark.long
def test_values_are_those_of_their_level_layer_and_variant(model: Transformer, probe: TaskProbe) -> None:
    for row in measure(TaskSubject(model, probe), np.random.default_rng(0), RankMe(epsilon=EPSILON)):
        level = TaskLevel(row["task"], row["level"])
        pooling, variant = row["variant"].split("/", 1)
        x = one_by_one(model, level, probe.sequences[level])[pooling][row["layer"] - 1]
        assert row["value"] == pytest.approx(reference(x.numpy(), variant), rel=1e-4, abs=1e-3), row


def test_answers_are_not_seen(model: Transformer, probe: TaskProbe) -> None:
    changed = {level: tokens.copy() for level, tokens in probe.sequences.items()}
    for level, tokens in changed.items():
        tokens[:, level.prompt_length :] = (tokens[:, level.prompt_length :] + 1) % 10
    rng = np.random.default_rng(0)
    rows = measure(TaskSubject(model, probe), rng, RankMe(epsilon=EPSILON))
    assert rows == measure(TaskSubject(model, TaskProbe(changed)), rng, RankMe(epsilon=EPSILON))
