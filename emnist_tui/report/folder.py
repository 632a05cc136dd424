"""Which files a report is made of, and where it may be written."""

import json
from dataclasses import dataclass
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
_METRICS = "metrics.json"
_SHOWN = 42  # digits on the contact sheet
_CONFIDENT = 14  # of the confident disagreements
_NOT_ALWAYS = ("curves.svg", "triage.csv", "triage.json")


@dataclass(frozen=True)
class Report:
    """Everything that is told of one evaluated checkpoint."""

    name: str
    """The checkpoint's, as `seed0/last.pt`."""
    evaluation: Evaluation
    triage: Triage
    record: RunRecord | None = None
    """Of the run in whose folder the checkpoint lies."""
    triage_problem: str | None = None
    """Why there are no judgments although there is a file of them, as a sentence."""

    def write(self, folder: Path) -> Path:
        """Writes the report, in place of one that is there; the path of its page. The page is written last.

        Raises `UsageError` when the folder holds something else, `EmnistTuiError` when it cannot be written.
        """
        refuse_foreign(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = self.files()
            for name in _NOT_ALWAYS:
                if name not in files:
                    (folder / name).unlink(missing_ok=True)
            for name, text in files.items():
                replace_text(folder / name, text)
        except OSError as error:
            raise _unusable(folder, error) from None
        return folder / PAGE

    def files(self) -> dict[str, str]:
        """The text of each file by its name, the page last."""
        evaluation, triage = self.evaluation, self.triage
        files = {
            _METRICS: _to_json(self._metrics()),
            "predictions.csv": to_csv(triage.to_rows(evaluation, range(evaluation.images))),
            "confusion.svg": draw_confusion(evaluation),
            "worst-mistakes.svg": draw_contact_sheet(
                evaluation.mistakes()[:_SHOWN], "The mistakes of the largest loss"
            ),
            "confident-disagreements.svg": draw_contact_sheet(
                evaluation.mistakes(sort="confidence")[:_CONFIDENT], "Confident disagreements: worth a look"
            ),
        }
        if curves := draw_curves(self.record) if self.record else None:
            files["curves.svg"] = curves
        if len(triage):
            files["triage.csv"] = to_csv(triage.to_rows(evaluation))
            files["triage.json"] = _to_json(list(triage.to_rows(evaluation)))
        files[PAGE] = write_page(self.name, evaluation, triage, self.record, self.triage_problem, sorted(files))
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
            "most_confused": [{"true": p.true, "predicted": p.predicted, "count": p.count} for p in pairs],
            "triage": judged if len(triage) else None,
        }


def refuse_foreign(folder: Path) -> None:
    """Raises `UsageError` for a folder that holds anything and is not a report, `EmnistTuiError` for no folder."""
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
        return "report_format" in json.loads((folder / _METRICS).read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def _unusable(folder: Path, error: OSError) -> EmnistTuiError:
    return EmnistTuiError(f"{folder} cannot be written ({error.strerror or error}); choose another --output.")


def _to_json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"
