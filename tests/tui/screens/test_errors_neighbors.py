"""Screen 3: nearest neighbors of a digit, read or searched for."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import epoch_events, evaluation, neighbors, write_run
from tests.support.terminal import Terminal, live_run, opened_checkpoint, terminal

LAST = evaluation(seed=3)
FOUND = neighbors(LAST)
LAUNCH = "emnist_tui.tui.session.neighbor_search.launch_neighbors"


class Launcher:
    """Fake launcher that records requests and starts processes the test ends."""

    def __init__(self) -> None:
        self.requests: list[tuple[Path, Path | None]] = []
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(
        self, path: Path, data: str | None = None, checkpoint: Path | None = None, key: str | None = None
    ) -> subprocess.Popen[bytes]:
        self.requests.append((path, checkpoint))
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """End the search that was launched last."""
        process = self.processes[-1]
        process.kill()
        process.wait()


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Launcher]:
    made = Launcher()
    monkeypatch.setattr(LAUNCH, made)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()
        assert process.stdin
        process.stdin.close()


def last_evaluation(folder: RunFolder, epoch: int = 3) -> Path:
    return folder.path / f"evaluation-epoch-{epoch:03d}.npz"


def seconds_searched(shown: Terminal) -> int:
    found = re.search(r"searching for neighbors …\s+(\d+) s", shown.text)
    return int(found[1]) if found else 0


def run_with_neighbors(root: Path) -> RunFolder:
    folder = write_run(root)
    FOUND.save(neighbors_path(last_evaluation(folder)))
    return folder


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_neighbors_are_read_from_their_file(tmp_path: Path, size: tuple[int, int], launcher: Launcher) -> None:
    async with terminal(tmp_path, RunSession(run_with_neighbors(tmp_path)), size) as shown:
        await shown.press("3")
        for place in (0, 1):
            mistake = LAST.mistakes()[place]
            true, predicted = FOUND.of(mistake)
            assert true
            assert predicted
            await shown.shows(
                f"nearest {mistake.true}  #{true.index}", f"nearest {mistake.predicted}  #{predicted.index}"
            )
            await shown.shows(f"distance 1,00{mistake.true}", f"distance 1,00{mistake.predicted}")
            await shown.press("right")
        assert launcher.requests == []


async def test_neighbors_are_thumbnails_at_80_by_24(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(run_with_neighbors(tmp_path))) as shown:
        await shown.press("3")
        mistake = LAST.mistakes()[0]
        await shown.shows(
            f"nearest {mistake.true}", f"distance 1,00{mistake.true}", f"distance 1,00{mistake.predicted}"
        )
        rows = [row[-31:] for row in shown.text.split("\n") if "distance" not in row]
        widths = [row.count("@") for row in rows if "@" in row and "%" not in row]
        assert (8 + 2 * mistake.true - 4) // 2 + (8 + 2 * mistake.predicted - 4) // 2 in widths


async def test_neighbors_are_omitted_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(run_with_neighbors(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        await shown.shows("margin")
        assert "nearest" not in shown.text
        assert shown.text.count("%") > 10


async def test_a_class_without_a_correct_image_has_no_neighbor(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    mistake = LAST.mistakes()[0]
    found = neighbors(LAST)
    row = int(LAST.wrong.searchsorted(mistake.index))
    found.indices[row, 0] = -1
    found.save(neighbors_path(last_evaluation(folder)))
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows(f"no correctly classified {mistake.true}", f"nearest {mistake.predicted}")


async def test_neighbors_are_searched_once_and_shown_when_found(tmp_path: Path, launcher: Launcher) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("1")
        await shown.settle()
        assert launcher.requests == []
        await shown.press("3")
        await shown.shows("searching for neighbors …")
        begun = seconds_searched(shown)
        await shown.until(lambda: seconds_searched(shown) > begun, "the seconds advance")
        FOUND.save(neighbors_path(last_evaluation(folder)))
        launcher.end()
        await shown.shows(f"nearest {LAST.mistakes()[0].true}")
        assert launcher.requests == [(last_evaluation(folder), None)]


async def test_a_failed_search_is_reported_and_not_repeated(tmp_path: Path, launcher: Launcher) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("searching for neighbors")
        (folder.path / "neighbors.log").write_text("loading …\nemnist-tui: [b]The data is gone.\n\n")
        launcher.end()
        await shown.shows("No neighbors: [b]The data is gone.")
        await shown.press("1", "3")
        await shown.settle()
        assert len(launcher.requests) == 1


async def test_a_search_that_cannot_start_is_reported(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("No neighbors: searches are refused in tests.")


async def test_neighbors_of_another_evaluation_are_searched_again(tmp_path: Path, launcher: Launcher) -> None:
    folder = write_run(tmp_path)
    neighbors(evaluation(seed=1)).save(neighbors_path(last_evaluation(folder)))
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("searching for neighbors")
        assert launcher.requests == [(last_evaluation(folder), None)]


async def test_no_search_runs_while_the_run_trains(tmp_path: Path, launcher: Launcher) -> None:
    with live_run(tmp_path) as (folder, log):
        opened = RunSession(folder)
        async with terminal(tmp_path, opened, (120, 40)) as shown:
            await shown.press("3")
            await shown.shows("neighbors appear after the run ends")
            assert launcher.requests == []
            for event in epoch_events(folder, 2):
                log.write(event)
            second = evaluation(seed=2)
            await shown.shows(f"of {len(second.wrong)}", "neighbors appear after the run ends")
            neighbors(second).save(neighbors_path(last_evaluation(folder, 2)))
            assert launcher.requests == []


async def test_a_search_starts_when_the_run_has_ended(tmp_path: Path, launcher: Launcher) -> None:
    with live_run(tmp_path) as (folder, _):
        opened = RunSession(folder)
        async with terminal(tmp_path, opened, (120, 40)) as shown:
            await shown.press("3")
            await shown.shows("neighbors appear after the run ends")
            opened.follower.is_training = False
            opened.follower._next_lock_check = float("inf")
            await shown.until(lambda: opened.state is RunState.INTERRUPTED, "the run has ended")
            await shown.shows("searching for neighbors")
            assert launcher.requests == [(last_evaluation(folder, 1), None)]


async def test_a_bare_checkpoint_is_searched_in_its_own_data(tmp_path: Path, launcher: Launcher) -> None:
    checkpoint = tmp_path / "net.pt"
    opened = opened_checkpoint(tmp_path, checkpoint)
    async with terminal(tmp_path, opened, (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("searching for neighbors")
        assert launcher.requests == [(tmp_path / "evaluation" / "evaluation.npz", checkpoint)]


async def test_closing_a_run_ends_its_search(tmp_path: Path, launcher: Launcher) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened, (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("searching for neighbors")
        assert launcher.processes[0].poll() is None
        opened.close()
        assert launcher.processes[0].returncode is not None
