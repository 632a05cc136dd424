"""Tables on stdout: runs, an evaluation's metrics, and a comparison."""

from collections.abc import Sequence

from rich.cells import cell_len

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.sweeps.listing import SweepEntry
from emnist_tui.runs.unit_health import DEAD, SATURATED, LayerHealth
from emnist_tui.text import formats
from emnist_tui.text.unit_names import named_units


def print_runs(entries: Sequence[Entry]) -> None:
    """Print a line of column names, then one per entry."""
    columns = ("name", "state", "model", "epoch", "test", "last change", "data")
    rows = [columns, *(_run_columns(entry) for entry in entries)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(columns))]
    for row in rows:
        line = "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True))
        print(line.rstrip())


def _run_columns(entry: Entry) -> tuple[str, ...]:
    return (
        formats.printable(entry.name),
        _state(entry),
        formats.printable(entry.model or formats.UNKNOWN),
        formats.epochs(entry.epoch, entry.epochs),
        _test(entry),
        formats.date(entry.time),
        formats.printable(entry.data or entry.problem or formats.UNKNOWN),
    )


def _state(entry: Entry) -> str:
    """Format the state, of a sweep as `training 12 of 50`."""
    if isinstance(entry, SweepEntry) and entry.board:
        return f"{entry.state} {formats.epochs(entry.ended, entry.board.total)}"
    return entry.state


def _test(entry: Entry) -> str:
    """Return the test accuracy, of seeds with their standard deviation.

    A sweep whose best is not tested yet has the best accuracy so far, with its split: `val 97.31 %`.
    """
    if isinstance(entry, SweepEntry):
        if entry.test_accuracy is not None and entry.spread is not None:
            return f"{entry.test_accuracy * 100:.2f} ± {formats.percent(entry.spread, 2)}"
        if entry.test_accuracy is None and entry.board and entry.board.best:
            return f"{formats.split_label(entry.board.spec.split)} {formats.percent(entry.board.best.accuracy, 2)}"
    return formats.percent(entry.test_accuracy, 2)


def print_evaluation(evaluation: Evaluation, health: Sequence[LayerHealth] = ()) -> None:
    """Print accuracy, loss, lost units, confusion matrix and metrics by class."""
    print(_describe_split(evaluation))
    print(f"accuracy {formats.percent(evaluation.accuracy, 2)}   loss {formats.loss(evaluation.loss)}")
    print(
        f"95 % interval {_interval(evaluation)}   macro F1 {formats.percent(evaluation.macro_f1, 2)}   "
        f"calibration error {formats.percent(evaluation.calibration_error, 2)}"
    )
    if lost := _describe_lost(health):
        print(lost)
    print("\nconfusion matrix: rows are true, columns are predicted")
    _print_matrix([[str(number) for number in row] for row in evaluation.confusion])
    print()
    print("  class  precision     recall         f1    support")
    for row in evaluation.per_class():
        shares = "".join(f"{formats.percent(row[key]):>11}" for key in ("precision", "recall", "f1"))
        print(f"{row['class']:>7}{shares}{formats.count(int(row['support'])):>11}")


def _describe_lost(health: Sequence[LayerHealth]) -> str:
    """Name the dead and saturated units in a line, if any."""
    parts = []
    for state in (DEAD, SATURATED):
        layers = [layer for layer in health if layer.state == state and layer.units]
        named = ", ".join(named_units(layer.units, layer.unit, layer.layer, layer.kind) for layer in layers)
        if named:
            parts.append(f"{state}: {formats.printable(named)}")
    return "   ".join(parts)


def print_comparison(comparison: Comparison, a: str, b: str) -> None:
    """Print the metrics of two checkpoints and how they differ.

    The differences are what `b` fixed and broke, McNemar's test, and all changes.
    """
    before, after = comparison.a, comparison.b
    print(_describe_split(before))
    for name, checkpoint, evaluation in (("a", a, before), ("b", b, after)):
        print(
            f"{name}  {formats.printable(checkpoint)}: accuracy {formats.percent(evaluation.accuracy, 2)} "
            f"({_interval(evaluation)})   loss {formats.loss(evaluation.loss)}   "
            f"macro F1 {formats.percent(evaluation.macro_f1, 2)}   "
            f"calibration error {formats.percent(evaluation.calibration_error, 2)}"
        )
    print(f"\n{formats.count(len(comparison.fixed)):>8} fixed: a wrong, b correct")
    print(f"{formats.count(len(comparison.broken)):>8} broken: a correct, b wrong")
    differently = formats.count(len(comparison.both_wrong_differently))
    print(f"{formats.count(len(comparison.both_wrong)):>8} both wrong, {differently} of them with different answers")
    print(
        f"accuracy change {formats.points(comparison.accuracy_change)}, p = {comparison.p_value:.3g} (McNemar, exact)\n"
    )
    print("change of the confusion matrix, b minus a: rows are true, columns are predicted")
    _print_matrix([[f"{number:+d}" if number else "·" for number in row] for row in comparison.difference])
    print("\n  class   recall a   recall b        change      fixed     broken    support")
    for row in comparison.per_class:
        recalls = "".join(f"{formats.percent(row[key]):>11}" for key in ("recall_a", "recall_b"))
        counts = "".join(f"{formats.count(row[key]):>11}" for key in ("fixed", "broken", "support"))
        print(f"{row['class']:>7}{recalls}{formats.points(row['change']):>14}{counts}")


def _describe_split(evaluation: Evaluation) -> str:
    return f"{evaluation.data}, {evaluation.split} split, {formats.count(evaluation.images)} images"


def _interval(evaluation: Evaluation) -> str:
    low, high = evaluation.accuracy_interval
    return f"{formats.percent(low, 2)} to {formats.percent(high, 2)}"


def _print_matrix(cells: Sequence[Sequence[str]]) -> None:
    """Print a square of cells, its classes above and at the left."""
    for name, row in zip(["", *range(len(cells))], [[str(digit) for digit in range(len(cells))], *cells], strict=True):
        print("".join(f"{text!s:>7}" for text in (name, *row)))
