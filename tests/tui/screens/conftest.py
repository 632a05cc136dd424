"""Fixtures of the screens' tests."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run


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
