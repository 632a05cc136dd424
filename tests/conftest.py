"""Options and fixtures of the whole suite."""

import gc
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from emnist_tui.runs.signals import ENDING
from tests.support.call import Call, caller

with suppress(ImportError):  # a machine with a card may lack it, and no test of a card needs it
    from hypothesis import HealthCheck, settings

    # No deadline for an example: machines are shared.
    settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("shared machine")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the user's own settings away from tests."""
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(tmp_path_factory.getbasetemp() / "settings.toml"))


@pytest.fixture(autouse=True)
def no_shipped_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """List only the checkpoints that a test writes."""
    monkeypatch.setattr("emnist_tui.runs.shipped._NAMES", ())


@pytest.fixture(autouse=True)
def signals_restored() -> Iterator[None]:
    """Handle signals again that what a signal has ended ignores."""
    handlers = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def no_sync() -> Iterator[None]:
    """Wait for no disk: no test of this process cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter an empty working directory with no data installed and the default runs directory."""
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    for name in ("EMNIST_TUI_CHECKPOINTS", "EMNIST_TUI_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], place: Path) -> Call:
    """Return a function that runs a command in this process."""
    return caller(capsys)


def pytest_addoption(parser: pytest.Parser) -> None:
    faults = parser.getgroup("faults")
    faults.addoption("--fault-rounds", default="6", help="how often each fault is injected (6)")
    faults.addoption("--fault-seed", default="1", help="what decides when (1)")
    help_text = "20 rounds of each resize and burst instead of 3, and the walk of every thing at every size"
    parser.addoption("--thorough", action="store_true", help=help_text)


def pytest_collection_finish() -> None:
    """Collect garbage seldom, and never what was imported: a fifth of the suite's time otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionfinish() -> None:
    """Collect what is left once; pytest does so five times, in seconds."""
    gc.collect()
    gc.freeze()
