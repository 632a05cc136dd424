"""Units of a network's layers in words, numbered from 0."""

from collections.abc import Sequence

from emnist_tui.text.formats import count

_MOST_NUMBERS = 4  # of units named one by one


def named_units(units: Sequence[int], unit: str, layer: str, kind: str) -> str:
    """Name units of a layer: `filter 1 of layers.1 (ReLU)`.

    `unit` is what one is called, `kind` the layer's activation. Many are only counted.
    """
    numbers = [str(number) for number in units]
    if len(units) == 1:
        which = f"{unit} {numbers[0]}"
    elif len(units) <= _MOST_NUMBERS:
        which = f"{unit}s {', '.join(numbers[:-1])} and {numbers[-1]}"
    else:
        which = f"{count(len(units))} {unit}s"
    return f"{which} of {layer} ({kind})"


def describe_change(
    died: Sequence[int], revived: Sequence[int], state: str, step: int, unit: str, layer: str, kind: str
) -> str:
    """Describe the units of a layer that were lost or came back.

    `state` is that of lost units, `dead` or `saturated`.
    """
    lost, back = ("died", "revived") if state == "dead" else ("saturated", "left saturation")
    parts = [
        f"{named_units(units, unit, layer, kind)} {verb} by step {count(step)}"
        for units, verb in ((died, lost), (revived, back))
        if units
    ]
    return "; ".join(parts)
