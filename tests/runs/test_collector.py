"""The garbage collector: paused while the app starts, and never left off."""

import gc
from collections.abc import Iterator

import pytest

from emnist_tui.runs.collector import collector_paused, resume_collector


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_the_collector_is_paused_until_it_is_resumed() -> None:
    with collector_paused():
        assert not gc.isenabled()
        resume_collector()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
    assert gc.isenabled()


def test_an_error_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError, match="no terminal"), collector_paused():
        raise ValueError("no terminal")
    assert gc.isenabled()


def test_a_running_collector_freezes_nothing() -> None:
    resume_collector()
    assert gc.get_freeze_count() == 0
