"""Output to the terminal, and everything that uses Textual's private parts."""
