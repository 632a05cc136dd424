"""Report folder: its files, and protection of other files."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emnist_tui import __version__
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, to_csv
from emnist_tui.report.figures.confusion import draw_confusion
from emnist_tui.report.figures.contact_sheet import draw_contact_sheet
from emnist_tui.report.figures.curves import draw_curves
from emnist_tui.report.page import MOST_PAIRS, write_page
from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.record import RunRecord

FORMAT_VERSION = 1
PAGE = "README.md"
METRICS = "metrics.json"
_WORST = 42  # digits on the contact sheet of the worst mistakes
_CONFIDENT = 14  # digits on the contact sheet of confident disagreements
_OPTIONAL = ("curves.svg", "triage.csv", "triage.json")


@dataclass(frozen=True)
class Report:
    """Report of one evaluated checkpoint."""

    name: str
    """Name of the checkpoint, such as `seed0/last.pt`."""
    evaluation: Evaluation
    triage: Triage
    record: RunRecord | None = None
    """Record of the run that the checkpoint belongs to."""
    triage_problem: str | None = None
    """Reason why an existing triage file could not be read, as a sentence."""
    input: Mapping[str, object] = field(default_factory=dict)
    """Facts about the weights and input of a foreign network: `weights`, `input_scaling`, `orientation`, `warning`."""

    def write(self, folder: Path) -> Path:
        """Write the report and return the path of its page.

        An existing report is replaced; the page is written last. Raises `UsageError` if the folder holds anything
        else, `EmnistTuiError` if it cannot be written.
        """
        return write_report(folder, self.files, _OPTIONAL)

    def files(self) -> dict[str, str]:
        """Return the text of each file by name, the page last."""
        evaluation, triage = self.evaluation, self.triage
        files = {
            METRICS: to_json(self._metrics()),
            "predictions.csv": to_csv(triage.to_rows(evaluation, range(evaluation.images))),
            "confusion.svg": draw_confusion(evaluation),
            "worst-mistakes.svg": draw_contact_sheet(
                evaluation.mistakes()[:_WORST], "Misclassified images with the largest loss"
            ),
            "confident-disagreements.svg": draw_contact_sheet(
                evaluation.mistakes(sort="confidence")[:_CONFIDENT], "Confident disagreements with the label"
            ),
        }
        if curves := draw_curves(self.record) if self.record else None:
            files["curves.svg"] = curves
        if len(triage):
            files["triage.csv"] = to_csv(triage.to_rows(evaluation))
            files["triage.json"] = to_json(list(triage.to_rows(evaluation)))
        files[PAGE] = write_page(
            self.name, evaluation, triage, self.record, self.triage_problem, sorted(files), self.input
        )
        return files

    def _metrics(self) -> dict[str, Any]:
        triage = self.triage
        judged = {
            "counts": triage.counts,
            "accuracy_without_mislabelled": triage.accuracy_without_mislabeled(self.evaluation),
        }
        pairs = self.evaluation.most_confused(MOST_PAIRS)
        return {
            "report_format": FORMAT_VERSION,
            "emnist_tui": __version__,
            "checkpoint": self.name,
            "fingerprint": self.evaluation.fingerprint,
            **self.evaluation.to_json(),
            **self.input,
            "most_confused": [{"true": p.true, "predicted": p.predicted, "count": p.count} for p in pairs],
            "triage": judged if len(triage) else None,
        }


def write_report(folder: Path, make: Callable[[], Mapping[str, str]], optional: Iterable[str] = ()) -> Path:
    """Write a report's files, and return the path of its page.

    Those of `optional` that it lacks now are deleted. Raises as `Report.write` does.
    """
    refuse_foreign(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = make()
        for name in optional:
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        for name, text in files.items():
            replace_text(folder / name, text)
    except OSError as error:
        raise _unusable(folder, error) from None
    return folder / PAGE


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder with other files than a report's.

    Raises `UsageError` if the folder is neither empty nor a report, `EmnistTuiError` if it cannot be read. A missing
    folder is accepted.
    """
    try:
        is_used = any(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(folder, error) from None
    if is_used and not _is_report(folder):
        raise UsageError(f"{folder} holds other files already and is not a report; choose another --output.")


def _is_report(folder: Path) -> bool:
    try:
        return "report_format" in json.loads((folder / METRICS).read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def _unusable(folder: Path, error: OSError) -> EmnistTuiError:
    return EmnistTuiError(f"{folder} cannot be written ({error.strerror or error}); choose another --output.")


def to_json(value: object) -> str:
    """Write a file of a report."""
    return json.dumps(value, indent=1) + "\n"
