"""Widgets of the sweep screen: facts, table of trials and chart."""
