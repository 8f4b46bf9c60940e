"""Trackers for the training loops of other libraries, which each module imports."""

from emergence.errors import EmergenceError


class CallbackError(EmergenceError):
    """A trainer or a module that lacks what a callback needs, or has its term already; the message names the remedy."""
