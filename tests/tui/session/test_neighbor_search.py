"""The search for neighbors: read, launched, waited for, failed; without a real process."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.tui.session import neighbor_search
from emnist_tui.tui.session.neighbor_search import NeighborSearch
from tests.support.scripted_runs import evaluation, neighbors


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Launch sleeping processes in place of searches."""
    processes: list[subprocess.Popen[bytes]] = []

    def launch(path: Path, checkpoint: Path | None = None, key: str | None = None) -> "subprocess.Popen[bytes]":
        processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return processes[-1]

    monkeypatch.setattr(neighbor_search, "launch_neighbors", launch)
    yield processes
    for process in processes:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def test_neighbors_in_a_file_are_read_without_a_search(
    tmp_path: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    judged, path = evaluation(), tmp_path / "evaluation.npz"
    neighbors(judged).save(neighbors_path(path))
    search = NeighborSearch()
    search.update(judged, path, is_training=False)
    assert search.found
    assert search.status == ""
    assert not launched


def test_a_search_runs_once_and_its_file_is_read(tmp_path: Path, launched: list["subprocess.Popen[bytes]"]) -> None:
    judged, path = evaluation(), tmp_path / "evaluation.npz"
    search = NeighborSearch()
    for _ in range(2):
        search.update(judged, path, is_training=False)
        assert search.status.startswith("searching for neighbors …")
    assert len(launched) == 1
    neighbors(judged).save(neighbors_path(path))
    end(launched[0])
    search.update(judged, path, is_training=False)
    assert search.found
    assert search.status == ""


def test_no_search_starts_while_the_run_trains(tmp_path: Path, launched: list["subprocess.Popen[bytes]"]) -> None:
    search = NeighborSearch()
    search.update(evaluation(), tmp_path / "evaluation.npz", is_training=True)
    assert search.status == "neighbors appear after the run ends"
    assert not launched


@pytest.mark.parametrize(
    ("log", "reason"),
    [("emnist-tui: [b]No data.\n", "[b]No data."), ("", "the search ended without a message.")],
)
def test_a_failed_search_is_explained_and_not_repeated(
    tmp_path: Path, launched: list["subprocess.Popen[bytes]"], log: str, reason: str
) -> None:
    judged, path = evaluation(), tmp_path / "evaluation.npz"
    (tmp_path / "neighbors.log").write_text(log)
    search = NeighborSearch()
    search.update(judged, path, is_training=False)
    end(launched[0])
    for _ in range(2):
        search.update(judged, path, is_training=False)
        assert search.status == f"No neighbors: {reason}"
    assert len(launched) == 1


def test_a_search_that_cannot_be_launched_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise EmnistTuiError("The folder cannot be written.")

    monkeypatch.setattr(neighbor_search, "launch_neighbors", refuse)
    search = NeighborSearch()
    search.update(evaluation(), tmp_path / "evaluation.npz", is_training=False)
    assert search.status == "No neighbors: The folder cannot be written."


def test_closing_ends_a_search(tmp_path: Path, launched: list["subprocess.Popen[bytes]"]) -> None:
    search = NeighborSearch()
    search.update(evaluation(), tmp_path / "evaluation.npz", is_training=False)
    search.close()
    assert launched[0].returncode == -9
    search.close()
