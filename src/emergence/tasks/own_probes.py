"""Probes of one's own: a file of JSON lines, and the scores of a language model on them.

A line is ``{"group": "capitals", "prompt": "The capital of France is", "completion": " Paris"}``. With ``"wrong":
" Rome"`` a probe asks which completion is more likely: its accuracy is 0.5, and its margin 0 nats, for a model that
ignores the prompt, if probes come in mirrored pairs (as in `emergence.tasks.language_probes`). Without, it asks whether
the model writes the completion: every token of it must be the most likely one (exact match; the baseline is what the
best constant completion scores).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.tasks import language_scores
from emergence.tasks.language_probes import Item
from emergence.tasks.language_scores import ROWS, Encode, Logits, ProbeError

EXACT_MATCH = "exact_match"


@dataclass(frozen=True)
class Probe:
    """One line of the file."""

    group: str
    prompt: str
    completion: str
    wrong: str | None = None


def read_probes(path: Path) -> dict[str, list[Probe]]:
    """Read probes, by group in the order of the file; empty lines are skipped.

    Raises:
        ProbeError: if the file cannot be read or holds no probe, or a line is not valid; the message has its number.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise ProbeError(f"{path}: no such file; check its path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProbeError(f"{path}: cannot be read ({error}); give a file of JSON lines in UTF-8") from None
    groups: dict[str, list[Probe]] = {}
    first: dict[Probe, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            probe = _probe(line)
            if (earlier := first.setdefault(probe, number)) != number:
                raise ProbeError(f"is line {earlier} again; delete one")
            others = groups.setdefault(probe.group, [])
            if others and (others[0].wrong is None) != (probe.wrong is None):
                raise ProbeError(f'all or none of group {probe.group!r} must have "wrong"')
        except ProbeError as error:
            raise ProbeError(f"{path}, line {number}: {error}") from None
        others.append(probe)
    if not groups:
        raise ProbeError(f'{path}: no probes; write lines such as {{"group": …, "prompt": …, "completion": …}}')
    return groups


def _probe(line: str) -> Probe:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise ProbeError(f"no JSON ({error})") from None
    if not isinstance(given, dict):
        raise ProbeError('no JSON object; write {"group": …, "prompt": …, "completion": …}')
    allowed = [field.name for field in fields(Probe)]
    if strange := [key for key in given if key not in allowed]:
        raise ProbeError(f"unknown probe key {strange[0]}; allowed: {', '.join(allowed)}")
    texts = {key: _text(given, key) for key in allowed if key in given or key != "wrong"}
    if texts["completion"] == texts.get("wrong"):
        raise ProbeError("completion and wrong are the same")
    return Probe(**texts)


def _text(given: Mapping[str, Any], key: str) -> str:
    """A value that is a text with at least one character."""
    if key not in given:
        raise ProbeError(f"no {key}; add it")
    text = given[key]
    if not isinstance(text, str) or not text:
        raise ProbeError(f"{key} is {json.dumps(text)}; write a text with at least one character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProbeError(f"{key} holds half of a surrogate pair; write the character itself") from None
    return text


class OwnProbes:
    """Probes as tokens of a model."""

    def __init__(self, groups: Mapping[str, Sequence[Probe]], encode: Encode, context: int | None = None) -> None:
        """Encode the probes of `read_probes`; ``context`` is the model's, in tokens.

        Raises:
            ProbeError: if one is longer than ``context``, or its prompt or completion has no token.
        """
        self.chosen = [probe for probes in groups.values() for probe in probes if probe.wrong is not None]
        self.written = [probe for probes in groups.values() for probe in probes if probe.wrong is None]
        self.items = [Item(probe.group, "", 0, *astuple(probe)[1:]) for probe in self.chosen]
        self.pairs_of_sides = language_scores.encode_items(self.items, encode, context)
        texts = [(probe.prompt, probe.completion) for probe in self.written]
        self.completions = language_scores.encode_texts(texts, encode, context, [probe.group for probe in self.written])

    def score(self, logits: Logits, batch: int = ROWS) -> pd.DataFrame:
        """Score a model.

        Args:
            logits: The model.
            batch: Texts that go through it at a time; memory grows with it, not with the number of probes.

        Returns:
            Columns task (the group), metric and value: ``exact_match``, or ``accuracy``, ``accuracy_per_byte`` and
            ``margin`` (nats). NaN where the model gives no numbers.
        """
        sides = language_scores.row_log_probabilities(logits, self.pairs_of_sides, batch).reshape(-1, 2)
        scores = language_scores.behaviour(language_scores.item_scores(self.items, sides))
        matches = pd.DataFrame(
            {
                "probe": [probe.group for probe in self.written],
                "value": language_scores.row_matches(logits, self.completions, batch),
            }
        )
        means = matches.groupby("probe", sort=False)["value"].agg(lambda column: column.mean(skipna=False))
        table = pd.concat([scores, means.reset_index().assign(metric=EXACT_MATCH)], ignore_index=True)
        return table.rename(columns={"probe": "task"}).astype({"value": np.float64})

    @property
    def baselines(self) -> pd.DataFrame:
        """Input-independent baseline of each group and metric: columns task, metric and value.

        That of ``exact_match`` is the share of probes that a model which always writes the same has right.
        """
        groups = list(dict.fromkeys(probe.group for probe in self.chosen))
        written = list(dict.fromkeys(probe.group for probe in self.written))
        constant = [self._constant(group) for group in written]
        exact = pd.DataFrame({"probe": written, "metric": EXACT_MATCH, "value": constant})
        return pd.concat([language_scores.baselines(groups), exact], ignore_index=True).rename(
            columns={"probe": "task"}
        )

    def _constant(self, group: str) -> float:
        """Largest share of a group's completions that begin one and the same text, in tokens."""
        rows = self.completions
        places = zip(self.written, rows.tokens.tolist(), rows.starts, rows.ends, strict=True)
        counts = Counter(tuple(row[start:end]) for probe, row, start, end in places if probe.group == group)
        right = (sum(counts[one[:length]] for length in range(1, len(one) + 1)) for one in counts)
        return max(right) / counts.total()
