"""Training: the loop, its steps, checkpoints, resuming and control."""
