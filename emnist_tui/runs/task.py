"""Facts of the task: ten digits in square grayscale images."""

CLASSES = 10
"""Classes, the digits 0 to 9."""

SIDE = 28
"""Pixels on each side of an image."""
