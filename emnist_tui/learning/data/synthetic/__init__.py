"""Synthetic digits drawn from pen strokes."""
