"""Analyses from table to table: events, collapse, leads, precursors, and those of each study. Imports no torch."""
