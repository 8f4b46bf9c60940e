"""Emergence: how capabilities appear in training, as one reproducible artifact."""

__version__ = "0.1.0"
