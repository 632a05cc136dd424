"""What the user judges misclassified images to be, kept in triage.json beside the run's evaluations."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import numpy as np

from emnist_tui.analysis.predictions import Evaluation, Integers
from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.task import CLASSES

FORMAT_VERSION = 1


class Verdict(StrEnum):
    """Why an image was misclassified, as the user sees it."""

    WRONG_LABEL = "wrong-label"
    AMBIGUOUS = "ambiguous"
    MODEL_FAULT = "model-fault"


@dataclass(frozen=True)
class Judgment:
    """The verdict on one image."""

    index: int
    """Position in the split."""
    verdict: Verdict
    time: float
    """Unix seconds."""


def triage_path(checkpoint: Path, split: str = "test") -> Path:
    """The file of the judgments on a run, given by its folder or a checkpoint in it, or on a bare checkpoint."""
    name = "triage.json" if split == "test" else f"triage-{split}.json"
    if checkpoint.is_dir():
        return checkpoint / name
    if RunFolder(checkpoint.parent).exists():
        return checkpoint.parent / name
    return checkpoint.with_name(f"{checkpoint.name}.{name}")


class Triage:
    """The user's judgments of the images of one split, one an image; the file is whole after each change."""

    def __init__(self, path: Path, data: str, fingerprint: str, split: str) -> None:
        """No judgments yet; `load` reads those of the file."""
        self.path = path
        self.data = data
        self.fingerprint = fingerprint
        self.split = split
        self._judgments: dict[int, Judgment] = {}
        self._session: list[tuple[int, Judgment | None]] = []  # what was judged here, and what was said before

    @classmethod
    def load(cls, path: Path, data: str, fingerprint: str, split: str) -> Self:
        """The judgments in the file, none where it is missing; `fingerprint` may be empty where it is not known.

        Raises `EmnistTuiError` when the file is damaged or of other data, and leaves it as it is.
        """
        triage = cls(path, data, fingerprint, split)
        triage._read()
        return triage

    @property
    def judgments(self) -> list[Judgment]:
        """By index."""
        return sorted(self._judgments.values(), key=lambda judgment: judgment.index)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many images have each verdict; every verdict is there."""
        verdicts = [judgment.verdict for judgment in self._judgments.values()]
        return {verdict: verdicts.count(verdict) for verdict in Verdict}

    def __len__(self) -> int:
        return len(self._judgments)

    def verdict(self, index: int) -> Verdict | None:
        """On the image at this position of the split; None where it is not judged."""
        judgment = self._judgments.get(index)
        return judgment.verdict if judgment else None

    def unjudged(self, evaluation: Evaluation) -> Integers:
        """int64 [images]: positions in the split that are misclassified and not judged, increasing."""
        return evaluation.wrong[~np.isin(evaluation.wrong, sorted(self._judgments))]

    def judge(self, index: int, verdict: Verdict) -> None:
        """Judges an image, in place of what was said of it before.

        Raises `EmnistTuiError` when the file cannot be written or is not sound any more; nothing has changed then.
        """
        before = self._change(index, Judgment(index, verdict, round(time.time(), 3)))
        self._session.append((index, before))

    def undo(self) -> int | None:
        """Takes back the last judgment of this session, and so on back to its first; the index, None without one.

        Raises as `judge` does.
        """
        if not self._session:
            return None
        index, before = self._session[-1]
        self._change(index, before)
        self._session.pop()
        return index

    def accuracy_without_mislabeled(self, evaluation: Evaluation) -> float | None:
        """Accuracy over the images not judged `wrong-label`, 0 to 1; None when nothing was judged, or no image is left.

        The judgments are the user's, so this is no measurement.
        """
        mislabeled = [
            judgment.index
            for judgment in self._judgments.values()
            if judgment.verdict is Verdict.WRONG_LABEL and judgment.index < evaluation.images
        ]
        kept = np.ones(evaluation.images, bool)
        kept[mislabeled] = False
        if not self._judgments or not kept.any():
            return None
        return float((evaluation.predicted == evaluation.true)[kept].mean())

    def to_rows(self, evaluation: Evaluation, indices: Iterable[int] | None = None) -> Iterator[dict[str, Any]]:
        """The judged images, or those at `indices`: `index`, `true`, `predicted`, `probabilities`, `loss`, `verdict`.

        `probabilities` are ten floats; `verdict` is None where the image is not judged.
        """
        judged = [judgment.index for judgment in self.judgments if judgment.index < evaluation.images]
        for index in judged if indices is None else indices:
            yield {
                "index": int(index),
                "true": int(evaluation.true[index]),
                "predicted": int(evaluation.predicted[index]),
                "probabilities": evaluation.probabilities[index].tolist(),
                "loss": float(evaluation.losses[index]),
                "verdict": self.verdict(int(index)),
            }

    def _change(self, index: int, judgment: Judgment | None) -> Judgment | None:
        """Sets or takes away a judgment; the one before. Keeps what another session wrote in the meantime."""
        self._read()
        changed = {**self._judgments}
        before = changed.pop(index, None)
        if judgment:
            changed[index] = judgment
        record = {
            "format": FORMAT_VERSION,
            "data": self.data,
            "fingerprint": self.fingerprint,
            "split": self.split,
            "judgements": [asdict(changed[index]) for index in sorted(changed)],
        }
        try:
            replace_text(self.path, json.dumps(record, indent=1) + "\n")
        except OSError as error:
            raise EmnistTuiError(
                f"{self.path} cannot be written ({error.strerror or error}), so nothing was judged; "
                "make room or give yourself the right to write there."
            ) from None
        self._judgments = changed
        return before

    def _read(self) -> None:
        try:
            record = json.loads(self.path.read_bytes())
            data, fingerprint, split = (_text(record[name]) for name in ("data", "fingerprint", "split"))
            found = [_judgment(values) for values in record["judgements"]]
            if record["format"] != FORMAT_VERSION:
                raise ValueError(f"its format is {record['format']!r}")
        except FileNotFoundError:
            self._judgments = {}
            return
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise EmnistTuiError(
                f"{self.path} is not a readable triage file ({reason}); mend it, or move it away to judge anew."
            ) from None
        known = self.fingerprint and fingerprint
        if split != self.split or (fingerprint != self.fingerprint if known else data != self.data):
            raise EmnistTuiError(
                f"{self.path} judges images of {data}, {split} split, not these of {self.data}, {self.split} split; "
                "evaluate on that data, or move the file away to judge anew."
            )
        self.fingerprint = self.fingerprint or fingerprint
        self._judgments = {judgment.index: judgment for judgment in found}


def to_csv(rows: Iterable[dict[str, Any]]) -> str:
    """`Triage.to_rows` as a table with a line of names; the probabilities are the columns `p0` to `p9`."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["index", "true", "predicted", *(f"p{digit}" for digit in range(CLASSES)), "loss", "verdict"])
    for row in rows:
        shares = [f"{share:.6g}" for share in row["probabilities"]]
        table.writerow(
            [row["index"], row["true"], row["predicted"], *shares, f"{row['loss']:.6g}", row["verdict"] or ""]
        )
    return text.getvalue()


def _judgment(values: dict[str, Any]) -> Judgment:
    index, when = values["index"], values["time"]
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise ValueError(f"{index!r} is no index")
    if isinstance(when, bool) or not isinstance(when, int | float):
        raise TypeError(f"{when!r} is no time")
    return Judgment(index, Verdict(values["verdict"]), float(when))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
