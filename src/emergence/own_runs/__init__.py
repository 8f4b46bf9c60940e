"""One's own training run: scores from files, then from tables to events, leads beside nulls, a page and a verdict."""
