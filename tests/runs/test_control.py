"""Requests in control.json, which can never harm the trainer."""

from pathlib import Path

import pytest

from emnist_tui.runs.control import Control, Desired, ask_for, ask_for_save, read_control, write_control


def test_a_missing_file_requests_nothing(tmp_path: Path) -> None:
    assert read_control(tmp_path / "control.json") == Control(Desired.RUN, 0)


def test_saves_are_counted_and_the_state_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    ask_for(path, Desired.PAUSE)
    ask_for_save(path)
    ask_for_save(path)
    assert read_control(path) == Control(Desired.PAUSE, 2)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b'{"desired": "fly", "saves": 0}', b'{"desired": "stop", "saves": "many"}']
)
def test_an_invalid_file_requests_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "control.json"
    path.write_bytes(content)
    assert read_control(path) == Control()


def test_a_failed_write_keeps_the_old_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "control.json"
    ask_for(path, Desired.STOP)

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_control(path, Control())
    assert read_control(path).desired is Desired.STOP
    assert list(tmp_path.iterdir()) == [path]
