"""Report of a sweep: a page, figures and all trials."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emnist_tui import __version__
from emnist_tui.analysis.spread import Spread
from emnist_tui.report.figures.sweep import draw_best_so_far, draw_by_value, draw_spread
from emnist_tui.report.folder import FORMAT_VERSION, METRICS, PAGE, to_json, write_report
from emnist_tui.report.sweep_page import write_sweep_page
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.text.formats import printable

_TRIALS = "trials.csv"
_BEST = "best-so-far.svg"
_SPREAD = "spread.svg"


@dataclass(frozen=True)
class SweepReport:
    """Report of a sweep at one moment."""

    board: Board

    def write(self, folder: Path) -> Path:
        """Write the report and return the path of its page.

        Raises as `Report.write` does.
        """
        return write_report(folder, self.files, (_BEST, _SPREAD, *(f"by-{axis.option}.svg" for axis in self._axes)))

    def files(self) -> dict[str, str]:
        """Return the text of each file by name, the page last."""
        figures = {name: (text, words) for name, text, words in self._figures() if text}
        texts = {METRICS: to_json(self._metrics()), _TRIALS: self._csv()}
        described = {
            **{name: words for name, (_, words) in figures.items()},
            METRICS: "all numbers on this page, and every trial with its curve",
            _TRIALS: "every trial: its values, state, accuracy, epochs, seconds, host and reason",
        }
        page = write_sweep_page(self.board, self.spread, described)
        return {**texts, **{name: text for name, (text, _) in figures.items()}, PAGE: page}

    @cached_property
    def spread(self) -> Spread | None:
        """Mean and spread of the seeds' test accuracies; None of a search."""
        trials = self.board.trials if self.board.spec.is_seeds else ()
        tests = [trial.test_accuracy for trial in trials if trial.state.counts and trial.test_accuracy is not None]
        return Spread.of(tests) if tests else None

    @property
    def _axes(self) -> tuple[Any, ...]:
        return () if self.board.spec.is_seeds else self.board.spec.axes

    def _figures(self) -> list[tuple[str, str | None, str]]:
        """Return name, text and description of each figure."""
        board, split = self.board, self.board.spec.split
        if board.spec.is_seeds:
            return [(_SPREAD, draw_spread(board, self.spread) if self.spread else None, "the spread of the seeds")]
        return [
            (_BEST, draw_best_so_far(board), "the best so far"),
            *(
                (f"by-{axis.option}.svg", draw_by_value(board, axis), f"{split} accuracy by {axis.option}")
                for axis in board.spec.axes
            ),
        ]

    def _metrics(self) -> dict[str, Any]:
        board, best = self.board, self.board.best
        return {
            "report_format": FORMAT_VERSION,
            "emnist_tui": __version__,
            "sweep": board.folder.name,
            **({"checkpoint": f"{board.folder.name}/runs/trial-{best.number:04d}/best.pt"} if best else {}),
            "specification": board.spec.to_json(),
            "split": board.spec.split,
            "total": board.total,
            "states": {str(state): number for state, number in board.counts.items()},
            "best": best.to_json() if best else None,
            "result": vars(board.result) if board.result else None,
            "spread": self.spread.to_json() if self.spread else None,
            "trials": [trial.to_json() for trial in board.trials],
        }

    def _csv(self) -> str:
        out = io.StringIO()
        fields = [axis.field for axis in self.board.spec.axes]
        facts = ("accuracy", "test_accuracy", "epoch", "seconds", "host", "reason")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["trial", "state", *(axis.option for axis in self.board.spec.axes), *facts])
        for trial in self.board.trials:
            known = [getattr(trial, fact) for fact in facts]
            shown = [printable(value) if isinstance(value, str) else value for value in known]
            writer.writerow([trial.number, trial.state, *(trial.values.get(field) for field in fields), *shown])
        return out.getvalue()
