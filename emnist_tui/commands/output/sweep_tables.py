"""Tables on stdout about a sweep: its state, workers and trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from emnist_tui.analysis.spread import Spread
from emnist_tui.commands.output.seed_tables import spread_text
from emnist_tui.runs.recipe import differences
from emnist_tui.runs.sweeps.board import Board, Worker
from emnist_tui.runs.sweeps.listing import state_of
from emnist_tui.runs.sweeps.space import Axis, Value, option_of, spell
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats

_DIGITS = 4  # significant, of a value from a range
_EXPLAINED = (TrialState.FAILED, TrialState.DIVERGED, TrialState.ORPHANED)

_WORKER_STATES = {"working": "training", "concluding": "testing the best trial"}
"""Words for states of workers that say too little by themselves."""


def print_sweep(board: Board, limit: int) -> None:
    """Print a sweep and its trials, best first, at most `limit`."""
    print(f"{formats.printable(board.folder.name)}: {_states(board)}")
    for name, line in (("best", _best(board)), ("all", _shared(board)), ("vary", _varied(board))):
        print(f"{name:<8}{formats.printable(line)}")
    if board.tests:
        print(f"{'seeds':<8}{spread_text(Spread.of([*board.tests.values()]))}")
    for place, worker in enumerate(board.workers):
        print(f"{'' if place else 'workers':<8}{formats.printable(_worker(worker, board))}")
    trials = arranged(board)[:limit]
    if trials:
        print()
        _print_columns(_title(board), [_cells(board, trial) for trial in trials])
    reasons = [trial for trial in board.trials if trial.reason and trial.state in _EXPLAINED][:limit]
    if reasons:
        print()
    for trial in reasons:
        print(formats.printable(f"trial {trial.number} {trial.state}: {trial.reason}"))


def arranged(board: Board) -> list[Trial]:
    """Return the trials, best first, those without an accuracy last."""
    return [*board.ranking, *(trial for trial in board.trials if trial.accuracy is None)]


def _states(board: Board) -> str:
    """Count trials by state: `training, 3 of 9 ended: 3 finished`."""
    counts = board.counts
    ended = sum(number for state, number in counts.items() if state.has_ended)
    parts = [f"{formats.count(counts[state])} {state}" for state in TrialState if counts[state]]
    if board.waiting:
        parts.append(f"{formats.count(board.waiting)} waiting")
    return f"{state_of(board)}, {formats.count(ended)} of {formats.count(board.total)} ended: {', '.join(parts)}"


def _best(board: Board) -> str:
    best, result = board.best, board.result
    if best is None:
        return "none yet"
    split = formats.split_label(board.spec.split)
    parts = [f"trial {best.number}", f"{split} {formats.percent(best.accuracy, 2)}"]
    if result and result.trial == best.number:
        parts.append(f"test {formats.percent(result.test_accuracy, 2)} of {formats.count(result.test_images)} images")
    parts += [f"{axis.option} {_value(axis, best.values.get(axis.field))}" for axis in board.spec.axes]
    return ", ".join(parts)


def _shared(board: Board) -> str:
    """Describe what all trials have in common."""
    spec = board.spec
    config, varied = spec.config, {axis.field for axis in spec.axes}
    fixed = {name: value for name, value in differences(config).items() if name not in varied}
    fixed = {"epochs": config.epochs, **fixed} if "epochs" not in varied else fixed
    parts = [config.model, config.data, *(f"{option_of(name)} {_spelled(value)}" for name, value in fixed.items())]
    if not spec.is_seeds:
        parts += [f"sampler {spec.sampler}", f"prune {spec.pruner}"]
    return ", ".join(parts)


def _varied(board: Board) -> str:
    return " ".join(f"{axis.option}={axis.describe()}" for axis in board.spec.axes)


def _worker(worker: Worker, board: Board) -> str:
    trial = f" trial {worker.trial}" if worker.trial is not None else ""
    silent = "" if worker.is_alive else "silent, "
    paused = {trial.number for trial in board.trials if trial.state is TrialState.PAUSED}
    state = "paused in" if worker.trial in paused else _WORKER_STATES.get(worker.state, worker.state)
    return f"{worker.host}, process {worker.pid}: {silent}{state}{trial}, heard {_ago(worker.silent)}"


def _ago(seconds: float) -> str:
    return f"{formats.duration(seconds)} ago"


def _title(board: Board) -> list[str]:
    metric = formats.split_label(board.spec.split)
    tests = ["test"] if board.spec.is_seeds and metric != "test" else []
    return ["trial", *(axis.option for axis in board.spec.axes), metric, *tests, "epoch", "time", "state", "host"]


def _cells(board: Board, trial: Trial) -> list[str]:
    epochs = trial.values.get("epochs", board.spec.config.epochs)
    is_tested = board.spec.is_seeds and board.spec.split != "test"
    return [
        str(trial.number),
        *(formats.printable(_value(axis, trial.values.get(axis.field))) for axis in board.spec.axes),
        formats.percent(trial.accuracy, 2),
        *([formats.percent(trial.test_accuracy, 2)] if is_tested else []),
        formats.epochs(trial.epoch, epochs if isinstance(epochs, int) else None),
        formats.duration(trial.seconds),
        str(trial.state),
        formats.printable(trial.host) or formats.UNKNOWN,
    ]


def _value(axis: Axis, value: Value | None) -> str:
    """Spell a value, one from a range in a few digits."""
    if value is None:
        return formats.UNKNOWN
    return formats.number(value, _DIGITS) if isinstance(value, float) and not axis.values else spell(value)


def _spelled(value: object) -> str:
    return spell(value) if isinstance(value, int | float | str) else str(value)


def _print_columns(title: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their title, numbers to the right."""
    lines = [title, *rows]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(title))]
    words = {"state", "host"}
    for line in lines:
        cells = []
        for name, text, width in zip(title, line, widths, strict=True):
            blank = " " * (width - cell_len(text))
            cells.append(text + blank if name in words else blank + text)
        print("  ".join(cells).rstrip())
