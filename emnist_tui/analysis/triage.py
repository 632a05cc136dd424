"""The user's judgments of misclassified images, kept in triage.json."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import numpy as np

from emnist_tui.analysis.predictions import Evaluation, Integers
from emnist_tui.runs.atomic_files import replace_text, write_through
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.shipped import annotations_folder
from emnist_tui.runs.task import CLASSES

FORMAT_VERSION = 1


class Verdict(StrEnum):
    """Reason why an image was misclassified, in the user's judgment."""

    WRONG_LABEL = "wrong-label"
    AMBIGUOUS = "ambiguous"
    MODEL_FAULT = "model-fault"


@dataclass(frozen=True)
class Judgment:
    """Verdict on one image."""

    index: int
    """Position in the split."""
    verdict: Verdict
    time: float
    """Time of the judgment, Unix seconds."""
    file: str | None = None
    """Name of the evaluation or checkpoint whose mistake it was; None if an earlier version did not keep it."""


def triage_path(checkpoint: Path, split: str = "test") -> Path:
    """Return the path of the judgments on a checkpoint's mistakes.

    A run's checkpoints share a file in its folder, which `checkpoint` may also be; a bare checkpoint has its own file.
    """
    name = "triage.json" if split == "test" else f"triage-{split}.json"
    if checkpoint.is_dir():
        return checkpoint / name
    if RunFolder(checkpoint.parent).exists():
        return checkpoint.parent / name
    return annotations_folder(checkpoint) / f"{checkpoint.name}.{name}"


class Triage:
    """Judgments of the images of one split, at most one per image.

    The file is replaced atomically after each change.
    """

    def __init__(self, path: Path, data: str, fingerprint: str, split: str) -> None:
        """Start without judgments; `load` reads the file."""
        self.path = path
        self.data = data
        self.fingerprint = fingerprint
        self.split = split
        self._judgments: dict[int, Judgment] = {}
        self._session: list[tuple[int, Judgment | None]] = []  # judged index and previous judgment

    @classmethod
    def load(cls, path: Path, data: str, fingerprint: str, split: str) -> Self:
        """Read the judgments in the file, none if it is missing.

        `fingerprint` may be empty if unknown. Raises `EmnistTuiError` if the file is damaged or of other data, and
        leaves it unchanged.
        """
        triage = cls(path, data, fingerprint, split)
        triage._read()
        return triage

    @property
    def judgments(self) -> list[Judgment]:
        """Judgments sorted by index."""
        return sorted(self._judgments.values(), key=lambda judgment: judgment.index)

    @property
    def counts(self) -> dict[Verdict, int]:
        """Number of images by verdict, including zeros."""
        verdicts = [judgment.verdict for judgment in self._judgments.values()]
        return {verdict: verdicts.count(verdict) for verdict in Verdict}

    def __len__(self) -> int:
        return len(self._judgments)

    def verdict(self, index: int) -> Verdict | None:
        """Return the verdict on an image of the split, if any."""
        judgment = self._judgments.get(index)
        return judgment.verdict if judgment else None

    def unjudged(self, evaluation: Evaluation) -> Integers:
        """Find the misclassified images without a judgment.

        Returns positions in the split, increasing; int64 [images].
        """
        return evaluation.wrong[~np.isin(evaluation.wrong, sorted(self._judgments))]

    def judge(self, index: int, verdict: Verdict, file: str | None = None) -> None:
        """Judge an image, replacing an earlier judgment.

        `file` is the name of the evaluation or checkpoint whose mistake it is. Raises `EmnistTuiError`, with nothing
        changed, if the judgments cannot be written or are damaged.
        """
        before = self._change(index, Judgment(index, verdict, round(time.time(), 3), file))
        self._session.append((index, before))

    def undo(self) -> int | None:
        """Undo the last judgment of this session that was not undone.

        Returns the index of the image, or None if there is none to undo. Raises as `judge` does.
        """
        if not self._session:
            return None
        index, before = self._session[-1]
        self._change(index, before)
        self._session.pop()
        return index

    def accuracy_without_mislabeled(self, evaluation: Evaluation) -> float | None:
        """Compute the accuracy without images judged `wrong-label`, 0 to 1.

        None if nothing was judged or no image is left. It is an estimate that depends on the user's judgments.
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
        """Yield a row for each judged image, or for those at `indices`.

        The keys are `index`, `true`, `predicted`, `probabilities` (ten floats), `loss` and `verdict`, which is None if
        the image was not judged.
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
        """Set or remove a judgment and return the previous one.

        Judgments that another session has written in the meantime are kept.
        """
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
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Only a link to existing judgments is followed: the run may come from someone else.
            write = write_through if self.path.exists() else replace_text
            write(self.path, json.dumps(record, indent=1) + "\n")
        except OSError as error:
            raise EmnistTuiError(
                f"{self.path} cannot be written ({error.strerror or error}), so the judgment was not saved; "
                "free disk space or make the file writable."
            ) from None
        self._judgments = changed
        return before

    def _read(self) -> None:
        try:
            data, fingerprint, split, judgments = _read_judgments(self.path)
        except FileNotFoundError:
            self._judgments = {}
            return
        known = self.fingerprint and fingerprint
        if split != self.split or (fingerprint != self.fingerprint if known else data != self.data):
            raise EmnistTuiError(
                f"{self.path} holds judgments of {data}, {split} split, not of {self.data}, {self.split} split; "
                "evaluate on that data, or move the file away to start again."
            )
        self.fingerprint = self.fingerprint or fingerprint
        self._judgments = {judgment.index: judgment for judgment in judgments}


def _read_judgments(path: Path) -> tuple[str, str, str, list[Judgment]]:
    """Read a file's data, fingerprint, split and judgments.

    Raises `FileNotFoundError` if there is none, `EmnistTuiError` if it is damaged.
    """
    try:
        record = json.loads(path.read_bytes())
        data, fingerprint, split = (_text(record[name]) for name in ("data", "fingerprint", "split"))
        judgments = [_judgment(values) for values in record["judgements"]]
        if record["format"] != FORMAT_VERSION:
            raise ValueError(f"its format is {record['format']!r}")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise EmnistTuiError(
            f"{path} is not a readable triage file ({reason}); fix it, or move it away to start again."
        ) from None
    return data, fingerprint, split, judgments


def judged_files(folder: Path) -> tuple[set[str], float]:
    """Find the judged evaluations and checkpoints of a run.

    Returns their names, and the time of the last judgment that names none: any file up to then may be the judged one.
    Raises `EmnistTuiError` if the judgments cannot be read.
    """
    judgments: list[Judgment] = []
    for path in folder.glob("triage*.json"):
        with suppress(FileNotFoundError):  # moved away just now
            judgments += _read_judgments(path)[3]
    unnamed = [judgment.time for judgment in judgments if judgment.file is None]
    return {judgment.file for judgment in judgments if judgment.file}, max(unnamed, default=0.0)


def to_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Format the rows of `Triage.to_rows` as CSV with a header.

    The probabilities are the columns `p0` to `p9`.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["index", "true", "predicted", *(f"p{digit}" for digit in range(CLASSES)), "loss", "verdict"])
    for row in rows:
        probabilities = [f"{probability:.6g}" for probability in row["probabilities"]]
        table.writerow(
            [row["index"], row["true"], row["predicted"], *probabilities, f"{row['loss']:.6g}", row["verdict"] or ""]
        )
    return text.getvalue()


def _judgment(values: dict[str, Any]) -> Judgment:
    index, when = values["index"], values["time"]
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise ValueError(f"{index!r} is not an index")
    if isinstance(when, bool) or not isinstance(when, int | float):
        raise TypeError(f"{when!r} is not a time")
    file = values.get("file")
    return Judgment(index, Verdict(values["verdict"]), float(when), None if file is None else _text(file))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value
