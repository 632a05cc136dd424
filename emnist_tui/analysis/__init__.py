"""Evaluations and their analysis, with numpy only."""
