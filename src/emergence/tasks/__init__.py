"""Tasks: the algorithmic tasks, multitask sparse parity, and the language corpus with its probes."""

from emergence.tasks.algorithmic import TASKS, Task
from emergence.tasks.vocabulary import TaskLevel

__all__ = ["TASKS", "Task", "TaskLevel"]
