"""What is learned: the eight algorithmic tasks, their vocabulary, and batches of them."""

from emergence.tasks.algorithmic import TASKS, Task
from emergence.tasks.levels import TaskLevel

__all__ = ["TASKS", "Task", "TaskLevel"]
