"""Training of digit CNNs on EMNIST in a terminal, and inspection of errors."""

__version__ = "0.1.0"
