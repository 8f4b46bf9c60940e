"""Errors that a user can mend."""


class EmergenceError(Exception):
    """Base of errors whose message is one clear line: what is wrong, in which key or file, and the remedy."""

    exit_code = 1
    """of a command that ends with it"""
