"""A run seen from outside: its folder, its events, its history, its control. No torch, no textual."""
