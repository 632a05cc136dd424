"""Fixtures of the screens' tests."""

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
