"""Token ids (the ten digits stand for themselves), and names of the groups that are not tasks."""

COMMA, EQUALS, PAD = 10, 11, 12
SYMBOLS: tuple[str, ...] = (*"0123456789", ",", "=", "_")
CONTROL = "CTL"
"""The control task, which cannot be learned; claims about tasks leave it out."""
PASSAGES = "text"
"""Held-out passages, a group of language models that is not a task and has no score."""
