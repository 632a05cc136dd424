"""Queue of messages: order, durations, and answers to keys."""

from collections.abc import Callable

from emnist_tui.tui.messages import Message, MessageQueue


class Scene:
    """A queue whose clock the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.queue = MessageQueue(lambda: self.now)

    @property
    def shown(self) -> str:
        return message.text if (message := self.queue.current()) else ""

    def say(self, text: str, severity: str = "information", timeout: float = 5.0) -> str:
        self.queue.add(Message(text, severity, timeout))
        return self.shown

    def say_while(self, text: str, is_true: Callable[[], bool]) -> str:
        self.queue.add(Message(text, is_true=is_true))
        return self.shown

    def press(self, text: str) -> str:
        """Press a key that the app answers by a text."""
        self.now += 0.1
        self.queue.note_key()
        self.now += 0.1
        return self.say(text)

    def wait(self, seconds: float) -> str:
        self.now += seconds
        return self.shown


def test_a_message_is_shown_until_its_timeout() -> None:
    scene = Scene()
    assert not scene.shown
    assert scene.say("a", timeout=8.0) == "a"
    assert scene.wait(7.9) == "a"
    assert not scene.wait(0.2)


def test_messages_at_once_are_shown_one_after_another() -> None:
    scene = Scene()
    scene.say("a", timeout=10.0)
    scene.say("b")
    assert scene.say("c") == "a"
    assert [scene.wait(2.9), scene.wait(0.2)] == ["a", "b"]
    assert [scene.wait(2.9), scene.wait(0.2)] == ["b", "c"]
    assert [scene.wait(4.9), scene.wait(0.2)] == ["c", ""]


def test_an_error_is_shown_longer_while_others_wait() -> None:
    scene = Scene()
    scene.say("a", "error", timeout=10.0)
    scene.say("b")
    assert [scene.wait(4.9), scene.wait(0.2)] == ["a", "b"]


def test_the_same_text_twice_is_one_message_that_stays_longer() -> None:
    scene = Scene()
    scene.say("a")
    scene.say("b")
    scene.say("b")
    scene.wait(2.0)
    scene.say("a")
    assert [scene.wait(2.9), scene.wait(0.2)] == ["a", "b"]
    assert not scene.wait(5.1)


def test_the_answer_to_a_key_replaces_the_answer_before() -> None:
    scene = Scene()
    assert [scene.press(text) for text in "abc"] == ["a", "b", "c"]
    assert not scene.wait(5.1)


def test_two_answers_to_one_key_are_both_shown() -> None:
    scene = Scene()
    scene.press("a")
    assert scene.say("b") == "a"
    assert scene.wait(3.1) == "b"


def test_an_answer_precedes_a_message_that_then_comes_again() -> None:
    scene = Scene()
    scene.say("the download failed", "error")
    assert scene.press("a") == "a"
    assert scene.wait(3.1) == "the download failed"


def test_a_message_long_after_a_key_waits_for_its_turn() -> None:
    scene = Scene()
    scene.say("a", timeout=10.0)
    scene.now += 1.0
    scene.queue.note_key()
    scene.now += 1.5
    assert scene.say("b") == "a"
    assert scene.wait(0.6) == "b"


def test_a_skipped_message_is_followed_by_the_next() -> None:
    scene = Scene()
    scene.say("a")
    scene.say("b")
    scene.queue.skip()
    assert scene.shown == "b"
    scene.queue.skip()
    assert not scene.shown


def test_a_sentence_goes_once_it_is_no_longer_true() -> None:
    scene, facts = Scene(), {"rate": 0.02}
    assert scene.say_while("rate 0.02", lambda: facts["rate"] == 0.02) == "rate 0.02"
    scene.say("next")
    assert scene.wait(1) == "rate 0.02"
    facts["rate"] = 0.015
    assert scene.shown == "next"
