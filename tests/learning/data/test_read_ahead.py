"""Digits are read in a thread; their caller hears of it in its own."""

import threading
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.learning.data import digits
from emnist_tui.learning.data.digits import Digits, OnPhase, load_digits
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.data.read_ahead import ReadAhead
from emnist_tui.runs import data_paths
from emnist_tui.runs.errors import EmnistTuiError, UsageError


def test_result_is_that_of_loading(small_archive: Path) -> None:
    phases: list[str] = []
    read = ReadAhead(str(small_archive)).result(phases.append)
    loaded = load_digits(str(small_archive), lambda _: None)
    assert (read.name, read.fingerprint) == (loaded.name, loaded.fingerprint)
    np.testing.assert_array_equal(read.train_images, loaded.train_images)
    assert phases == [f"reading {small_archive}"]


def test_reading_goes_on_beside_the_caller_who_reports_its_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of a run are written by one thread."""
    threads: list[threading.Thread] = []
    begun = threading.Event()

    def load(source: str, on_phase: OnPhase) -> Digits:
        threads.append(threading.current_thread())
        for phase in ("reading", "drawing"):
            on_phase(phase)
        begun.set()
        array = np.zeros(1, np.uint8)
        return Digits(source, array, array.astype(np.int64), array, array.astype(np.int64), "")

    monkeypatch.setattr(digits, "load_digits", load)
    reading = ReadAhead("some data")
    assert begun.wait(30)  # before anyone asks for the result
    reported: list[tuple[str, threading.Thread]] = []
    result = reading.result(lambda phase: reported.append((phase, threading.current_thread())))
    assert result.name == "some data"
    assert [phase for phase, _ in reported] == ["reading", "drawing"]
    assert {thread for _, thread in reported} == {threading.current_thread()}
    assert threads[0] not in (threading.current_thread(), None)
    assert threads[0].daemon


def test_damaged_data_is_refused_as_without_a_thread(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    (data_paths.raw_folder(root) / data_paths.TRAIN_IMAGES).write_bytes(b"")
    with pytest.raises(EmnistTuiError) as expected:
        load_digits("emnist", lambda _: None)
    with pytest.raises(EmnistTuiError) as refused:
        ReadAhead("emnist").result(lambda _: None)
    assert str(refused.value) == str(expected.value)


def test_missing_path_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="There is no file or folder sinthetic"):
        ReadAhead("sinthetic").result(lambda _: None)


@pytest.mark.parametrize("error", [MemoryError(), ValueError("unexpected"), SystemExit(3)], ids=repr)
def test_any_exception_of_the_thread_reaches_the_caller(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, on_phase: OnPhase) -> Digits:
        raise error

    monkeypatch.setattr(digits, "load_digits", fail)
    with pytest.raises(type(error)) as raised:
        ReadAhead("synthetic").result(lambda _: None)
    assert raised.value is error
