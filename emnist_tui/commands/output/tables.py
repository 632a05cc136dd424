"""What `evaluate` and `compare` print: numbers of one or two evaluations as plain text on stdout."""

from collections.abc import Sequence

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.text import formats


def print_evaluation(evaluation: Evaluation) -> None:
    """Accuracy, loss, the confusion matrix and the metrics of each class, as plain text."""
    print(_describe_split(evaluation))
    print(f"accuracy {formats.percent(evaluation.accuracy)}   loss {formats.loss(evaluation.loss)}")
    print(
        f"95 % interval {_interval(evaluation)}   macro F1 {formats.percent(evaluation.macro_f1, 2)}   "
        f"calibration error {formats.percent(evaluation.calibration_error, 2)}\n"
    )
    print("confusion: rows are true, columns are predicted")
    _print_matrix([[str(number) for number in row] for row in evaluation.confusion])
    print()
    print("  class  precision     recall         f1    support")
    for row in evaluation.per_class():
        shares = "".join(f"{formats.percent(row[key]):>11}" for key in ("precision", "recall", "f1"))
        print(f"{row['class']:>7}{shares}{formats.count(int(row['support'])):>11}")


def print_comparison(comparison: Comparison, a: str, b: str) -> None:
    """The metrics of both, what `b` mended and broke, the test of McNemar, and the change of each cell and class."""
    before, after = comparison.a, comparison.b
    print(_describe_split(before))
    for name, checkpoint, evaluation in (("a", a, before), ("b", b, after)):
        print(
            f"{name}  {formats.printable(checkpoint)}: accuracy {formats.percent(evaluation.accuracy, 2)} "
            f"({_interval(evaluation)})   loss {formats.loss(evaluation.loss)}   "
            f"macro F1 {formats.percent(evaluation.macro_f1, 2)}   "
            f"calibration error {formats.percent(evaluation.calibration_error, 2)}"
        )
    print(f"\n{formats.count(len(comparison.fixed)):>8} fixed: a wrong, b right")
    print(f"{formats.count(len(comparison.broken)):>8} broken: a right, b wrong")
    differently = formats.count(len(comparison.both_wrong_differently))
    print(f"{formats.count(len(comparison.both_wrong)):>8} wrong in both, {differently} of them with different answers")
    print(f"accuracy change {_points(comparison.accuracy_change)}, p = {comparison.p_value:.3g} (McNemar, exact)\n")
    print("change of the confusion, b minus a: rows are true, columns are predicted")
    _print_matrix([[f"{number:+d}" if number else "·" for number in row] for row in comparison.difference])
    print("\n  class   recall a   recall b        change      fixed     broken    support")
    for row in comparison.per_class:
        recalls = "".join(f"{formats.percent(row[key]):>11}" for key in ("recall_a", "recall_b"))
        counts = "".join(f"{formats.count(row[key]):>11}" for key in ("fixed", "broken", "support"))
        print(f"{row['class']:>7}{recalls}{_points(row['change']):>14}{counts}")


def _describe_split(evaluation: Evaluation) -> str:
    return f"{evaluation.data}, {evaluation.split} split, {formats.count(evaluation.images)} images"


def _interval(evaluation: Evaluation) -> str:
    low, high = evaluation.accuracy_interval
    return f"{formats.percent(low, 2)} to {formats.percent(high, 2)}"


def _points(change: float) -> str:
    return f"{change * 100:+.2f} points"


def _print_matrix(cells: Sequence[Sequence[str]]) -> None:
    """A square of cells under the classes' numbers, each row after its own."""
    for name, row in zip(["", *range(len(cells))], [[str(digit) for digit in range(len(cells))], *cells], strict=True):
        print("".join(f"{text!s:>7}" for text in (name, *row)))
