"""One evaluation as a folder that a person can hand on: numbers, tables, pictures and a page that shows them.

A room of its own beside `runs/`: it only reads what that room knows, and writes for people what that room writes for
programs. It needs neither torch nor a terminal, and no drawing library: the pictures are SVG put together as text, so
they stay sharp, weigh little, and come out the same byte for byte on every machine.
"""
