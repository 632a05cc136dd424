"""Tables on stdout; the commands' tests compare their numbers with the JSON."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.commands.output import tables
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.unit_health import LayerHealth
from tests.support.scripted_runs import evaluation


def test_columns_of_runs_are_aligned_and_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_runs(
        [
            Entry("a", Path("a"), "run", 0.0, "finished", "baseline", "synthetic digits", 3, 3, test_accuracy=0.9746),
            Entry("long\x1bname.pt", Path("x"), "checkpoint", 0.0, "checkpoint", problem="not a checkpoint"),
        ]
    )
    header, run, checkpoint = capsys.readouterr().out.splitlines()
    assert [line.index(text) for line, text in ((header, "data"), (run, "synthetic"), (checkpoint, "not a"))] == [
        header.index("data")
    ] * 3
    assert "97.46 %" in run
    assert "3 of 3" in run
    assert checkpoint.startswith(r"long\x1bname.pt  checkpoint  –")


def test_columns_of_runs_are_aligned_after_wide_characters(capsys: pytest.CaptureFixture[str]) -> None:
    models = ("net.py:数", "net.py:Net")
    tables.print_runs([Entry("a", Path("a"), "run", 0.0, "finished", model, "digits") for model in models])
    _, *rows = capsys.readouterr().out.splitlines()
    assert len({cell_len(row.partition("digits")[0]) for row in rows}) == 1


def test_evaluation_has_every_class_and_the_whole_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluation()
    tables.print_evaluation(result)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "synthetic digits, test split, 500 images"
    assert f"accuracy {result.accuracy * 100:.2f} %" in lines[1]
    start = lines.index("confusion matrix: rows are true, columns are predicted")
    cells = [[int(cell) for cell in line.split()[1:]] for line in lines[start + 2 : start + 12]]
    assert cells == result.confusion.tolist()
    assert [line.split()[0] for line in lines[-10:]] == [str(digit) for digit in range(10)]


def test_evaluation_names_lost_units_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    relu, sigmoid = LayerHealth("a\x1b", "ReLU", "dead", [1], of=2), LayerHealth("b", "sigmoid", "saturated", [], of=4)
    tables.print_evaluation(evaluation(), [relu, sigmoid, replace(relu, layer="c", units=list(range(9)), of=20)])
    assert r"dead: unit 1 of a\x1b (ReLU), 9 units of c (ReLU)" in capsys.readouterr().out.splitlines()
    tables.print_evaluation(evaluation(), [relu, replace(sigmoid, units=[0, 2])])
    expected = r"dead: unit 1 of a\x1b (ReLU)   saturated: units 0 and 2 of b (sigmoid)"
    assert expected in capsys.readouterr().out.splitlines()
    tables.print_evaluation(evaluation(), [sigmoid])
    assert "dead" not in (text := capsys.readouterr().out)
    assert "saturated" not in text


def test_comparison_with_itself_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluation()
    tables.print_comparison(Comparison(result, result), "a\x1b.pt", "b.pt")
    text = capsys.readouterr().out
    assert r"a  a\x1b.pt: accuracy" in text
    assert "       0 fixed: a wrong, b correct\n       0 broken: a correct, b wrong\n" in text
    assert f"{len(result.wrong):>8} both wrong, 0 of them with different answers" in text
    assert "accuracy change +0.00 points, p = 1 (McNemar, exact)" in text
    assert text.count("·") == 100
