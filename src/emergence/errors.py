"""Errors that a user can mend."""


class EmergenceError(Exception):
    """Base of errors whose message is one clear line: what is wrong, in which key or file, and the remedy."""

    exit_code = 1
    """of a command that ends with it"""

    def __init__(self, problem: str, remedy: str = "") -> None:
        """An error.

        Args:
            problem: What is wrong, and where.
            remedy: What to do about it; may be part of the problem where nobody asks for one without the other.
        """
        super().__init__("; ".join(filter(None, (problem, remedy))))
        self.problem, self.remedy = problem, remedy
