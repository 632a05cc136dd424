"""Recognition of the input that an unknown network was trained on.

Candidates race on growing samples of train images: those that are significantly worse than the best drop out, by
accuracy first, then by loss. Of those that remain, the most usual one is taken.
"""

from dataclasses import dataclass
from math import inf, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.input_format import (
    ORIENTATIONS,
    SCALINGS,
    USUAL_ORIENTATIONS,
    InputFormat,
    Orientation,
    Scaling,
    Wanted,
)
from emnist_tui.learning.inference.predictor import scale

_STAGES = ((64, 12), (512, 5), (2048, 2), (6144, 1))  # images, and the most candidates that remain
_SIGNIFICANT = 3.0  # standard errors
_CHANCE = 0.3  # accuracy that no untrained network reached: the highest of 2,000 pairs was 0.19
_GOOD = 0.8  # accuracy of a trained network; below it rarer orientations are tried and the user is warned
_WORST_LOSS = 20.0  # nats; larger losses of single images would hide the others
_BATCH = 1024


class Adapted(nn.Module):
    """Adapter to the program's own input for a foreign network."""

    def __init__(self, model: nn.Module, trained_on: InputFormat) -> None:
        super().__init__()
        self.model = model
        self.trained_on = trained_on

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits of upright images.

        From float32 [N, 1, 28, 28] in 0..1 to float32 [N, 10].
        """
        logits: Tensor = self.model(convert(images, self.trained_on))
        return logits


def convert(images: Tensor, to: InputFormat) -> Tensor:
    """Convert upright ink, [..., 28, 28] in 0..1, into another input."""
    return orient(images, to.orientation) * to.scaling.factor + to.scaling.offset


def orient(images: Tensor, to: Orientation) -> Tensor:
    """Lay upright images or kernels, [..., rows, columns], down."""
    turned = images.transpose(-2, -1) if to.transposes else images
    return turned.flip(
        [
            axis
            for axis, is_reversed in zip((-2, -1), (to.reverses_rows, to.reverses_columns), strict=True)
            if is_reversed
        ]
    )


@dataclass(frozen=True)
class Recognized:
    """Most probable input of a network, and how well it fits."""

    input: InputFormat
    accuracy: float
    """Accuracy on the images of the last sample, 0 to 1."""
    images: int
    """Number of these images."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the network may have been trained on an untried input."""
        return self.accuracy < _GOOD


@dataclass(frozen=True, eq=False)
class _Result:
    """Predictions of one candidate on a sample."""

    candidate: InputFormat
    correct: Tensor
    """float64 [N], 0 or 1."""
    losses: Tensor
    """float64 [N], nats."""

    @property
    def loss(self) -> float:
        """Mean loss, in nats."""
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())

    @property
    def surplus(self) -> float:
        """Accuracy above that of any untrained network, in standard errors."""
        return (self.accuracy - _CHANCE) / sqrt(_CHANCE * (1 - _CHANCE) / len(self.correct))

    @property
    def is_clear(self) -> bool:
        """Whether the accuracy is clearly above that of any untrained network."""
        return self.surplus > _SIGNIFICANT


def recognize_input(model: nn.Module, train: Split, wanted: Wanted = (None, None)) -> Recognized:
    """Recognize the input that `model` was trained on, on the CPU.

    Parts that are `wanted` are given. The first candidate, by default the program's own input, is kept unless another
    one is significantly better and its accuracy clearly above chance.
    """
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    candidates, rare = _candidates(*wanted)
    first: _Result | None = None
    remaining: list[_Result] = []
    for count, most in _STAGES:
        sample = train[order[:count].to(train.labels.device)].to("cpu")
        results = [_evaluate(model, sample, candidate) for candidate in candidates]
        if rare and not any(each.accuracy > _GOOD for each in results):
            results += [_evaluate(model, sample, candidate) for candidate in rare]
        rare = []
        first = results[0] if first is None or results[0].candidate == first.candidate else first
        remaining = _drop_worse(results)
        is_decided = len(remaining) == 1 and remaining[0].is_clear
        is_hopeless = all(each.surplus < -_SIGNIFICANT for each in remaining)
        if is_decided or is_hopeless or len(sample) < count:
            break
        kept = remaining[:most]
        candidates = [each.candidate for each in remaining if each in kept or each is first]
    assert first is not None
    best = first if first in remaining or not remaining[0].is_clear else remaining[0]
    return Recognized(best.candidate, best.accuracy, len(best.correct))


def _candidates(
    scaling: Scaling | None, orientation: Orientation | None
) -> tuple[list[InputFormat], list[InputFormat]]:
    """Return the usual candidates and the rarer ones."""
    scalings = [scaling] if scaling else SCALINGS
    orientations = [orientation] if orientation else list(ORIENTATIONS.values())
    usual, rare = orientations[:USUAL_ORIENTATIONS], orientations[USUAL_ORIENTATIONS:]
    return (
        [InputFormat(each, laid) for each in scalings for laid in usual],
        [InputFormat(each, laid) for each in scalings for laid in rare],
    )


def _evaluate(model: nn.Module, sample: Split, candidate: InputFormat) -> _Result:
    with torch.inference_mode():
        images = convert(scale(sample.images), candidate)
        logits = torch.cat([model(batch) for batch in torch.split(images, _BATCH)]).double()
        losses = functional.cross_entropy(logits, sample.labels, reduction="none")
        losses = losses.nan_to_num(_WORST_LOSS, posinf=_WORST_LOSS).clamp(max=_WORST_LOSS)
        return _Result(candidate, (logits.argmax(1) == sample.labels).double(), losses)


def _drop_worse(results: list[_Result]) -> list[_Result]:
    """Return the results not significantly worse than the best, by loss."""
    most_accurate = min(results, key=lambda each: (-float(each.correct.sum()), each.loss))
    accurate = [each for each in results if _errors_apart(most_accurate.correct - each.correct) < _SIGNIFICANT]
    surest = min(accurate, key=lambda each: each.loss)
    remaining = [each for each in accurate if _errors_apart(each.losses - surest.losses) < _SIGNIFICANT]
    return sorted(remaining, key=lambda each: each.loss)


def _errors_apart(differences: Tensor) -> float:
    """Return the mean of paired differences in standard errors."""
    mean, error = float(differences.mean()), float(differences.std(correction=0)) / sqrt(len(differences))
    if error:
        return mean / error
    return 0.0 if mean <= 0 else inf
