"""Reference snapshots of runs, the comparison of another run with them, verification, and the archive.

Above all other floors: it looks at results, and no stage looks at it.
"""
