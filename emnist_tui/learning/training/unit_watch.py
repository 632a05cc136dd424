"""Watch over dead and saturated units while a network trains."""

from collections.abc import Iterable, Iterator

import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.checkpoint.rng_state import random_states, restore_random
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import UnitsChanged
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import summarize
from emnist_tui.runs.unit_health import LayerHealth, UnitHealth

_SAMPLE = 100  # images; with `_EVERY` less than 1 % of the training of a network as small as the baseline
_EVERY = 20_000  # trained images between two examinations
_EVERY_ON_CUDA = 1_000_000  # where an examination, for which the card waits, takes as long as 1,000 steps
_EARLY = (16, 8, 4, 2)  # parts of the first interval after which it is examined too: many units die early


class UnitWatch:
    """Examination of units while training.

    A sample of the split is used after fixed steps, the whole split after epochs. Training does not notice it: the
    network and the random generators are left as they were. A unit that often revives is lost again only on the whole
    split, so that one that few images activate is not reported for ever.
    """

    def __init__(
        self, config: TrainConfig, split: Split, device: torch.device, folder: RunFolder, resumed_at: int | None
    ) -> None:
        """Watch on `split`, and know what a resumed run has reported."""
        self._known = UnitHealth() if resumed_at is None else known_units(folder, resumed_at)
        self._sample = _sample(split)
        self._device = device
        every = _EVERY_ON_CUDA if device.type == "cuda" else _EVERY
        self.interval = max(1, every // config.batch_size)
        """Steps between two examinations, except for the first ones."""
        self._early = {self.interval // part for part in _EARLY}

    def is_due(self, step: int) -> bool:
        """Return whether units are examined after this step, counted from 1."""
        return step % self.interval == 0 or step in self._early

    def until_due(self, step: int) -> int:
        """Return how many steps after `step`, at least 1, examine the units."""
        regular = self.interval - step % self.interval
        return min([regular, *(early - step for early in self._early if early > step)])

    def examine(self, model: nn.Module, at: Progress) -> Iterator[UnitsChanged]:
        """Examine the units on the sample, and report what has changed."""
        states = random_states(self._device)
        predictor = Predictor(model, self._sample, self._device)
        for _ in predictor:
            pass
        restore_random(states, self._device)
        yield from self._compare(predictor.unit_health(), at, confirmed=False)

    def confirm(self, layers: Iterable[LayerHealth], at: Progress) -> Iterator[UnitsChanged]:
        """Report what differs on the whole split."""
        yield from self._compare(layers, at, confirmed=True)

    def _compare(self, layers: Iterable[LayerHealth], at: Progress, *, confirmed: bool) -> Iterator[UnitsChanged]:
        for layer in layers:
            lost, known = set(layer.units), self._known.lost_in(layer.layer)
            died, revived = lost - known, known - lost
            if not confirmed:
                died -= self._known.fickle_in(layer.layer)
            if not died and not revived:
                continue
            change = UnitsChanged(
                epoch=at.epoch,
                step=at.step,
                layer=layer.layer,
                kind=layer.kind,
                state=layer.state,
                unit=layer.unit,
                of=layer.of,
                died=sorted(died),
                revived=sorted(revived),
                confirmed=confirmed,
            )
            self._known.apply(change)
            yield change


def known_units(folder: RunFolder, step: int) -> UnitHealth:
    """Read what a run reported of its units by a step."""
    known = summarize(folder).units
    known.drop_after(step)
    return known


def _sample(split: Split) -> Split:
    """Take images spread evenly over a split."""
    chosen = slice(0, None, max(1, len(split) // _SAMPLE))
    return Split(split.images[chosen][:_SAMPLE].clone(), split.labels[chosen][:_SAMPLE].clone())
