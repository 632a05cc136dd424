"""Dead and saturated units of a network, by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from emnist_tui.runs.events import Evaluated, UnitsChanged

DEAD, SATURATED = "dead", "saturated"
_NOTABLE = 0.1  # share of a layer
_FICKLE = 3  # revivals of a unit that few images activate


def is_notable(units: Sequence[int], of: int) -> bool:
    """Return whether a loss of these units is worth a warning.

    Large layers always lose some.
    """
    return len(units) >= max(1, of * _NOTABLE)


@dataclass(frozen=True)
class LayerHealth:
    """Dead or saturated units of one layer."""

    layer: str
    """Path of the module that calls the activation; `:2` is its second call in a forward pass."""
    kind: str
    """The activation, such as `ReLU`."""
    state: str
    """State that `units` are in, `dead` or `saturated`, by the kind of the activation."""
    units: list[int]
    """Numbers of these units in the layer, from 0, as in its weights."""
    of: int
    """Units in the layer."""
    unit: str = "unit"
    """`filter` if a unit is a map, else `unit`."""

    @property
    def is_notable(self) -> bool:
        """Whether the loss is worth a warning."""
        return is_notable(self.units, self.of)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def all_of(cls, evaluated: Evaluated) -> list[Self]:
        """Return the layers that an evaluation examined; damaged ones are left out."""
        return [layer for layer in map(cls.from_json, evaluated.unit_health or ()) if layer]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self | None:
        """Restore a layer; None if it is damaged."""
        known = {each.name for each in fields(cls)}
        try:
            layer = cls(**{name: value for name, value in values.items() if name in known})
        except TypeError:
            return None
        texts = (layer.layer, layer.kind, layer.state, layer.unit)
        is_valid = all(isinstance(text, str) for text in texts) and type(layer.of) is int
        return layer if is_valid and isinstance(layer.units, list) and set(map(type, layer.units)) <= {int} else None


@dataclass(frozen=True)
class LostUnits(LayerHealth):
    """Units lost in training, with the steps that found them."""

    steps: list[int] = field(default_factory=list)
    """Optimizer step at which each of `units` was reported."""


class UnitHealth:
    """Lost units of a run after the changes applied so far."""

    def __init__(self) -> None:
        self._changes: list[UnitsChanged] = []
        self._since: dict[str, dict[int, int]] = {}
        """Step at which each lost unit was found, by layer and unit."""
        self._last: dict[str, UnitsChanged] = {}
        self._revivals: dict[str, Counter[int]] = {}

    def apply(self, change: UnitsChanged) -> None:
        """Add the next change."""
        self._changes.append(change)
        self._last[change.layer] = change
        since = self._since.setdefault(change.layer, {})
        since |= {unit: change.step for unit in change.died if unit not in since}
        for unit in change.revived:
            since.pop(unit, None)
        self._revivals.setdefault(change.layer, Counter()).update(change.revived)

    def drop_after(self, step: int) -> None:
        """Forget the changes after `step`, from which a run was resumed."""
        kept = [change for change in self._changes if change.step <= step]
        for forgotten in (self._changes, self._since, self._last, self._revivals):
            forgotten.clear()
        for change in kept:
            self.apply(change)

    def lost_in(self, layer: str) -> set[int]:
        """Return the units of a layer that are lost."""
        return set(self._since.get(layer, ()))

    def fickle_in(self, layer: str) -> set[int]:
        """Return the units of a layer that came back again and again."""
        return {unit for unit, times in self._revivals.get(layer, Counter()).items() if times >= _FICKLE}

    @property
    def lost(self) -> list[LostUnits]:
        """Layers that have lost units, in the order of their first loss."""
        return [
            LostUnits(
                layer=layer,
                kind=self._last[layer].kind,
                state=self._last[layer].state,
                units=sorted(since),
                of=self._last[layer].of,
                unit=self._last[layer].unit,
                steps=[since[unit] for unit in sorted(since)],
            )
            for layer, since in self._since.items()
            if since
        ]
