"""A whole optimizer step, captured once as a CUDA graph and replayed."""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.rng_state import random_states, restore_random
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.batch_pass import Batch
from emnist_tui.learning.training.steps.device_stepper import DeviceStepper, NotCapturableError, StepBuffers
from emnist_tui.learning.training.steps.stepper import Trainee
from emnist_tui.runs.config import TrainConfig

_WARMUP = 3  # steps before a capture, in which libraries choose algorithms and allocate
_COMPARED = 2  # steps by which a captured step is compared with an eager one
_TOLERANCE = 1e-3  # relative; a step that does something else each time differs by more


class WholeStep:
    """A step, gathering images and updating weights, on buffers of the device."""

    def __init__(
        self, trainee: Trainee, autograd: AutogradPass, split: Split, buffers: StepBuffers, batch_size: int
    ) -> None:
        self._trainee = trainee
        self._pass = autograd
        self._split = split
        self._buffers = buffers
        self._batch_size = batch_size
        self._offsets = torch.arange(batch_size, device=split.labels.device)

    def __call__(self, images: int) -> None:
        """Take the step at the cursor, of so many images."""
        trainee, buffers = self._trainee, self._buffers
        batch = self._gather(buffers.cursor * self._batch_size + self._offsets[:images])
        loss, logits = self._pass.forward_backward(batch)
        buffers.losses.index_copy_(0, buffers.cursor, loss.view(1))
        buffers.correct.index_copy_(0, buffers.cursor, (logits.argmax(dim=1) == batch.labels).sum().view(1))
        rate = buffers.rates.index_select(0, buffers.cursor).view(())
        share = None if buffers.shares is None else buffers.shares.index_select(0, buffers.cursor).view(())
        trainee.update(loss, rate, share)
        buffers.cursor.add_(1)

    def _gather(self, places: Tensor) -> Batch:
        """Gather the images at `places` of the order, int64 [N]."""
        indices = self._buffers.order.index_select(0, places)
        distortions = self._buffers.distortions
        return Batch(
            self._split.images.index_select(0, indices),
            self._split.labels.index_select(0, indices),
            None if distortions is None else distortions.index_select(0, places),
        )


class GraphStepper(DeviceStepper):
    """Replays of a captured step: one launch instead of a hundred.

    On the CPU, where nothing can be captured, the step is taken eagerly, for tests without a card.
    """

    name = "CUDA graph"

    def __init__(self, trainee: Trainee, autograd: AutogradPass, split: Split, config: TrainConfig) -> None:
        """Capture the step, leaving weights and random generators as they were.

        Raises `NotCapturableError` for a network whose step cannot be captured, such as one that looks at a result on
        the host, or that does not do the same each time.
        """
        super().__init__(trainee, split, config)
        self._whole_step = WholeStep(trainee, autograd, split, self._buffers, config.batch_size)
        self._graph: torch.cuda.CUDAGraph | None = None
        if self._device.type == "cuda" and len(split) >= config.batch_size:
            self._buffers.rates.fill_(config.learning_rate)
            with self._everything_restored():
                self._compare(self._capture())

    def _launch(self, count: int) -> None:
        images = self._size_of(self._next)
        for _ in range(count):
            if self._graph and images == self._batch_size:
                self._graph.replay()
            else:
                self._whole_step(images)

    def _capture(self) -> torch.cuda.CUDAGraph:
        self._trainee.model.train()
        stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(self._device))
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(stream), _waiting_forbidden():
                self._warm_up()
            stream.synchronize()
            with torch.cuda.graph(graph, stream=stream):
                self._whole_step(self._batch_size)
        except RuntimeError as error:
            raise NotCapturableError.of(error) from error
        finally:  # nothing may be restored while a step of the other stream still changes it
            torch.cuda.current_stream(self._device).wait_stream(stream)
        return graph

    def _warm_up(self) -> None:
        """Take steps before a capture.

        Raises `NotCapturableError` if they change what a replay would not.
        """
        buffers: list[Tensor] = []
        on_host: list[object] = []
        for number in range(_WARMUP):
            if number == 1:  # the first pass may make what later ones use
                buffers, on_host = list(self._trainee.model.buffers()), _host_state(self._trainee.model)
            self._buffers.cursor.zero_()
            self._whole_step(self._batch_size)
        if [id(buffer) for buffer in buffers] != [id(buffer) for buffer in self._trainee.model.buffers()]:
            raise NotCapturableError("it replaces a buffer in each pass")
        if on_host != _host_state(self._trainee.model):
            raise NotCapturableError("its passes draw random numbers or count on the host")

    def _compare(self, graph: torch.cuda.CUDAGraph) -> None:
        """Use a captured step if its replays agree with eager steps.

        Raises `NotCapturableError` if they differ.
        """
        results: list[tuple[Tensor, Tensor]] = []
        steps = min(_COMPARED, len(self._buffers.order) // self._batch_size)
        self._next = 0
        for self._graph in (None, graph):
            with self._everything_restored():
                self._buffers.cursor.zero_()
                self._launch(steps)
                results.append((self._buffers.losses[:steps].clone(), self._trainee.parameters.gradient.clone()))
        for eager, replayed in zip(*results, strict=True):
            difference = (eager - replayed).norm() / eager.norm().clamp(min=1e-12)
            if not difference < _TOLERANCE and eager.isfinite().all():
                raise NotCapturableError(f"its replays differ from eager steps by {difference.item():.1e}")

    @contextmanager
    def _everything_restored(self) -> Iterator[None]:
        """Restore weights, moments, statistics, cursor and random generators at the end.

        A network gets those buffers back that it has replaced by others; those that it has made stay, as a graph may
        use them.
        """
        modules = list(self._trainee.model.modules())
        buffers = [{name: kept for name, kept in module._buffers.items() if kept is not None} for module in modules]
        tensors = [*self._trainee.tensors(), self._buffers.cursor]
        copies = [tensor.clone() for tensor in tensors]
        states = random_states(self._device)
        was_training = self._trainee.model.training
        try:
            yield
        finally:
            for module, before in zip(modules, buffers, strict=True):
                module._buffers.update(before)
            for tensor, copy in zip(tensors, copies, strict=True):
                tensor.data.copy_(copy)
            restore_random(states, self._device)
            self._trainee.model.train(was_training)


def _host_state(model: nn.Module) -> list[object]:
    """Return the host's random generators and the numbers that layers keep."""
    _, words, *position = np.random.get_state(legacy=True)
    numbers = [
        (name, value)
        for layer in model.modules()
        for name, value in vars(layer).items()
        if isinstance(value, int | float)
    ]
    return [torch.get_rng_state().tolist(), random.getstate(), np.asarray(words).tolist(), position, numbers]


@contextmanager
def _waiting_forbidden() -> Iterator[None]:
    """Raise `RuntimeError` where the host would wait for the device.

    A failed capture may leave the random generator unusable, so such a network is found out before.
    """
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls the mode a prototype, for it does not see everything
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
