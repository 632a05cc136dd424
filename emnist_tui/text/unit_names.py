"""Units of a network's layers in words, numbered from 0."""

from collections.abc import Sequence

from emnist_tui.text.formats import count

OWN_FORWARD = "your forward()"
_MOST_NUMBERS = 4  # of units named one by one


def named_units(units: Sequence[int], unit: str, layer: str, kind: str) -> str:
    """Name units of a layer: `filter 1 of layers.1 (ReLU)`.

    `unit` is what one is called, `kind` the layer's activation. Many are only counted. The layer of a call in the
    network's own `forward` is `forward`, of a second one `forward:2`.
    """
    is_own, call = _split(layer)
    numbers = [str(number) for number in units]
    if len(units) == 1:
        which = f"{unit} {numbers[0]}"
    elif len(units) <= _MOST_NUMBERS:
        which = f"{unit}s {', '.join(numbers[:-1])} and {numbers[-1]}"
    else:
        which = f"{count(len(units))} {unit}s"
    return f"{which} of {kind}{call} in {OWN_FORWARD}" if is_own else f"{which} of {layer} ({kind})"


def named_layer(layer: str) -> str:
    """Name a layer in few words."""
    is_own, call = _split(layer)
    return f"{OWN_FORWARD}{call}" if is_own else layer


def _split(layer: str) -> tuple[bool, str]:
    """Tell a call in the network's own `forward` and its number: `:2`."""
    path, colon, number = layer.partition(":")
    return path == "forward", f"{colon}{number}"


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
