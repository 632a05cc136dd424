"""Predictions of trained networks: evaluations, pictures and neighbors."""
