"""Commands, one module each.

A module adds its options in `add_options` and does its work in `run`.
"""
