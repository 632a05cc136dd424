"""Prediction of a split by all ranks, gathered at each of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.training.distributed.team import Team
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.runs.events import EvaluationAdvanced
from emnist_tui.runs.task import CLASSES
from emnist_tui.runs.unit_health import LayerHealth

CUT = 1_000
"""Images that a rank predicts between two exchanges: whole batches, so that the logits are those of one process."""


class SharedPredictor(Predictor):
    """One pass of a network over a split, shared by all ranks.

    All of them iterate; requests are obeyed between two exchanges.
    """

    def __init__(
        self, team: Team, model: nn.Module, split: Split, device: torch.device, announce: Callable[[], object]
    ) -> None:
        """Predict with `model`; `announce` is called before the first image."""
        super().__init__(model, split, device)
        self._team = team
        self._announce = announce
        self._vector = ExchangedVector(team.size, CUT * CLASSES, torch.device("cpu"))
        self._health: list[LayerHealth] = []

    def __iter__(self) -> Iterator[EvaluationAdvanced | None]:
        """Predict the split, yielding after every exchange."""
        self._announce()
        self._logits = []
        total, share = len(self._split), CUT * self._team.size
        for start in range(0, total, share):
            self._team.resume()
            self._predict_from(start)
            done = min(start + share, total)
            yield self._advanced(start, done)
        self._team.resume()  # a request has been obeyed
        self._team.is_idle = True
        self._health = self._gather_health()

    def unit_health(self) -> list[LayerHealth]:
        return self._health

    def _predict_from(self, start: int) -> None:
        """Predict this rank's images, and gather the logits of all."""
        own = self._images_of(self._team.rank, start)
        if len(own):
            logits = torch.cat([self._predict(images) for images in torch.split(own, self._batch_size)])
            self._vector.payload[: logits.numel()].copy_(logits.flatten())
        self._team.exchange(self._vector)
        for rank, payload in enumerate(self._vector.payloads):
            if count := len(self._images_of(rank, start)):
                self._logits.append(payload[: count * CLASSES].view(count, CLASSES).clone())

    def _images_of(self, rank: int, start: int) -> torch.Tensor:
        first = start + rank * CUT
        return self._split.images[first : first + CUT]

    def _gather_health(self) -> list[LayerHealth]:
        """Gather the units that are lost on the images of every rank."""
        own = [layer.to_json() for layer in super().unit_health()]
        gathered = self._team.gather_bytes(json.dumps(own).encode())
        return merge_health([list(filter(None, map(LayerHealth.from_json, json.loads(each)))) for each in gathered])


def merge_health(parts: Sequence[Sequence[LayerHealth]]) -> list[LayerHealth]:
    """Keep the units of each layer that are lost in every part."""
    merged: dict[str, LayerHealth] = {}
    for layer in (layer for part in parts for layer in part):
        known = merged.get(layer.layer, layer)
        merged[layer.layer] = replace(known, units=sorted(set(known.units) & set(layer.units)))
    return list(merged.values())
