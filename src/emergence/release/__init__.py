"""What outlives a run: its compact tables under ``reference/``, the comparison of another run with them, the archive.

Above all other floors: it looks at results, and no stage looks at it.
"""
