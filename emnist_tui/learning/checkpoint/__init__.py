"""Checkpoint files: their format, foreign weights, and random state."""
