"""What does not depend on the tasks: token ids (the ten digits are themselves), and the name of the control."""

COMMA, EQUALS, PAD = 10, 11, 12
SYMBOLS: tuple[str, ...] = (*"0123456789", ",", "=", "_")
CONTROL = "CTL"
"""The untrainable control task; what is claimed of tasks is not claimed of it."""
PASSAGES = "text"
"""Held-out passages through which language models are followed; a group that has no score, and is no task."""
