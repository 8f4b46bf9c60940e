"""Token ids that do not depend on the tasks: the ten digits are themselves, then a comma, an equals sign, padding."""

COMMA, EQUALS, PAD = 10, 11, 12
SYMBOLS: tuple[str, ...] = (*"0123456789", ",", "=", "_")
