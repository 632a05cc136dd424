"""Options of the whole suite."""

import pytest


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody's own settings decide what a test sees."""
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(tmp_path_factory.getbasetemp() / "settings.toml"))


def pytest_addoption(parser: pytest.Parser) -> None:
    faults = parser.getgroup("faults")
    faults.addoption("--fault-rounds", default="6", help="how often each fault is injected (6)")
    faults.addoption("--fault-seed", default="1", help="what decides when (1)")
