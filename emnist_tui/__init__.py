"""Train the documented digit CNN on EMNIST in a terminal, watch every batch, and read its mistakes."""

__version__ = "0.1.0"
