"""Language models as a subject: what transformers itself says of one question at a time, and dense references."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd.functional import hessian as dense_hessian
from torch.func import functional_call
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM

from emergence.config.measures import GradientRank, Hessian, LinearProbe, LocalLearning, RankMe, TaskLoss
from emergence.measures import fisher, gradient_covariance, hessian, linear_probe, llc, loss, rankme
from emergence.subjects.causal_lm import LanguageSubject
from emergence.subjects.subject import MeasureError
from emergence.subjects.torch_module import NamedGroup

VOCABULARY, CONTEXT, WIDTH = 30, 24, 16
ROTARY = {"rtol": 1e-7, "atol": 1e-9}
"""transformers computes angles of rotary positions in float32, whose last digit depends on the length."""
SYNTAX, FACTUAL, TEXT = (NamedGroup(name, "all") for name in ("syntax", "factual", "text"))
PAIRS = {
    "syntax": [("abc", "x"), ("abd", "yz"), ("abc", "z"), ("a", "xyzu")],  # the first prompt twice
    "factual": [("bcdefghijk", "q"), ("b", "rs"), ("cdef", "t")],
    "text": [("abcdefgh", "ijklmno"), ("hgfe", "dcba"), ("aabbccddeeff", "gghhiijjkk"), ("xy", "zab"), ("pq", "rst")],
}
LANGEVIN = LocalLearning(
    chains=2, burn_in=0, draws=6, pool=3, examples=2, step_size=1e-6, n_beta=10.0, localisation=1.0, own=False, seed=1,
    every=1,
)  # fmt: skip


def encode(text: str) -> list[int]:
    return [ord(letter) - ord("a") + 1 for letter in text]


def neox(**changed: Any) -> GPTNeoXForCausalLM:
    """Weights so large that places and layers differ; float64, attention written out."""
    torch.manual_seed(2)
    shape = {"hidden_size": WIDTH, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "attn_implementation": "eager"}
    config = GPTNeoXConfig(**{"vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, **shape, **ends, **changed})
    model = GPTNeoXForCausalLM(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


@pytest.fixture
def model() -> GPTNeoXForCausalLM:
    return neox()


@pytest.fixture
def subject(model: GPTNeoXForCausalLM) -> LanguageSubject:
    return LanguageSubject(model, PAIRS, encode, passages="text")


def alone(model: Any, prompt: str, right: str) -> Tensor:
    """Loss of each token of one continuation, by a pass of its own over prompt and continuation (tokens,)."""
    tokens = torch.tensor([encode(prompt + right)])
    logs = model(input_ids=tokens).logits[0].log_softmax(dim=-1)
    places = torch.arange(len(prompt), tokens.shape[1])
    return -logs[places - 1, tokens[0, places]]


def of_group(model: Any, group: str, samples: int | None = None) -> Tensor:
    return torch.cat([alone(model, *pair) for pair in PAIRS[group][:samples]])


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_losses_are_those_of_each_question_alone(model: GPTNeoXForCausalLM, rows: int) -> None:
    subject = LanguageSubject(model, PAIRS, encode, rows)
    for groups in ([SYNTAX, FACTUAL, TEXT], [TEXT, SYNTAX], [FACTUAL]):
        for losses, group in zip(subject.losses(groups), groups, strict=True):
            torch.testing.assert_close(losses, of_group(model, group.task), **ROTARY)
    (few,) = subject.losses([TEXT], 2)
    torch.testing.assert_close(few, of_group(model, "text", 2), **ROTARY)


def test_losses_are_those_of_the_weights_at_the_time(subject: LanguageSubject) -> None:
    (before,) = subject.losses([TEXT])
    with torch.no_grad():
        subject.model.gpt_neox.embed_in.weight.mul_(0.5)
    (after,) = subject.losses([TEXT])
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, of_group(subject.model, "text"), **ROTARY)


def test_a_model_that_gives_all_logits_has_the_same_losses(model: GPTNeoXForCausalLM) -> None:
    class Old(torch.nn.Module):
        """As models were before they could be asked for some places alone."""

        def __init__(self) -> None:
            super().__init__()
            self.inner, self.config = model, model.config

        def forward(self, input_ids: Tensor) -> Any:
            return self.inner(input_ids=input_ids)

    expected = LanguageSubject(model, PAIRS, encode).losses([SYNTAX, TEXT])
    for losses, other in zip(LanguageSubject(Old(), PAIRS, encode).losses([SYNTAX, TEXT]), expected, strict=True):
        torch.testing.assert_close(losses, other)


@pytest.mark.parametrize("kind", ["gpt_neox", "gpt2"])
def test_representations_are_the_residual_stream_of_each_prompt_alone(kind: str) -> None:
    """As transformers gives it, but after the last block, where it gives what the final norm makes of it."""
    if kind == "gpt2":
        shape = {"n_embd": WIDTH, "n_layer": 3, "n_head": 2, "n_positions": CONTEXT, "vocab_size": VOCABULARY}
        torch.manual_seed(0)
        model: Any = GPT2LMHeadModel(GPT2Config(**shape, attn_implementation="eager")).double().eval()
        norm = model.transformer.ln_f
    else:
        model = neox()
        norm = model.gpt_neox.final_layer_norm
    pooled = {(part.group.task, part.pooling): part for part in LanguageSubject(model, PAIRS, encode).representations()}
    assert set(pooled) == {(task, pooling) for task in PAIRS for pooling in ("answer", "mean")}
    for task, pairs in PAIRS.items():
        parts = [pooled[task, pooling] for pooling in ("answer", "mean")]
        assert all(list(part.layers) == [1, 2, 3] and part.values.dtype == torch.float64 for part in parts)
        for row, (prompt, _) in enumerate(pairs):
            states = model(input_ids=torch.tensor([encode(prompt)]), output_hidden_states=True).hidden_states[1:]
            own = [norm if layer == 2 else torch.nn.Identity() for layer in range(3)]
            for layer, (state, then) in enumerate(zip(states, own, strict=True)):
                answer = then(parts[0].values[layer, row])
                torch.testing.assert_close(answer, state[0, -1], rtol=1e-9, atol=1e-9)
            middle = torch.stack([state[0].mean(dim=0) for state in states[:2]])
            torch.testing.assert_close(parts[1].values[:2, row], middle, rtol=1e-9, atol=1e-12)


def test_distinct_prompts_go_through_the_model_once(subject: LanguageSubject) -> None:
    rows: list[int] = []
    subject.model.gpt_neox.embed_in.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
    parts = list(subject.representations())
    assert sum(rows) == 3 + 3 + 5
    assert torch.equal(parts[0].values[:, 0], parts[0].values[:, 2])


def test_labels_are_padded_answers_and_numbers_of_prompts(subject: LanguageSubject) -> None:
    labels = subject.labels(SYNTAX)
    x, y, z, u = encode("xyzu")
    assert labels.answers.tolist() == [[x, -1, -1, -1], [y, z, -1, -1], [z, -1, -1, -1], [x, y, z, u]]
    assert labels.prompts.tolist() == [0, 1, 0, 2]


def test_what_is_known_of_the_answer_is_taken_from_the_blind_guess(subject: LanguageSubject) -> None:
    rows = {(row["task"], row["variant"]): row["value"] for row in loss.measure(subject, rng(), TaskLoss())}
    for task in PAIRS:
        assert rows[task, "nats"] == pytest.approx(of_group(subject.model, task).mean().item())
    blind = (2 * np.log(2) + 2 * np.log(4) + 2 * np.log(2)) / 8  # x, y, z, x; then z, y; z and u behind are sure
    assert rows["syntax", "known"] == pytest.approx(1 - rows["syntax", "nats"] / blind)


def test_the_mixture_is_the_loss_of_the_passages(subject: LanguageSubject) -> None:
    parts = [torch.tensor([1.0, 3.0, 8.0]), torch.tensor([10.0, 30.0])]
    assert subject.mixture([SYNTAX, TEXT], parts).item() == 20
    assert subject.mixture([TEXT, SYNTAX], parts).item() == 4
    assert subject.mixture([SYNTAX, FACTUAL], parts).item() == pytest.approx(52 / 5)
    nameless = LanguageSubject(subject.model, PAIRS, encode)  # a group of one's own may be called text
    assert nameless.mixture([SYNTAX, TEXT], parts).item() == pytest.approx(52 / 5)


def test_batches_draw_each_question_once_and_all_of_a_small_group(subject: LanguageSubject) -> None:
    every = {group: subject.losses([group])[0].detach() for group in subject.groups}
    batches = subject.batches(subject.groups, 4, 4, seed=3)
    for batch in batches:
        syntax, factual, text = (part.sort().values for part in batch())
        torch.testing.assert_close(syntax, every[SYNTAX].sort().values)
        torch.testing.assert_close(factual, every[FACTUAL].sort().values)
        left = [alone(subject.model, *pair) for pair in PAIRS["text"]]
        without = [torch.cat([part for other, part in enumerate(left) if other != out]) for out in range(5)]
        assert any(len(text) == len(rest) and torch.allclose(text, rest.sort().values) for rest in without)
    again = subject.batches(subject.groups, 4, 4, seed=3)
    assert all(torch.equal(torch.cat(one()), torch.cat(other())) for one, other in zip(batches, again, strict=True))
    different = [part[2].detach() for part in (batch() for batch in batches)]
    assert any(len(a) != len(b) or not torch.equal(a, b) for a, b in pairwise(different))


def flat_loss(model: GPTNeoXForCausalLM, pairs: Sequence[tuple[str, str]]) -> tuple[Any, Tensor]:
    """Mean loss of questions as a function of all weights as one vector, and the vector."""
    names, values = zip(*((name, value.detach()) for name, value in model.named_parameters()), strict=True)

    def of(flat: Tensor) -> Tensor:
        parts = flat.split([value.numel() for value in values])
        weights = {name: part.view(value.shape) for name, part, value in zip(names, parts, values, strict=True)}
        each = []
        for prompt, right in pairs:
            tokens = torch.tensor([encode(prompt + right)])
            logits = functional_call(model, weights, (), {"input_ids": tokens[:, :-1]}).logits[0]
            each.append(F.cross_entropy(logits[len(prompt) - 1 :], tokens[0, len(prompt) :], reduction="none"))
        return torch.cat(each).mean()

    return of, torch.cat([value.flatten() for value in values])


@pytest.mark.long
def test_the_hessian_is_the_dense_one() -> None:
    model = neox(hidden_size=4, num_hidden_layers=1, num_attention_heads=1, intermediate_size=4, vocab_size=27)
    subject = LanguageSubject(model, {name: PAIRS[name] for name in ("syntax", "text")}, encode, passages="text")
    settings = Hessian(samples=3, tolerance=1e-6, products=60, draws=20, every=1)
    rows = {(row["task"], row["variant"]): row for row in hessian.measure(subject, rng(), settings)}
    exact = dense_hessian(*flat_loss(model, PAIRS["text"][:3]), vectorize=True)
    for task in ("text", None):  # of the mixture it is that of the passages
        assert rows[task, "top"]["value"] == pytest.approx(float(torch.linalg.eigvalsh(exact)[-1]), rel=1e-5)
        trace = rows[task, "trace"]
        assert abs(trace["value"] - float(exact.trace())) < 5 * trace["standard_error"]
    assert rows["syntax", "top"]["value"] != pytest.approx(rows["text", "top"]["value"], rel=0.01)


def test_gradient_ranks_are_those_of_gradients_one_by_one(subject: LanguageSubject) -> None:
    rows = []
    for pair in PAIRS["text"][:4]:
        of, flat = flat_loss(subject.model, [pair])
        rows.append(torch.autograd.grad(of(flat.requires_grad_()), flat)[0])
    gradients = torch.stack(rows)
    grams = subject.grams(TEXT, 4, 100)
    close = {"rtol": 1e-6, "atol": 1e-9}  # attention's softmax is in float32
    torch.testing.assert_close(grams.full, gradients @ gradients.T, **close)
    torch.testing.assert_close(grams.leading, gradients[:, :100] @ gradients[:, :100].T, **close)
    settings = GradientRank(samples=3, leading=50, every=1)
    for module in (fisher, gradient_covariance):
        ranks = [row["value"] for row in module.measure(subject, rng(), settings) if row["variant"] == "rank"]
        assert len(ranks) == 3
        assert all(1 <= rank <= 3 for rank in ranks)


@pytest.mark.long
def test_langevin_chains_see_every_group_and_put_the_model_back(subject: LanguageSubject) -> None:
    before = {name: value.clone() for name, value in subject.model.state_dict().items()}
    rows = {(row["task"], row["variant"]): row["value"] for row in llc.measure(subject, rng(), LANGEVIN)}
    assert all(torch.equal(before[name], value) for name, value in subject.model.state_dict().items())
    assert {task for task, _ in rows} == {None, *PAIRS}
    assert all(np.isfinite(value) for value in rows.values())
    own = llc.measure(subject, rng(), LANGEVIN.model_copy(update={"own": True}))
    assert {row["task"] for row in own if row["variant"] == "own"} == set(PAIRS)


def test_langevin_chains_descend_the_loss_of_the_passages_alone(subject: LanguageSubject) -> None:
    """Without noise to speak of, steps go down the gradient of the passages' batches."""
    weights = llc.FlatWeights(subject.model)
    settings = LANGEVIN.model_copy(update={"examples": 5, "pool": 1})
    total, observed = llc.MixtureLosses(subject, subject.groups, settings)(0)
    weights.gradients.zero_()
    total.backward()
    of, flat = flat_loss(subject.model, PAIRS["text"])
    expected = torch.autograd.grad(of(flat.requires_grad_()), flat)[0]
    torch.testing.assert_close(weights.gradients, expected, rtol=1e-7, atol=1e-12)
    assert len(observed) == 1 + len(PAIRS)
    assert observed[0].item() == pytest.approx(observed[3].item(), rel=1e-12)


def test_rankme_and_linear_probes_look_at_every_layer(subject: LanguageSubject) -> None:
    ranks = rankme.measure(subject, rng(), RankMe(epsilon=1e-7))
    assert {(row["task"], row["level"], row["layer"]) for row in ranks} == {
        (task, "all", layer) for task in PAIRS for layer in (1, 2, 3)
    }
    assert len(ranks) == 3 * 3 * 8
    probes = linear_probe.measure(subject, rng(), LinearProbe(ridge=0.1, every=1))
    assert all(0 <= row["value"] <= 1 for row in probes)


def test_in_bfloat16_what_needs_no_gradient_is_measured_in_more(model: GPTNeoXForCausalLM) -> None:
    halved = model.to(torch.bfloat16)
    subject = LanguageSubject(halved, PAIRS, encode)
    assert all(part.values.dtype == torch.float64 for part in subject.representations())
    values = [row["value"] for row in loss.measure(subject, rng(), TaskLoss()) if row["variant"] == "nats"]
    with torch.no_grad():
        logits = halved(input_ids=torch.tensor([encode("pqrst")])).logits[0].float()
        (single,) = LanguageSubject(halved, {"text": [("pq", "rst")]}, encode).losses([TEXT])
    expected = F.cross_entropy(logits[1:4], torch.tensor(encode("rst")), reduction="none")
    torch.testing.assert_close(single, expected, rtol=0.02, atol=0.02)
    assert single.dtype == torch.float32
    assert np.isfinite(values).all()
    several = [
        lambda: hessian.measure(subject, rng(), Hessian(samples=2, tolerance=0.1, products=2, draws=2, every=1)),
        lambda: llc.measure(subject, rng(), LANGEVIN),
        lambda: fisher.measure(subject, rng(), GradientRank(samples=2, leading=5, every=1)),
    ]
    for measure in several:
        with pytest.raises(MeasureError, match=r"bfloat16.*precision"):
            measure()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"syntax": []}, "syntax/all: no question"),
        ({"syntax": [("", "x")]}, "^syntax: .*token.*'' in 'x'"),
        ({"syntax": [("x", "")]}, "^syntax: .*token.*'' in 'x'"),
        ({"text": [("a" * 20, "b" * 6)]}, r"^text: .*\b25\b.*context.*\b24\b"),
        ({}, "no groups"),
    ],
    ids=["empty group", "prompt", "answer", "long", "nothing"],
)
def test_questions_that_cannot_be_asked_are_named(
    pairs: dict[str, list[tuple[str, str]]], message: str, model: GPTNeoXForCausalLM
) -> None:
    with pytest.raises(MeasureError, match=message):
        LanguageSubject(model, pairs, encode)


def test_a_prompt_may_fill_the_context(model: GPTNeoXForCausalLM) -> None:
    subject = LanguageSubject(model, {"text": [("a" * 20, "b" * 5)]}, encode)
    assert subject.losses([TEXT])[0].shape == (5,)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)
