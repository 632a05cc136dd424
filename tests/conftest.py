"""What the whole suite shares: options, no settings, and commands that are run."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.call import Call, caller

# How long an example takes is the machine's affair, and machines are shared.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody's own settings decide what a test sees."""
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(tmp_path_factory.getbasetemp() / "settings.toml"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, with no data installed and no home of runs chosen."""
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    for name in ("EMNIST_TUI_CHECKPOINTS", "EMNIST_TUI_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], place: Path) -> Call:
    """Runs a command in this process."""
    return caller(capsys)


def pytest_addoption(parser: pytest.Parser) -> None:
    faults = parser.getgroup("faults")
    faults.addoption("--fault-rounds", default="6", help="how often each fault is injected (6)")
    faults.addoption("--fault-seed", default="1", help="what decides when (1)")
