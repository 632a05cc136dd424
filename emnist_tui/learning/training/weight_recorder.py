"""Recording of a network's weights while it trains."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
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
        weights, statistics = _stored(network)
        self._places = _places(network, [*weights, *statistics])
        layout = Layout(model_label(config.model), (), _shapes(weights), _shapes(statistics))
        most = min(MOST_FRAMES, LARGEST // layout.frame_size)
        self._is_on = most >= _FEWEST_FRAMES and layout.values > 0
        self._steps = RecordedSteps.planned(config.epochs, steps_per_epoch, most or 1)
        self._writer: RecordingWriter | None = None
        self._layout = layout
        self._path, self._now = folder.path / RECORDING, folder.path / NOW
        self._resumed_at = resumed_at
        self._next, self._next_now = sys.maxsize, 0.0
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

        The loss is known to be finite until then. Without `wait` only what has arrived from the device.
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
            values = torch.cat([holder[name].reshape(-1).to(torch.float32) for holder, name in self._places])
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
    """Return the nodes of a network; none of one that cannot be traced."""
    if known := known_graph(model):
        return known.to_json()
    try:
        return trace(network).to_json()
    except Exception:  # a network of one's own raises what it likes, and trains nonetheless
        return ()


def _stored(network: nn.Module) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
    """Return the trained tensors and the statistics that a frame holds.

    Counters are left out, and masks, which are not finite.
    """
    tensors = {
        name: tensor
        for name, tensor in network.state_dict(keep_vars=True).items()
        if isinstance(tensor, Tensor) and tensor.is_floating_point()
    }
    weights = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, nn.Parameter)}
    statistics = {name: tensor for name, tensor in tensors.items() if name not in weights and _is_finite(tensor)}
    return weights, statistics


def _places(network: nn.Module, keys: Iterable[str]) -> list[tuple[Mapping[str, Any], str]]:
    """Return where the tensors of a state dict are kept.

    A state dict takes as long as a step of a small network. The tensors themselves are not enough: a pass may assign
    another one.
    """
    places: list[tuple[Mapping[str, Any], str]] = []
    for key in keys:
        path, _, name = key.rpartition(".")
        module = network.get_submodule(path)
        places.append((module._parameters if name in module._parameters else module._buffers, name))
    return places


def _is_finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all())


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
