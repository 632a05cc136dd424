"""Comparison of two networks on the same images.

It lists the images that the second network fixes or breaks and tests the difference for significance.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from emnist_tui.analysis import metrics
from emnist_tui.analysis.predictions import Evaluation, Integers
from emnist_tui.analysis.statistics import mcnemar_p_value
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import CLASSES


class DifferentImagesError(EmnistTuiError):
    """Two evaluations of different images.

    Both networks have to be evaluated on the same ones.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        """Say why they differ, and what to do on the command line."""
        super().__init__(f"{reason}; {remedy}.")
        self.reason = f"{reason}."


@dataclass(frozen=True, eq=False)
class Comparison:
    """Evaluation `b` compared with evaluation `a`.

    Raises `DifferentImagesError` unless both are of the same split of the same data.
    """

    a: Evaluation
    b: Evaluation

    def __post_init__(self) -> None:
        a, b = self.a, self.b
        if a.split != b.split:
            raise DifferentImagesError(
                f"One evaluation is of the {a.split} split and the other of the {b.split} split",
                "evaluate both checkpoints on the same split",
            )
        both_known = a.fingerprint and b.fingerprint
        if (both_known and a.fingerprint != b.fingerprint) or not np.array_equal(a.true, b.true):
            names = f"{a.data} and {b.data}" if a.data != b.data else f"{a.data}, which changed in between"
            raise DifferentImagesError(
                f"The evaluations are not of the same data ({names})", "evaluate both checkpoints with the same --data"
            )

    @cached_property
    def fixed(self) -> Integers:
        """Images wrong in `a` and correct in `b`.

        Positions in the split, increasing; int64 [images].
        """
        return np.flatnonzero(self._wrong_a & ~self._wrong_b)

    @cached_property
    def broken(self) -> Integers:
        """Images correct in `a` and wrong in `b`.

        Positions in the split, increasing; int64 [images].
        """
        return np.flatnonzero(~self._wrong_a & self._wrong_b)

    @property
    def changed(self) -> Integers:
        """Images that exactly one network misclassifies, increasing; int64 [images]."""
        return np.flatnonzero(self._wrong_a ^ self._wrong_b)

    @cached_property
    def both_wrong(self) -> Integers:
        """Images wrong in both.

        Positions in the split, increasing; int64 [images].
        """
        return np.flatnonzero(self._wrong_a & self._wrong_b)

    @cached_property
    def both_wrong_differently(self) -> Integers:
        """Images of `both_wrong` with different predictions.

        Positions in the split, increasing; int64 [images].
        """
        indices = self.both_wrong
        return np.asarray(indices[self.a.predicted[indices] != self.b.predicted[indices]])

    @cached_property
    def p_value(self) -> float:
        """P-value of McNemar's exact test that both are equally accurate."""
        return mcnemar_p_value(len(self.fixed), len(self.broken))

    @property
    def accuracy_change(self) -> float:
        """Accuracy of `b` minus that of `a`, -1 to 1."""
        return (len(self.fixed) - len(self.broken)) / self.a.images

    @cached_property
    def difference(self) -> Integers:
        """Confusion matrix of `b` minus that of `a`.

        int64 [10, 10], images by `[true, predicted]`; rows sum to 0.
        """
        return np.asarray(self.b.confusion - self.a.confusion)

    @cached_property
    def per_class(self) -> list[dict[str, float | int]]:
        """Recall in `a` and in `b` by class.

        Each row also has the change of recall, the images fixed and broken, and the support.
        """
        fixed, broken = (np.bincount(self.a.true[part], minlength=CLASSES) for part in (self.fixed, self.broken))
        return [
            {
                "class": before["class"],
                "recall_a": before["recall"],
                "recall_b": after["recall"],
                "change": after["recall"] - before["recall"],
                "fixed": int(fixed[int(before["class"])]),
                "broken": int(broken[int(before["class"])]),
                "support": before["support"],
            }
            for before, after in zip(
                metrics.per_class(self.a.confusion), metrics.per_class(self.b.confusion), strict=True
            )
        ]

    def to_json(self) -> dict[str, Any]:
        """Build the object of `emnist-tui compare --json` without checkpoint names."""
        sets = {
            "fixed": self.fixed,
            "broken": self.broken,
            "both_wrong": self.both_wrong,
            "both_wrong_differently": self.both_wrong_differently,
        }
        return {
            "dataset": self.a.data,
            "split": self.a.split,
            "images": self.a.images,
            "a": _summary(self.a),
            "b": _summary(self.b),
            "accuracy_change": self.accuracy_change,
            "p_value": self.p_value,
            **{name: len(indices) for name, indices in sets.items()},
            "indices": {name: indices.tolist() for name, indices in sets.items()},
            "difference": self.difference.tolist(),
            "per_class": self.per_class,
        }

    @cached_property
    def _wrong_a(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.a.predicted != self.a.true)

    @cached_property
    def _wrong_b(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.b.predicted != self.b.true)


def _summary(evaluation: Evaluation) -> dict[str, Any]:
    whole = evaluation.to_json()
    return {name: whole[name] for name in ("accuracy", "accuracy_interval", "loss", "macro_f1", "calibration_error")}
