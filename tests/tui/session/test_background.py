"""Results of threads: the newest question is answered, older ones are told to stop."""

import time
from collections.abc import Callable
from threading import Event

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.tui.session.background import Background, Following

PATIENCE = 20.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_result_arrives_and_stays() -> None:
    background: Background[int] = Background()
    asked = []

    def compute(is_stopped: Callable[[], bool]) -> int:
        asked.append(is_stopped())
        return 7

    until(lambda: background.ask("a", compute) == 7)
    assert background.ask("a", compute) == 7
    assert asked == [False]
    assert background.ask("a", compute) == 7
    assert background.seconds == 0


def test_another_question_stops_the_first_and_is_answered() -> None:
    background: Background[str] = Background()
    stopped = Event()

    def first(is_stopped: Callable[[], bool]) -> str:
        until(is_stopped)
        stopped.set()
        return "stale"

    assert background.ask("a", first) is None
    until(lambda: background.ask("b", lambda _: "fresh") == "fresh")
    assert stopped.is_set()


def test_close_stops_the_thread() -> None:
    background: Background[None] = Background()
    stopped = Event()

    def compute(is_stopped: Callable[[], bool]) -> None:
        until(is_stopped)
        stopped.set()

    background.ask("a", compute)
    background.close()
    assert stopped.wait(PATIENCE)


def test_the_wait_is_counted_from_the_newest_question() -> None:
    now = [0.0]
    background: Background[None] = Background(lambda: now[0])
    gate = Event()

    def wait(_: object) -> None:
        gate.wait(PATIENCE)

    background.ask("a", wait)
    now[0] = 3.0
    assert background.seconds == 3.0
    background.ask("b", lambda _: None)
    assert background.seconds == 0.0
    gate.set()
    background.close()


def test_a_failure_is_a_sentence() -> None:
    background: Background[None] = Background()

    def refuse(_: object) -> None:
        raise EmnistTuiError("The file is damaged; save it again.")

    until(lambda: background.ask("a", refuse) or background.problem)
    assert background.problem == "The file is damaged; save it again."
    until(lambda: background.ask("b", lambda _: [][0]) or background.problem)
    assert "IndexError" in background.problem


def test_a_question_about_what_changes_is_asked_again_after_a_pause() -> None:
    now = [0.0]
    following: Following[list[int], int] = Following(4.0, lambda: now[0])
    asked: list[list[int]] = []

    def add(of: list[int], is_stopped: Callable[[], bool]) -> int:
        assert not is_stopped()
        asked.append(of)
        return sum(of)

    first, second = [1], [2]
    until(lambda: following.ask("sum", first, add) == 1)
    now[0] = 3.0
    assert following.ask("sum", second, add) == 1
    assert len(asked) == 1
    now[0] = 4.0
    assert following.ask("sum", second, add) in (1, 2)
    until(lambda: following.ask("sum", second, add) == 2)
    now[0] = 5.0
    assert following.ask("sum", second, add) == 2
    assert asked == [first, second]


def test_another_question_has_no_old_answer() -> None:
    following: Following[object, str] = Following(4.0)
    of = object()
    until(lambda: following.ask("a", of, lambda *_: "old") == "old")
    gate = Event()
    assert following.ask("b", of, lambda *_: "new" if gate.wait(PATIENCE) else None) is None
    gate.set()
    until(lambda: following.ask("b", of, lambda *_: "new") == "new")
    following.close()
