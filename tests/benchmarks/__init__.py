"""Benchmarks of training and terminal, compared within one run."""
