"""From tables to claims: events, collapse, floors, direction, precursors. Knows tables only; neither models nor torch."""
