"""Progress of a long job: a line in its log every few seconds, with the share done and the time left."""

import logging
import time

logger = logging.getLogger("emergence")


def duration(seconds: float) -> str:
    """Time in words.

    >>> duration(42), duration(190), duration(7300)
    ('42 s', '3 min', '2 h 02 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"


class Progress:
    """Report progress over ``total`` units of work, at most every ``every`` seconds."""

    def __init__(self, label: str, total: int, unit: str, every: float = 20.0) -> None:
        self.label, self.total, self.unit, self.every = label, total, unit, every
        self.started = self.reported = time.monotonic()

    def __call__(self, done: int, note: str = "") -> None:
        """Report ``done`` units, if the last report is long enough ago or the work has ended."""
        now = time.monotonic()
        if now - self.reported < self.every and done < self.total:
            return
        self.reported = now
        spent = now - self.started
        left = f"{duration(spent / max(done, 1) * (self.total - done))} left"
        line = f"{self.label}: {done:,}/{self.total:,} {self.unit} ({done / self.total:.0%})"
        line += f", {left if done < self.total else 'took ' + duration(spent)}{', ' + note if note else ''}"
        logger.info(line)
