"""First steps offered without an open run."""

from pathlib import Path

import pytest

from emnist_tui.runs.data_paths import FILES, data_root, raw_folder
from emnist_tui.tui.onboarding import first_steps
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


def install_digits() -> None:
    """Create four empty files of the right names."""
    raw_folder(data_root()).mkdir(parents=True)
    for name in FILES:
        (raw_folder(data_root()) / name).touch()


@pytest.mark.parametrize(
    ("runs", "checkpoints", "offer"),
    [
        (0, 0, None),
        (1, 0, "open a run"),
        (3, 1, "open one of 3 runs"),
        (0, 1, "open a checkpoint"),
        (0, 2, "open one of 2 checkpoints"),
    ],
)
def test_existing_runs_and_checkpoints_are_offered(
    tmp_path: Path, runs: int, checkpoints: int, offer: str | None
) -> None:
    for number in range(runs):
        write_run(tmp_path, f"run-{number}", epochs=0)
    for number in range(checkpoints):
        (tmp_path / f"{number}.pt").touch()
    assert dict(first_steps(tmp_path, has_digits=True)).get("runs") == offer
    assert "data" not in dict(first_steps(tmp_path, has_digits=True))
    assert "data" in dict(first_steps(tmp_path, has_digits=False))


async def test_missing_digits_are_reported_with_the_keys_to_press(tmp_path: Path) -> None:
    (tmp_path / "mine.pt").touch()
    async with terminal(tmp_path) as shown:
        for width, height in ((60, 20), (80, 24), (120, 40)):
            await shown.resize(width, height)
            await shown.shows("d  download the digits", "4  open a checkpoint", "n  train a new network")
            await shown.shows("EMNIST digits", "d downloads")
        await shown.says("not installed: n trains on synthetic digits, d downloads EMNIST (70 MB).")
        await shown.press("4")
        await shown.shows("mine.pt", "d downloads")


async def test_installed_digits_are_not_mentioned(tmp_path: Path) -> None:
    install_digits()
    async with terminal(tmp_path) as shown:
        await shown.shows("n  train a new network")
        assert "EMNIST" not in shown.text


async def test_the_report_disappears_once_the_digits_are_installed(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.shows("d  download the digits", "No EMNIST digits")
        install_digits()
        await shown.hides("download the digits")
        await shown.hides("No EMNIST digits")


async def test_existing_runs_are_shown_first_and_enter_opens_the_newest(tmp_path: Path) -> None:
    write_run(tmp_path, "mine")
    async with terminal(tmp_path) as shown:
        assert shown.app.current_mode == "runs"
        await shown.shows("mine")
        await shown.press("enter")
        await shown.until(lambda: shown.app.session, "it is opened")
        await shown.shows("mean of", "300/300")
