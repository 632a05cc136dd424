"""Widgets of the Runs screen: the table and the preview of a row."""
