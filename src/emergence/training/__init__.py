"""How it learns: one loop, the checkpoint schedule, the trajectory store."""
