"""Widgets and facts of the form for a new run."""
