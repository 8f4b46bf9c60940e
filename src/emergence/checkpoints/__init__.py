"""Where checkpoints come from: our own trajectories, folders, and the Hugging Face hub."""
