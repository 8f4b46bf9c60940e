"""What does not depend on the tasks: token ids (the ten digits are themselves), and the name of the control."""

COMMA, EQUALS, PAD = 10, 11, 12
SYMBOLS: tuple[str, ...] = (*"0123456789", ",", "=", "_")
CONTROL = "CTL"
"""The untrainable control task; what is claimed of tasks is not claimed of it."""
