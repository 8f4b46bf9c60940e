"""Emergence: how capabilities appear in training, as one reproducible artifact."""
