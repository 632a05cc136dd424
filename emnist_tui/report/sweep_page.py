"""Page of a sweep's report, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emnist_tui.analysis.spread import Spread
from emnist_tui.report.markdown import plain, table
from emnist_tui.runs.recipe import differences
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.space import Axis, Value, option_of, spell
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text.formats import UNKNOWN, count, duration, number, percent

_MOST_TRIALS = 30  # rows of the table of the page

Row = tuple[str, str]


def write_sweep_page(board: Board, spread: Spread | None, files: Mapping[str, str]) -> str:
    """Write the page of a sweep, linking described `files`."""
    kind = "Seeds" if board.spec.is_seeds else "Sweep"
    figures = [
        f"## {description[0].upper()}{description[1:]}\n\n![{description}]({name})"
        for name, description in files.items()
        if name.endswith(".svg")
    ]
    sections = [
        f"# {kind} {plain(board.folder.name)}",
        table(["", ""], [*_summary(board), *(_of_seeds(spread) if spread else [])]),
        *figures,
        _trials(board),
        "## Files\n\n" + table(["file", "contents"], [(f"[{name}]({name})", words) for name, words in files.items()]),
    ]
    return "\n\n".join(sections) + "\n"


def _summary(board: Board) -> list[Row]:
    """Return the facts about the whole sweep."""
    spec, best, counts = board.spec, board.best, board.counts
    states = [f"{count(counts[state])} {state}" for state in TrialState if counts[state]]
    waiting = [f"{count(board.waiting)} waiting"] if board.waiting else []
    rows = [
        ("varied", "; ".join(plain(f"{axis.option} {axis.describe()}") for axis in spec.axes)),
        ("the same in all", _constants(board)),
        ("trials", ", ".join([f"{count(board.total)}: {', '.join(states)}" if states else "none begun", *waiting])),
    ]
    if spec.is_seeds:
        return rows
    rows.append(("search", f"sampler {spec.sampler}, pruner {spec.pruner}, seed {spec.seed}"))
    if best:
        rows.append(
            ("best", f"trial {best.number}: **{percent(best.accuracy, 2)}** on {spec.split}; {_values(board, best)}")
        )
    if board.result:
        result = board.result
        images = count(result.test_images)
        rows.append(
            (
                "test of the best",
                f"**{percent(result.test_accuracy, 2)}** of {images} images, evaluated once, after the search",
            )
        )
    return rows


def _of_seeds(spread: Spread) -> list[Row]:
    sd = "" if spread.sd is None else f" ± {percent(spread.sd, 2)}"
    rows = [("test accuracy, mean ± sd", f"**{percent(spread.mean, 2)}{sd}** of {spread.n} seeds")]
    if spread.interval:
        low, high = spread.interval
        rows.append(("95 % interval of the mean (Student's t)", f"{percent(low, 2)} to {percent(high, 2)}"))
    return rows


def _constants(board: Board) -> str:
    config, varied = board.spec.config, {axis.field for axis in board.spec.axes}
    changed = {name: value for name, value in differences(config).items() if name not in varied}
    shown = {"data": config.data, "epochs": config.epochs, "validation": config.validation, **changed}
    words = [f"{option_of(name)} {value}" for name, value in shown.items() if name not in varied]
    return plain(", ".join([config.model, *words]))


def _values(board: Board, trial: Trial) -> str:
    return plain(", ".join(f"{axis.option} {_value(axis, trial.values.get(axis.field))}" for axis in board.spec.axes))


def _value(axis: Axis, value: Value | None) -> str:
    """Format a value, one from a range with four significant digits."""
    if value is None:
        return UNKNOWN
    return number(value, 4) if isinstance(value, float) and not axis.values else spell(value)


def _trials(board: Board) -> str:
    """Return the best trials as a table."""
    spec = board.spec
    ranked = board.ranking[:_MOST_TRIALS]
    names = ["trial", *(axis.option for axis in spec.axes), spec.split, "epochs", "time", "state"]
    rows = [_row(board, trial) for trial in ranked]
    left = len(board.trials) - len(ranked)
    rest = f"\n\n{count(left)} more are in trials.csv." if left else ""
    title = "## Trials, best first\n\n"
    return title + (table(names, rows) + rest if rows else "No trial has an accuracy yet." + rest)


def _row(board: Board, trial: Trial) -> Sequence[str]:
    values = [(axis, trial.values.get(axis.field)) for axis in board.spec.axes]
    return [
        str(trial.number),
        *(plain(_value(axis, value)) for axis, value in values),
        percent(trial.accuracy, 2),
        str(trial.epoch),
        duration(trial.seconds),
        str(trial.state),
    ]
