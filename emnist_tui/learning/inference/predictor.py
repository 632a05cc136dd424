"""Prediction of a whole split, batch by batch."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.unit_activity import UnitActivity
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import EvaluationAdvanced
from emnist_tui.runs.unit_health import LayerHealth

_REPORTS = 10  # progress events in one pass


class Predictor:
    """One pass of a network over a split.

    Iterate to the end, then call `evaluation` and `unit_health`. Between two batches the caller may report progress or
    stop: the network is then in its original mode (training or evaluation).
    """

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        device: torch.device,
        batch_size: int = 250,
        *,
        examined: nn.Module | None = None,
    ) -> None:
        """Predict with `model`.

        The layers of `examined`, a module of it, are named in `unit_health`; by default those of the whole.
        """
        self._model = model
        self._split = split
        self._device = device
        self._batch_size = batch_size
        self._logits: list[Tensor] = []
        self._activity = UnitActivity(examined or model)

    def __iter__(self) -> Iterator[EvaluationAdvanced | None]:
        """Predict the split, yielding after every batch.

        Yields a progress event about every tenth of the split, else None.
        """
        self._logits = []
        done = 0
        for images in torch.split(self._split.images, self._batch_size):
            self._logits.append(self._predict(images))
            done += len(images)
            yield self._advanced(done - len(images), done)

    def _advanced(self, before: int, done: int) -> EvaluationAdvanced | None:
        """Return the progress if a further tenth of the split is done."""
        total = len(self._split)
        is_due = done * _REPORTS // total > before * _REPORTS // total
        return EvaluationAdvanced(images=done, total=total) if is_due else None

    def evaluation(self, data: str, name: str, fingerprint: str = "") -> Evaluation:
        """Return the predictions as an evaluation of the split `name` of `data`.

        `data` and `fingerprint` are the dataset's. Raises `EmnistTuiError` if a logit is not finite.
        """
        logits = torch.cat(self._logits)
        if not logits.isfinite().all():
            raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
        true = self._split.labels.cpu()
        wrong = logits.argmax(dim=1) != true
        wrong_images = self._split.images[wrong.to(self._split.images.device)].cpu()
        return Evaluation(data, name, true.numpy(), logits.numpy(), wrong_images.numpy(), fingerprint)

    def unit_health(self) -> list[LayerHealth]:
        """Return the layers with their dead or saturated units."""
        return self._activity.layers()

    def _predict(self, images: Tensor) -> Tensor:
        """Compute the logits of one batch.

        From images uint8 [N, 28, 28] to float32 [N, 10] on the CPU.
        """
        was_training = self._model.training
        self._model.eval()
        try:
            with torch.no_grad(), self._activity.observed(len(images)):
                logits: Tensor = self._model(scale(images.to(self._device)))
                return logits.float().cpu()
        finally:
            self._model.train(was_training)


def scale(images: Tensor) -> Tensor:
    """Convert pixels to network input.

    From uint8 [N, 28, 28] to float32 [N, 1, 28, 28] in 0..1.
    """
    return images.unsqueeze(1).float() / 255
