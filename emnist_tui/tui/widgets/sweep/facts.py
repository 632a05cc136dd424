"""Facts about a sweep in a few lines above its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from emnist_tui.runs.recipe import differences
from emnist_tui.runs.record import RunState
from emnist_tui.runs.sweeps.board import Board, Worker
from emnist_tui.runs.sweeps.listing import WAITING, state_of
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.widgets.recipe_facts import spelled
from emnist_tui.tui.widgets.sweep.columns import BEST, title_of, value_text

_COUNTED = (
    (TrialState.RUNNING, "success"),
    (TrialState.PAUSED, "warning"),
    (TrialState.PRUNED, ""),
    (TrialState.FAILED, "error"),
    (TrialState.STUCK, "warning"),
    (TrialState.DIVERGED, "error"),
    (TrialState.STOPPED, ""),
    (TrialState.INTERRUPTED, "warning"),
    (TrialState.ORPHANED, "warning"),
)
"""States in the order of the header, after the finished trials, and their colors."""
_SWEEP_COLORS = {
    RunState.TRAINING: "success",
    RunState.FINISHED: "accent",
    RunState.PAUSED: "warning",
    WAITING: "warning",
}
_FRESH = 10  # seconds of silence that mean nothing
MEAN = "mean ± sd"
"""Label of the mean of a group of seeds."""
_MOST_SILENT = 2  # workers that are named
_BETWEEN = " · "

Styled = tuple[str, str]
"""Text and style."""


class SweepFacts(Widget):
    """State, workers, best and constants of a sweep, a line each."""

    DEFAULT_CSS = """
    SweepFacts { height: 4; padding: 0 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._board: Board | None = None
        self._are_starting = False
        self._lines: tuple[Content, ...] = ()

    def show(self, board: Board, *, are_starting: bool = False) -> None:
        """Show a board; the same facts again cost nothing."""
        self._board, self._are_starting = board, are_starting
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def render(self) -> Content:
        return Content("\n").join(self._lines)

    def _fit(self) -> None:
        if self._board is None or not (width := self.size.width):
            return
        board = self._board
        summary = MEAN if board.spec.is_seeds else "best"
        label_width = max(len(summary), len("workers")) + 2
        room = width - label_width
        states = packed(state_parts(board), room, 2)
        workers = worker_parts(board, keymap_of(self.app).label("work"))
        if self._are_starting and not board.is_done and not any(worker.is_alive for worker in board.workers):
            workers = [("starting", "")]
        groups = [
            ("seeds" if board.spec.is_seeds else "trials", states),
            ("workers", packed(workers, room)),
            (summary, packed(best_parts(board), room)),
        ]
        if len(states) == 1:
            groups.append(("all", packed(constant_parts(board), room)))
        lines = tuple(
            Content.assemble(((label if place == 0 else "").ljust(label_width), "dim"), line)
            for label, group in groups
            for place, line in enumerate(group)
        )
        if lines != self._lines:
            self._lines = lines
            self.refresh()


def state_parts(board: Board) -> list[Styled]:
    """Return the state and the number of trials in each."""
    word = state_of(board)
    color = _SWEEP_COLORS.get(word, "")
    counts = board.counts
    ended = sum(counts[state] for state in TrialState if state.has_ended)
    parts = [(f"{word}, {formats.count(ended)} of {formats.count(board.total)} ended", color)]
    parts.append((f"{formats.count(counts[TrialState.FINISHED])} finished", ""))
    parts += [(f"{formats.count(counts[state])} {state}", color) for state, color in _COUNTED if counts[state]]
    return [*parts, (f"{formats.count(board.waiting)} waiting", "")] if board.waiting else parts


def worker_parts(board: Board, key: str = "") -> list[Styled]:
    """Return workers by host, and the silent ones; `key` starts some."""
    alive = [worker for worker in board.workers if worker.is_alive]
    silent = [worker for worker in board.workers if not worker.is_alive and worker.state != "ended"]
    parts: list[Styled] = []
    if not alive:
        parts.append(("none now" if board.is_done else f"none; {key} starts some here" if key else "none", ""))
    for host, count in Counter(worker.host for worker in alive).most_common():
        shown = formats.printable(host)
        silence = min(worker.silent for worker in alive if worker.host == host)
        parts.append((f"{count} on {shown}{_since(silence)}", ""))
    parts += [(_silent(worker), "warning") for worker in silent[:_MOST_SILENT]]
    if len(silent) > _MOST_SILENT:
        parts.append((f"{len(silent) - _MOST_SILENT} more silent", "warning"))
    return parts


def best_parts(board: Board) -> list[Styled]:
    """Return the best trial's accuracy, test result and values."""
    if board.spec.is_seeds:
        return _mean_parts(board)
    best, result = board.best, board.result
    if best is None:
        return [("none yet; the first finished trial is the first best", "")]
    parts = [(f"{BEST} trial {best.number}", "accent"), (f"{formats.percent(best.accuracy, 2)} {board.spec.split}", "")]
    if result and result.trial == best.number:
        images = formats.count(result.test_images)
        parts.append((f"{formats.percent(result.test_accuracy, 2)} test of {images}", ""))
    return [*parts, *((text, "") for text in value_parts(board, best))]


def _mean_parts(board: Board) -> list[Styled]:
    """Return mean, standard deviation and interval of the seeds' test accuracy."""
    from emnist_tui.analysis.spread import Spread  # with numpy, for which the first frame does not wait

    tests = [trial.test_accuracy for trial in board.trials if trial.state.counts and trial.test_accuracy is not None]
    if not tests:
        return [("none yet; it appears once a seed is tested", "")]
    spread = Spread.of(tests)
    if spread.sd is None:
        return [(f"{formats.percent(spread.mean, 2)} test, 1 seed", "accent")]
    mean = f"{spread.mean * 100:.2f} ± {formats.percent(spread.sd, 2)} test, {spread.n} seeds"
    parts = [(mean, "accent")]
    if spread.interval:
        low, high = spread.interval
        parts.append((f"95 %: {low * 100:.2f}–{formats.percent(high, 2)}", ""))
    return parts


def value_parts(board: Board, trial: Trial) -> list[str]:
    """Return a trial's varied values with their names."""
    return [f"{title_of(axis.field)} {value_text(axis, trial.values.get(axis.field))}" for axis in board.spec.axes]


def constant_parts(board: Board) -> list[Styled]:
    """Return what all trials share, most needed first."""
    spec = board.spec
    config, varied = spec.config, {axis.field for axis in spec.axes}
    parts = [] if "model" in varied else [config.model.rpartition(":")[2] or config.model]
    parts.append(config.data)
    if "epochs" not in varied:
        parts.append(f"epochs {config.epochs}")
    if config.validation:
        parts.append(f"validation {formats.count(config.validation)}")
    changed = {
        name: value
        for name, value in differences(config).items()
        if name not in varied and name not in ("epochs", "validation")
    }
    parts += [spelled({name: value}) for name, value in changed.items()]
    if not spec.is_seeds:
        parts.append(spec.sampler if spec.pruner == "none" else f"{spec.sampler}, {spec.pruner}")
    if "seed" not in varied:
        parts.append(f"seed {config.seed}")
    return [(formats.printable(part), "") for part in parts]


def silence(seconds: float) -> str:
    """Format a silence coarsely, so that it changes rarely."""
    return f"{int(seconds // 10) * 10} s" if seconds < 60 else formats.duration(seconds // 60 * 60)


def _since(seconds: float) -> str:
    return "" if seconds < _FRESH else f", heard {silence(seconds)} ago"


def _silent(worker: Worker) -> str:
    at = f" at trial {worker.trial}" if worker.trial is not None else ""
    return f"{formats.printable(worker.host)} silent for {silence(worker.silent)}{at}"


def packed(parts: Sequence[Styled], room: int, most: int = 1) -> list[Content]:
    """Join as many parts as fit into at most `most` lines."""
    lines: list[list[Styled]] = [[]]
    used = 0
    for text, color in parts:
        cells = cell_len(text)
        if lines[-1] and used + len(_BETWEEN) + cells > room:
            if len(lines) == most:
                break
            lines.append([])
            used = 0
        used += cells + (len(_BETWEEN) if lines[-1] else 0)
        lines[-1].append((formats.cut(text, room), color))
    return [
        Content.assemble(
            *(
                (part, f"${color}" if color else "") if part != _BETWEEN else (part, "dim")
                for part, color in _joined(line)
            )
        )
        for line in lines
    ]


def _joined(line: Sequence[Styled]) -> list[Styled]:
    return [part for each in line for part in ((_BETWEEN, ""), each)][1:]


def values_apart(board: Board, one: Trial, other: Trial) -> tuple[str, str]:
    """Spell the values of two trials where they differ."""
    differing = [
        axis
        for axis in board.spec.axes
        if len({value_text(axis, each.values.get(axis.field)) for each in (one, other)}) > 1
    ]
    a, b = (
        ", ".join(f"{title_of(axis.field)} {value_text(axis, each.values.get(axis.field))}" for axis in differing)
        for each in (one, other)
    )
    return a, b
