"""A share as a bar."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """A horizontal bar, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8) if share == share else 0
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + _EIGHTHS[rest].strip()).ljust(width)


def thin_bar(share: float, width: int) -> str:
    """What is done of something that goes on, to a cell."""
    done = round(share * width)
    return "━" * done + "─" * (width - done)
