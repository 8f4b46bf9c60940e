"""Subjects of measures: a model together with its probe data."""

SUBJECTS = {"anatomy": "task_transformer", "parity": "parity_mlp", "language": "causal_lm"}
"""Module of each study whose ``open_subject(run, probes, device)`` opens its models; by name, so that a job imports and
depends on its own alone."""
