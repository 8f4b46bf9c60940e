"""What learns: the transformer."""
