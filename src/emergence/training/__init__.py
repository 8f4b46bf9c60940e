"""Training: one loop, its learners, the checkpoint schedule."""
