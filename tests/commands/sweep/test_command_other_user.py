"""Sweeps of another user, who let them be read only, or not even that."""

from pathlib import Path

from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.sweep_folders import make_spec, make_sweep

__all__ = ["public"]

IMPORTS = """
import optuna
from emnist_tui.cli import main
from emnist_tui.commands import runs
from emnist_tui.commands.sweep import command
from emnist_tui.learning.inference import evaluate
parser = __import__("emnist_tui.cli").cli.build_parser()
"""


def as_nobody(root: Path, *lines: str) -> list[str]:
    """Run commands as another user, and return what they print."""
    code = "\n".join(f"main({['--checkpoints', str(root), *line.split()]!r})" for line in lines)
    return run_as_nobody(IMPORTS, code).splitlines()


@NEEDS_ROOT
def test_a_sweep_that_may_only_be_read_is_shown_and_not_controlled(public: Path) -> None:
    sweep = make_sweep(public / "mine", make_spec(9), trials=6, workers=1)
    shown, *_ = as_nobody(public, "sweep show mine")
    assert shown.startswith("mine: training, 5 of 9 ended: 1 running, ")
    refused = as_nobody(
        public,
        "sweep pause mine",
        "sweep stop mine --trial 6",
        "sweep extend mine --trials 20",
        "sweep add mine --set learning-rate=0.1 batch-size=32 augmentation=0",
        "sweep new other --vary seed=1,2 --sampler grid",
    )
    assert len(refused) == 5
    assert all("cannot be written (Permission denied)" in line for line in refused), refused
    assert not sweep.control.exists()
    assert list(sweep.points.iterdir()) == []


@NEEDS_ROOT
def test_a_sweep_that_may_not_be_entered_is_told(public: Path) -> None:
    make_sweep(public / "mine").path.chmod(0o700)
    (told,) = as_nobody(public, "sweep show mine")
    assert f"{public / 'mine'} cannot be read (Permission denied); ask its owner" in told
