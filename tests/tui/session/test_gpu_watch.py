"""The watch over a GPU: read in a thread, once a second, while somebody looks."""

import threading
import time
from collections.abc import Callable

import pytest

from emnist_tui.tui.session import gpu_watch
from emnist_tui.tui.session.gpu_watch import GpuWatch
from emnist_tui.tui.session.nvml import Card, GpuFigures
from tests.support.fake_nvml import UUID, FakeNvml


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_watch, "_READ_EVERY", 0.01)


def test_figures_come_from_another_thread() -> None:
    library = FakeNvml()
    watch = GpuWatch(lambda _: Card(library, library))
    until(lambda: watch.poll(UUID))
    library.utilization = 12
    until(lambda: (figures := watch.poll(UUID)) and figures.utilization == 12)
    watch.close()
    assert library.threads == {"gpu-watch"}


def test_a_driver_that_hangs_does_not_hold_the_app() -> None:
    release = threading.Event()

    def hang(_: str) -> None:
        release.wait(30)

    watch = GpuWatch(hang)
    assert [watch.poll(UUID) for _ in range(100)] == [None] * 100
    watch.close()
    release.set()


def test_it_reads_no_more_once_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    monkeypatch.setattr(gpu_watch, "_STALE", 0.1)
    watch = GpuWatch(lambda _: Card(library, library))
    until(lambda: watch.poll(UUID))

    def is_quiet() -> bool:
        before = len(library.calls)
        time.sleep(0.2)
        return len(library.calls) == before

    until(is_quiet)
    assert watch.poll(UUID) is None  # what was read has become old
    until(lambda: watch.poll(UUID))
    watch.close()


def test_it_reads_one_card_at_a_time_and_closes_the_former() -> None:
    libraries = {"one": FakeNvml(), "two": FakeNvml()}
    libraries["two"].utilization = 3

    def open_card(uuid: str) -> Card:
        libraries[uuid].nvmlInit()
        return Card(libraries[uuid], libraries[uuid])

    watch = GpuWatch(open_card)
    until(lambda: watch.poll("one"))
    until(lambda: (figures := watch.poll("two")) and figures.utilization == 3)
    until(lambda: not libraries["one"].is_open)
    assert watch.poll(None) is None
    until(lambda: not libraries["two"].is_open)


def test_it_asks_once_for_a_card_that_is_not_here() -> None:
    asked: list[str] = []
    watch = GpuWatch(asked.append)
    assert watch.poll(UUID) is None
    until(lambda: asked)
    assert [watch.poll(UUID) for _ in range(3)] == [None] * 3
    assert asked == [UUID]


def test_a_card_that_tells_nothing_is_shown_as_nothing() -> None:
    class Silent(Card):
        def read(self) -> GpuFigures:
            library.calls.append("read")
            return GpuFigures()

    library = FakeNvml()
    watch = GpuWatch(lambda _: Silent(library, library))
    watch.poll(UUID)
    until(lambda: library.calls)
    assert watch.poll(UUID) is None
    watch.close()
