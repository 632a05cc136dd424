"""Widgets: charts, confusion matrices, digits, lists and the frame of every screen."""
