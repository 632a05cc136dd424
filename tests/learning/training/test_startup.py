"""A trainer starts with torch and the digits loaded side by side."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.learning.data import digits
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.learning.training.startup import new_trainer, resumed_trainer
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.events import RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder
from tests.support.emnist_files import draw_arrows
from tests.support.small_dataset import only

_STARTS = """
import sys
from pathlib import Path
from emnist_tui.learning.training import startup
from emnist_tui.runs.folder import RunFolder
assert "numpy" not in sys.modules
from emnist_tui.learning.data.read_ahead import ReadAhead
init = ReadAhead.__init__
def begin(self, source):
    print("begins without torch" if "torch" not in sys.modules else "begins after torch")
    init(self, source)
ReadAhead.__init__ = begin
startup.new_trainer(RunFolder(Path(sys.argv[1])), {"data": sys.argv[2]}, print, print)
print("ready")
"""


@pytest.fixture(autouse=True)
def _nothing_stays_frozen() -> Iterator[None]:
    """Let the collector have what a test made."""
    yield
    assert gc.isenabled()
    gc.unfreeze()


def ignore(_: str) -> None:
    pass


def test_digits_are_read_while_torch_is_imported(small_archive: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTS, str(tmp_path / "run"), str(small_archive)]
    (tmp_path / "run").mkdir()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["begins without torch", f"reading {small_archive}", "ready"]


def test_new_and_resumed_trainers_know_their_data(small_archive: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    events = list(new_trainer(folder, {"data": str(small_archive), "epochs": 1}, ignore, ignore).run())
    phases: list[str] = []
    resumed = resumed_trainer(folder, {"epochs": 2}, phases.append, ignore)
    assert resumed.config.data == str(small_archive)
    assert phases == [f"reading {small_archive}"]
    again = list(resumed.run())
    assert only(again, RunStarted).fingerprint == only(events, RunStarted).fingerprint
    assert only(again, RunEnded).step == 2 * only(events, RunEnded).step


def test_auto_without_emnist_digits_gives_notice(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "draw_digits", lambda count, seed: draw_arrows(count, seed))
    monkeypatch.setattr(digits, "SYNTHETIC_TRAIN", 60)
    monkeypatch.setattr(digits, "SYNTHETIC_TEST", 10)
    notices: list[str] = []
    new_trainer(RunFolder(tmp_path), {}, ignore, notices.append)
    assert len(notices) == 1
    assert "emnist-tui data download" in notices[0]


@pytest.mark.parametrize(
    ("source", "error", "sentence"),
    [("sinthetic", UsageError, "There is no file or folder sinthetic"), ("emnist", EmnistTuiError, "are not in")],
)
def test_unusable_data_is_refused_and_the_collector_comes_back(
    root: Path, tmp_path: Path, source: str, error: type[EmnistTuiError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        new_trainer(RunFolder(tmp_path), {"data": source}, ignore, ignore)


def test_resumed_run_whose_data_is_gone_is_refused(small_archive: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for _ in new_trainer(folder, {"data": str(small_archive), "epochs": 1}, ignore, ignore).run():
        pass
    small_archive.unlink()
    with pytest.raises(UsageError, match=r"no longer at .*--data PATH"):
        resumed_trainer(folder, {"epochs": 2}, ignore, ignore)


def test_collector_rests_while_loading_and_spares_what_was_imported(small_archive: Path, tmp_path: Path) -> None:
    before = gc.get_freeze_count()
    seen: list[bool] = []
    new_trainer(RunFolder(tmp_path), {"data": str(small_archive)}, lambda _: seen.append(gc.isenabled()), ignore)
    assert seen == [False]
    assert gc.get_freeze_count() > before
