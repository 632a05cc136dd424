"""Predicting a whole split, a batch at a time, so that the caller can report and stop in between."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.data.dataset import Split
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import EvaluationAdvanced

_REPORTS = 10  # of the progress of one prediction


class Predictor:
    """One pass of a network over a split.

    Iterate over it to the end, then ask for its `evaluation`. Leaving early leaves nothing behind: between two batches
    the network is in the mode in which it was given.
    """

    def __init__(self, model: nn.Module, split: Split, device: torch.device, batch_size: int = 1000) -> None:
        self._model = model
        self._split = split
        self._device = device
        self._batch_size = batch_size
        self._logits: list[Tensor] = []

    def __iter__(self) -> Iterator[EvaluationAdvanced | None]:
        """Yields after every batch: the event to pass on after about each tenth of the split, else None."""
        total = len(self._split)
        self._logits = []
        done = reports = 0
        for images in torch.split(self._split.images, self._batch_size):
            self._logits.append(self._predict(images))
            done += len(images)
            is_report_due = done * _REPORTS // total > reports
            reports = done * _REPORTS // total
            yield EvaluationAdvanced(images=done, total=total) if is_report_due else None

    def evaluation(self, data: str, name: str, fingerprint: str = "") -> Evaluation:
        """The predictions, of the split `name` of the data named `data`, which has this fingerprint.

        Raises `EmnistTuiError` when the network answers anything else than finite numbers.
        """
        logits = torch.cat(self._logits)
        if not logits.isfinite().all():
            raise EmnistTuiError("The network's answers are not finite numbers; go back to an earlier checkpoint.")
        true = self._split.labels.cpu()
        wrong = logits.argmax(dim=1) != true
        wrong_images = self._split.images[wrong.to(self._split.images.device)].cpu()
        return Evaluation(data, name, true.numpy(), logits.numpy(), wrong_images.numpy(), fingerprint)

    def _predict(self, images: Tensor) -> Tensor:
        """Logits, float32 [N, 10] on the CPU, of images uint8 [N, 28, 28]."""
        was_training = self._model.training
        self._model.eval()
        try:
            with torch.inference_mode():
                logits: Tensor = self._model(scale(images.to(self._device)))
                return logits.float().cpu()
        finally:
            self._model.train(was_training)


def scale(images: Tensor) -> Tensor:
    """What a network takes, float32 [N, 1, 28, 28] in 0..1, of pixels uint8 [N, 28, 28]."""
    return images.unsqueeze(1).float() / 255
