"""Multitask sparse parity: answers by hand, frequencies, bits of its own for every skill, bad input."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emergence.config.parity_networks import ParityTask
from emergence.io import tables
from emergence.schemas.trajectories import BASELINES
from emergence.tasks import parity as module
from emergence.tasks.parity import MultitaskParity, ProbeSettings

PUBLISHED = ParityTask(skills=5, bits=32, relevant=3, alpha=0.6)


@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(0, 52), st.booleans(), st.integers(0, 2**32)
)
def test_inputs_and_answers_are_those_of_the_definition(
    skills: int, relevant: int, control_skills: int, spare: int, shared: bool, seed: int
) -> None:
    bits = min(64, (skills + control_skills) * relevant + spare)
    task = MultitaskParity(
        ParityTask(skills=skills, bits=bits, relevant=relevant, alpha=0.6, control_skills=control_skills, shared=shared)
    )
    columns, rng = skills + control_skills, np.random.default_rng(seed)
    for skill in range(columns):
        samples = task.draw_skill(rng, skill, 20)
        inputs, answers = task.inputs(samples), task.answers(samples)
        control, of_bits = np.split(inputs, [columns], axis=1)
        assert (control == np.eye(columns)[skill]).all()
        assert set(np.unique(of_bits)) <= {0.0, 1.0}
        chosen = [bit for bit in range(bits) if int(task.masks[skill]) >> bit & 1]
        assert len(chosen) == relevant
        assert (answers == (-1.0) ** of_bits[:, chosen].sum(axis=1)).all()


def test_skills_have_bits_of_their_own_unless_they_share_them() -> None:
    masks = MultitaskParity(ParityTask(skills=5, bits=32, relevant=3, alpha=0.6, control_skills=1)).masks
    assert int(np.bitwise_count(np.bitwise_or.reduce(masks))) == 18
    shared = MultitaskParity(ParityTask(skills=50, bits=32, relevant=3, alpha=0.4, shared=True)).masks
    assert (np.bitwise_count(shared) == 3).all()
    assert len(set(shared.tolist())) > 45


@pytest.mark.long
def test_skills_have_the_published_frequencies_and_bits_are_fair() -> None:
    samples = MultitaskParity(PUBLISHED).draw(np.random.default_rng(1), 400_000)
    shares = np.bincount(samples.skills, minlength=5) / len(samples)
    assert shares == pytest.approx([0.5927, 0.1955, 0.1022, 0.0645, 0.0451], abs=0.003)
    bits = samples.words[:, None] >> np.arange(64, dtype=np.uint64) & 1
    assert bits[:, :32].mean(axis=0) == pytest.approx(np.full(32, 0.5), abs=0.005)
    assert not bits[:, 32:].any()


def test_untaught_skills_are_never_sampled() -> None:
    task = MultitaskParity(ParityTask(skills=2, bits=9, relevant=3, alpha=0.6, control_skills=1))
    assert task.draw(np.random.default_rng(0), 10_000).skills.max() == 1


def test_all_64_bits_are_drawn() -> None:
    words = (
        MultitaskParity(ParityTask(skills=1, bits=64, relevant=3, alpha=0.6)).draw(np.random.default_rng(0), 1000).words
    )
    assert int(np.bitwise_or.reduce(words)) == 2**64 - 1


BAD = [
    ({"relevant": 7}, r"relevant: 5\b.*\b35\b.*\b32\b.*allowed: 1 to 6"),
    ({"control_skills": 6}, r"relevant: 11\b.*\b33\b"),
    ({"skills": 40}, r"skills: 40\b.*\b120\b.*\b32\b"),
    ({"skills": 12}, r"relevant: 12\b.*\b36\b.*allowed: 1 to 2"),
    ({"skills": 40, "relevant": 1}, r"bits: 40\b.*\b32\b.*allowed: 40 to 64"),
    ({"shared": True, "relevant": 33}, r"relevant: .*\b33\b.*allowed: 1 to 32"),
    ({"alpha": 0.0}, r"alpha\n.*type=greater_than\b"),
    ({"alpha": -0.6}, r"alpha\n.*type=greater_than\b"),
    ({"skills": 0}, r"skills\n.*type=greater_than_equal"),
    ({"bits": 65}, r"bits\n.*type=less_than_equal"),
]


@pytest.mark.parametrize(("changed", "message"), BAD, ids=[str(changed) for changed, _ in BAD])
def test_impossible_tasks_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ParityTask.model_validate({**PUBLISHED.model_dump(), **changed})


def test_probes_are_of_every_skill_and_a_blind_guess_scores_what_chance_gives(tmp_path: Path) -> None:
    parity = ParityTask(skills=2, bits=9, relevant=3, alpha=0.6, control_skills=1)
    paths = tmp_path / "probes.safetensors", tmp_path / "baselines.parquet"
    module.draw_probes(ProbeSettings(parity=parity, target=5.0, examples=30, seed=3), *paths)
    arrays = safetensors.numpy.load_file(paths[0])
    assert {name.partition(".")[0] for name in arrays} == {"PARITY/1", "PARITY/2", "CTL/3"}
    assert arrays["CTL/3.inputs"].shape == (30, 12)
    assert (arrays["CTL/3.inputs"][:, 2] == 1).all()
    assert set(np.unique(arrays["PARITY/2.targets"])) == {-5.0, 5.0}
    scores = tables.read(BASELINES, paths[1]).set_index(["task", "level", "metric"])["value"]
    assert scores["PARITY", "1", "strength"] == 0.0
    assert scores["CTL", "3", "exact_match"] == 0.5
