"""From tables to claims: events, collapse, floors, direction, precursors; knows neither models nor torch."""
