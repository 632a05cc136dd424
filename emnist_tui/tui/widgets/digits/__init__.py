"""Misclassified digits: the grid, one digit enlarged, and their summary."""
