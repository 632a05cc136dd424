"""This program's checkpoints, read without torch."""
