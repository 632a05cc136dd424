"""Shareable report of one evaluation: numbers, tables, figures and a page.

It needs neither torch nor a terminal nor a drawing library. Figures are SVG assembled as text: they are sharp at any
size, small, and identical byte for byte on every machine.
"""
