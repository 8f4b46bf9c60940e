"""The schema of every table: one module for what all studies share, one for the runs, one per study."""
