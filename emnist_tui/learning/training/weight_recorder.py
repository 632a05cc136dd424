"""Recording of a network's weights while it trains."""

import json
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.learning.inference.network_graph import trace
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import model_label
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter, write_now
from emnist_tui.runs.weights_recording import LARGEST, MOST_FRAMES, NOW, RECORDING, Layout

_NOW_EVERY = 0.5  # seconds
_Place = tuple[Mapping[str, Any], str]
"""Dictionary of a module, and a name in it."""
_FEWEST_FRAMES = 8  # that must fit into a file, or the network is too large to be recorded


@dataclass(frozen=True, eq=False)
class _Snapshot:
    """Weights after a step, on their way to the host."""

    step: int
    values: Tensor
    """float32 [values]."""
    is_frame: bool
    """Whether it is recorded; otherwise it is the newest one for a while."""
    arrived: torch.cuda.Event | None
    """None on the CPU, where they are there at once."""

    def has_arrived(self, *, wait: bool) -> bool:
        if self.arrived and wait:
            self.arrived.synchronize()
        return self.arrived is None or bool(self.arrived.query())  # type: ignore[no-untyped-call]


class WeightRecorder:
    """Recorder of the weights that evaluations use.

    Frames are taken after the same steps whenever the run is interrupted, so that its recording is the same bit for
    bit. Training does not notice it: weights are only read, and a GPU is not waited for. A frame is written once its
    step has counted, so that none follows a loss that is not finite.
    """

    def __init__(
        self, folder: RunFolder, config: TrainConfig, network: nn.Module, steps_per_epoch: int, resumed_at: int | None
    ) -> None:
        """Record `network` in the folder; writes nothing yet."""
        self._network = network
        places = _places(network)
        weights = {key: place for key, place in places.items() if isinstance(_at(place), nn.Parameter)}
        statistics = {key: place for key, place in places.items() if key not in weights}
        self._places = [*weights.values(), *statistics.values()]
        layout = Layout(model_label(config.model), (), _shapes(weights), _shapes(statistics))
        most = min(MOST_FRAMES, LARGEST // layout.frame_size)
        self._is_on = most >= _FEWEST_FRAMES and layout.values > 0
        self._steps = RecordedSteps.planned(config.epochs, steps_per_epoch, most or 1)
        self._writer: RecordingWriter | None = None
        self._layout = layout
        self._path, self._now = folder.path / RECORDING, folder.path / NOW
        self._resumed_at = resumed_at
        self._next, self._next_now, self._next_flush = sys.maxsize, 0.0, 0.0
        self._pending: deque[_Snapshot] = deque()

    def begin(self) -> None:
        """Record the weights before the first step, unless they are there."""
        self._forget_newest()
        if not self._is_on:
            return
        self._layout = replace(self._layout, graph=_graph(self._layout.model, self._network))
        self._writer = RecordingWriter(self._path, self._layout, self._steps, self._resumed_at)
        self._writer.begin()
        step, last = self._resumed_at or 0, self._writer.last_step
        self._next = step + self.until_due(step)
        if last < 0 or (last < step and self._steps.includes(step)):
            self._take(step, is_frame=True)

    def until_due(self, step: int) -> int:
        """Return in how many steps after `step` a frame is due."""
        return self._steps.until_next(step) if self._is_on else sys.maxsize

    def watch(self, step: int) -> None:
        """Take the weights after `step` if a frame is due.

        If frames are rare, they are taken as the newest ones at times. The steps may not be computed yet.
        """
        if step == self._next:
            self._take(step, is_frame=True)
        elif self._is_on and time.monotonic() >= self._next_now:
            self._take(step, is_frame=False)

    def write(self, step: int, *, wait: bool = False) -> None:
        """Write what was taken up to `step`.

        The loss is known to be finite until then. Without `wait` only what has arrived from the device, and frames at
        times.
        """
        if self._writer is None:
            return
        while self._pending and self._pending[0].step <= step and self._pending[0].has_arrived(wait=wait):
            snapshot = self._pending.popleft()
            values = snapshot.values.numpy()
            if snapshot.is_frame:
                self._writer.add(snapshot.step, values)
            else:
                write_now(self._now, self._layout, snapshot.step, values)
        if self._writer.is_behind and (wait or time.monotonic() >= self._next_flush):
            self._next_flush = time.monotonic() + _NOW_EVERY
            self._writer.flush()

    def close(self, step: int) -> None:
        """Write what was taken up to `step`; nothing is newest any more."""
        with suppress(RuntimeError):  # of a device that failed
            self.write(step, wait=True)
        self._forget_newest()

    def _forget_newest(self) -> None:
        with suppress(OSError):
            self._now.unlink(missing_ok=True)

    def _take(self, step: int, *, is_frame: bool) -> None:
        with torch.no_grad():
            values = torch.cat([_at(place).reshape(-1).to(torch.float32) for place in self._places])
        arrived = None
        if values.is_cuda:
            device, values = values, torch.empty(values.shape, pin_memory=True)
            values.copy_(device, non_blocking=True)
            arrived = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            arrived.record(torch.cuda.current_stream(device.device))
        self._pending.append(_Snapshot(step, values, is_frame, arrived))
        self._next_now = time.monotonic() + _NOW_EVERY
        if is_frame:
            self._next = step + self.until_due(step)


def _graph(model: str, network: nn.Module) -> Sequence[Mapping[str, Any]]:
    """Return the nodes of a network, if it can be traced."""
    if known := known_graph(model):
        return known.to_json()
    try:
        graph = trace(network).to_json()
        json.dumps(graph)
    except Exception:  # a network of one's own raises what it likes, and trains nonetheless
        return ()
    return graph


def _places(network: nn.Module) -> dict[str, _Place]:
    """Find the tensors of a state dict, by its keys.

    A state dict takes as long as a step of a small network. The tensors themselves are not enough: a pass may assign
    another one. Counters are left out, and masks, which are not finite.
    """
    modules = dict(network.named_modules(remove_duplicate=False))
    places: dict[str, _Place] = {}
    for key, tensor in network.state_dict().items():
        path, _, name = key.rpartition(".")
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or path not in modules:
            continue
        if name in modules[path]._parameters:
            places[key] = modules[path]._parameters, name
        elif name in modules[path]._buffers and bool(tensor.isfinite().all()):
            places[key] = modules[path]._buffers, name
    return places


def _at(place: _Place) -> Tensor:
    holder, name = place
    tensor: Tensor = holder[name]
    return tensor


def _shapes(places: Mapping[str, _Place]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(_at(place).shape) for key, place in places.items()}
