"""Sentences about files that are refused."""

from collections.abc import Iterable
from itertools import islice

from emnist_tui.runs.errors import EmnistTuiError

HOW_TO_SAVE = "save one with `torch.save(model.state_dict(), path)`"
"""Advice at the end of an error message."""

_MOST_LISTED = 8
"""Shapes or keys of a file that an error message lists."""


def damaged(subject: object, reason: object) -> EmnistTuiError:
    """Return the error for a file whose content is not intact."""
    return EmnistTuiError(f"{subject} is damaged ({reason}); copy it again, or choose another checkpoint.")


def foreign_class(subject: object, name: str) -> EmnistTuiError:
    """Return the error for an object whose class may run code."""
    if name.startswith("torch.Q") or name.endswith("_rebuild_qtensor"):
        return EmnistTuiError(f"{subject} holds quantized tensors, not floating-point weights; {HOW_TO_SAVE}.")
    return EmnistTuiError(
        f"{subject} holds an object of the class {listed([name])}, which could run code, so it was not loaded; "
        f"{HOW_TO_SAVE}."
    )


def listed(items: Iterable[str]) -> str:
    """List the first items on one line of bounded length.

    They may come from a hostile file.
    """
    first = [" ".join(item[:60].split()) for item in islice(items, _MOST_LISTED + 1)]
    return ", ".join([*first[:_MOST_LISTED], "…"] if len(first) > _MOST_LISTED else first)
