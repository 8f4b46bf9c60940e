"""Published counts that claims are judged by and figures show."""

PUBLISHED_TOP_DOWN = {"v1": (32, 32), "v3": (28, 32)}
"""Task x model units that collapse top-down, of all units, in versions of arXiv:2602.15997."""
