"""Scores of a module on its own groups of examples: how often every target of an example is the most likely class."""

import pandas as pd
import torch

from emergence.subjects.examples import IGNORED
from emergence.subjects.module_layers import ROWS, main_output
from emergence.subjects.subject import group_name
from emergence.subjects.torch_module import ModuleSubject


@torch.no_grad()
def exact_match_scores(subject: ModuleSubject) -> pd.DataFrame:
    """Share of examples whose targets are all right, on the scale on which the best constant answer scores 0.

    Args:
        subject: In evaluation mode, with the cross-entropy loss.

    Returns:
        Columns task (the group) and value. NaN where outputs are not finite; 0 where one answer is always right.
    """
    rows = []
    for group, (inputs, targets) in subject.examples.items():
        of_examples = targets.reshape(len(targets), -1)
        wanted, answers = of_examples != IGNORED, []
        for part in inputs.split(ROWS):
            logits = main_output(subject.model(part))
            answers.append(torch.where(logits.isfinite().all(dim=-1), logits.argmax(dim=-1), -1))
        chosen = torch.cat(answers).reshape(of_examples.shape)
        asked = wanted.any(dim=1)
        right = ((chosen == of_examples) | ~wanted).all(dim=1)[asked].double().mean()
        _, counts = of_examples[asked].unique(dim=0, return_counts=True)
        guess = counts.max().double() / asked.sum()
        value = float((right - guess) / (1 - guess)) if guess < 1 else 0.0
        if (chosen[wanted] < 0).any():
            value = float("nan")
        rows.append({"task": group_name(group), "value": value})
    return pd.DataFrame(rows)
