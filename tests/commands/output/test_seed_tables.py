"""Tables about groups of seeds."""

import pytest

from emnist_tui.analysis.spread import Spread
from emnist_tui.commands.output.seed_tables import mean_text, print_seeds, spread_text
from tests.support.seed_groups import group


def test_each_seed_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_seeds(group("g", {0: 0.95, 1: 0.96}, s2="failed", s3="interrupted"))
    assert capsys.readouterr().out == (
        "    seed         test\n"
        "       0      95.00 %\n"
        "       1      96.00 %\n"
        "       2       failed\n"
        "       3  interrupted\n"
        "mean 95.50 ± 0.71 %, 2 seeds, 95 % interval 89.15 % to 101.85 %\n"
        "2 of 4 seeds of g have no result (1 failed, 1 interrupted).\n"
    )


def test_a_group_without_results_has_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    print_seeds(group("g", {}, s0="waiting"))
    assert "mean" not in capsys.readouterr().out


def test_one_seed_has_neither_deviation_nor_interval() -> None:
    assert spread_text(Spread.of([0.95])) == "mean 95.00 %, 1 seed"
    assert mean_text(Spread.of([0.95, 0.95])) == "95.00 ± 0.00 %"
