"""The same terminal for every test on every machine, and programs replaced by answers."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.tui.session.run_session import RunSession
from tests.support.parsed_css import parse_once
from tests.support.scripted_runs import write_run
from tests.support.settling import settle_at_once


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ignore the environment's choice of colors, and show dates in UTC."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def css() -> Iterator[None]:
    """Parse style sheets once, not for each test's app."""
    with pytest.MonkeyPatch.context() as patch:
        parse_once(patch)
        yield


@pytest.fixture(autouse=True)
def settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pilots wait for messages and paint, not for 20 ms each time."""
    settle_at_once(monkeypatch)


@pytest.fixture(autouse=True)
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set an empty data root, and refuse downloads unless a test launches one."""

    def refuse(*_: object, **__: object) -> None:
        raise EmnistTuiError("downloads are refused in tests.")

    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data-root"))
    monkeypatch.setattr("emnist_tui.tui.session.download_session.launch_download", refuse)
    return tmp_path / "data-root"


@pytest.fixture(autouse=True)
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse neighbor searches unless a test launches one."""

    def refuse(*_: object, **__: object) -> None:
        raise EmnistTuiError("searches are refused in tests.")

    monkeypatch.setattr("emnist_tui.tui.session.neighbor_search.launch_neighbors", refuse)


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, TrainConfig]]:
    """Record the name and configuration of every start, which starts nothing."""
    requested: list[tuple[str | None, TrainConfig]] = []

    def start(root: Path, name: str | None, config: TrainConfig) -> RunSession:
        requested.append((name, config))
        return RunSession(write_run(tmp_path / "elsewhere", name or "baseline-001"))

    monkeypatch.setattr(RunSession, "start", start)
    return requested


@pytest.fixture
def answer_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Replace the program of `emnist-tui runs` by an answer in shell code; return the log of its requests."""

    def answer(code: str) -> Path:
        requests = tmp_path / "requests"
        requests.touch()
        program = tmp_path / "python"
        program.write_text(f'#!/bin/sh\necho "$@" >> {requests}\n{code}\n')
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))
        return requests

    return answer


@pytest.fixture
def no_details(answer_runs: Callable[[str], Path]) -> Path:
    """Answer requests of checkpoint details with an empty list; return the log of the requests."""
    return answer_runs("echo '[]'")
