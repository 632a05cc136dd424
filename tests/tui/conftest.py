"""The same terminal for every test on every machine."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.runs.errors import EmnistTuiError


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
