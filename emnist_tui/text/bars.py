"""Shares drawn as horizontal bars."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """Draw a bar with a resolution of an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8) if share == share else 0
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + _EIGHTHS[rest].strip()).ljust(width)


def thin_bar(share: float, width: int) -> str:
    """Draw a progress bar with a resolution of one cell."""
    done = round(share * width)
    return "━" * done + "─" * (width - done)
