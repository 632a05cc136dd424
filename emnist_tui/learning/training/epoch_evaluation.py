"""Evaluation of a network during its training."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.ranks import ALONE, Ranks
from emnist_tui.learning.training.run_data import RunData
from emnist_tui.learning.training.unit_watch import UnitWatch
from emnist_tui.runs.events import EVALUATING, Evaluated, Event, PhaseStarted


@dataclass(frozen=True, eq=False)
class EpochEvaluation:
    """Evaluation of a network after an epoch."""

    model: nn.Module
    name: str
    """Name of the split."""
    split: Split
    at: Progress
    """Progress of the weights."""
    data: RunData
    units: UnitWatch | None = None
    """Watch that is told of the units, if the network is the one in training."""
    ranks: Ranks = ALONE
    """Processes that share the evaluation."""

    def run(
        self, device: torch.device, folder: Path, obey: Callable[[], Iterator[Event]]
    ) -> Generator[Event, None, Evaluation]:
        """Evaluate and store the predictions in `folder`.

        `obey` is called between batches, whose exceptions end the evaluation. Raises `EmnistTuiError` if an output is
        not finite, `OSError` if the folder cannot be written.
        """
        yield PhaseStarted(phase=EVALUATING)
        predictor = self.ranks.predictor(self.model, self.name, self.split, device)
        for advanced in predictor:
            yield from obey()
            if advanced:
                yield advanced
        evaluation = predictor.evaluation(self.data.name, self.name, self.data.fingerprint)
        file = f"evaluation-{'' if self.name == 'test' else self.name + '-'}epoch-{self.at.epoch:03d}.npz"
        evaluation.save(folder / file)
        health = predictor.unit_health()
        if self.units:
            yield from self.units.confirm(health, self.at)
        yield Evaluated(
            split=self.name,
            epoch=self.at.epoch,
            step=self.at.step,
            loss=evaluation.loss,
            accuracy=evaluation.accuracy,
            images=evaluation.images,
            file=file,
            unit_health=[layer.to_json() for layer in health],
        )
        return evaluation
