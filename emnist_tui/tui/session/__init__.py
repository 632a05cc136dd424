"""State of what the screens show, without widgets."""
