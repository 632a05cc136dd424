"""Confusion matrices and the list of confused pairs."""
