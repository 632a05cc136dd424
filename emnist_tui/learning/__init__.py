"""Data, models, training and evaluation. The only room that imports torch."""
