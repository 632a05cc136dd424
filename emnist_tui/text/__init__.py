"""Numbers and digits as text."""
