"""Trackers for the training loops of other libraries, which each module imports."""
