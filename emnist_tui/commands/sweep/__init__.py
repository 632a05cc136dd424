"""The `sweep` command."""
