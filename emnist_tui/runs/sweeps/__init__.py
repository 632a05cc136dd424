"""Sweeps: folders of runs that differ in a few values of their configuration."""
