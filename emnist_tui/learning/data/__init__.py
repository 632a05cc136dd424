"""Datasets as tensors: EMNIST digits and synthetic digits."""
