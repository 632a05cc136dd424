"""The baseline's steps by the fused kernels, in graphs of many steps."""

from collections.abc import Sequence

import torch

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import FlatAdam
from emnist_tui.learning.training.steps.cuda_fused.coefficients import adam_coefficients
from emnist_tui.learning.training.steps.cuda_fused.step import Epoch, FusedStep, Weights
from emnist_tui.learning.training.steps.device_stepper import DeviceStepper, NotCapturableError
from emnist_tui.learning.training.steps.stepper import Trainee
from emnist_tui.runs.config import TrainConfig

_LONG = 20  # steps of a graph, which the host launches at once


class FusedStepper(DeviceStepper):
    """Replays of captured kernels.

    On the CPU, where nothing can be captured, Triton's interpreter runs them, for tests without a card.
    """

    name = "fused kernels"

    def __init__(self, trainee: Trainee, split: Split, config: TrainConfig) -> None:
        """Capture the step, where `supported.can_fuse` holds.

        Raises `NotCapturableError` if that fails.
        """
        super().__init__(trainee, split, config)
        adam, buffers = trainee.optimizer, self._buffers
        assert isinstance(adam, FlatAdam)
        self._taken = adam.count
        self._coefficients = torch.zeros(buffers.steps, 2, device=self._device)
        self._step = FusedStep(
            split,
            Weights(trainee.parameters.values, adam.mean, adam.square, adam.count),
            Epoch(buffers.order, self._coefficients, buffers.losses, buffers.correct, buffers.cursor, adam.diverged),
            config.batch_size,
        )
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}
        if self._device.type == "cuda":
            try:
                self._capture()
            except RuntimeError as error:
                raise NotCapturableError.of(error) from error

    def set_rates(self, rates: Sequence[float]) -> None:
        coefficients = adam_coefficients(rates, int(self._taken))
        self._coefficients[self._next :].copy_(coefficients)

    def _launch(self, count: int) -> None:
        for length, graph in self._graphs.items():  # the longest first
            for _ in range(count // length):
                graph.replay()
            count %= length
        for _ in range(count):
            self._step.launch()

    def _capture(self) -> None:
        self._buffers.cursor.fill_(self._buffers.steps)  # past the end, where a launch changes nothing
        self._step.launch()
        for length in (_LONG, 1):
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                for _ in range(length):
                    self._step.launch()
            self._graphs[length] = graph
