"""Bursts of keys, as a slow link delivers them: each key reaches what it was meant for."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from tests.e2e.emulator import Emulator
from tests.e2e.program import PROGRAM
from tests.support.scripted_runs import write_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

FORM = "New run"


def hides(text: str) -> Callable[[str], bool]:
    return lambda screen: text not in screen


def shows(text: str, without: str) -> Callable[[str], bool]:
    return lambda screen: text in screen and without not in screen


def fields(**values: str) -> Callable[[str], bool]:
    """Return a test whether the form shows these values."""
    patterns = [rf"{name.replace('_', ' ')} {re.escape(value)} " for name, value in values.items()]
    return lambda screen: all(re.search(pattern, screen) for pattern in patterns)


def test_fields_of_the_form(variables: dict[str, str], rounds: int) -> None:
    """Typing replaces the value of a field that a tab has just reached."""
    with Emulator([*PROGRAM], variables) as terminal:
        terminal.shows("no run open")
        for number in range(rounds):
            epochs = str(number + 5)
            terminal.write(f"n{epochs}\t64\t0.5\t7")
            terminal.shows(fields(epochs=epochs, batch_size="64", learning_rate="0.5", seed="7"))
            terminal.write("\x1b")
            terminal.shows(hides(FORM))
        assert terminal.leave() == 0


@pytest.mark.parametrize("moment", ["\x1b[?1049h", "Quit"], ids=["before the first frame", "after it"])
def test_keys_typed_while_the_app_starts(variables: dict[str, str], root: Path, rounds: int, moment: str) -> None:
    write_run(root)
    for _ in range(rounds // 2):
        with Emulator([*PROGRAM, str(root / "scripted")], variables) as terminal:
            terminal.wait_for(moment)
            terminal.write("234n")
            terminal.shows(FORM)
            terminal.write("\x1b")
            terminal.shows(shows("Runs and checkpoints", without=FORM))


def test_pasted_text_and_keys_keep_their_order(variables: dict[str, str], rounds: int) -> None:
    with Emulator([*PROGRAM], variables) as terminal:
        terminal.shows("no run open")
        for _ in range(rounds):
            terminal.write("n\x1b[200~12\x1b[201~3\t\x1b[200~64\x1b[201~\t")
            terminal.shows(fields(epochs="123", batch_size="64"))
            terminal.write("\x1b")
            terminal.shows(hides(FORM))
        assert terminal.leave() == 0


def test_a_run_of_a_burst_has_the_typed_epochs_and_starts_once(variables: dict[str, str], root: Path) -> None:
    """Enter repeats, as a held key does."""
    with Emulator([*PROGRAM], variables) as terminal:
        terminal.shows("no run open")
        terminal.write("n7\r\r\r\r")
        terminal.shows("● training")
        (path,) = root.iterdir()
        run = RunFolder(path)
        assert run.read_config().epochs == 7
        ask_for(run.control, Desired.STOP)
        terminal.shows(lambda screen: re.search("● (stopped|finished)", screen))
        assert terminal.leave() == 0
        assert [*root.iterdir()] == [path]


def test_a_second_key_does_not_open_a_dialog_twice(variables: dict[str, str], root: Path, rounds: int) -> None:
    write_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables) as terminal:
        terminal.shows("finished")
        for _ in range(rounds):
            for keys, title in {"nn": FORM, "??": None, "\x10\x10": "Search for commands"}.items():
                terminal.write(keys)
                if title:
                    terminal.shows(title)
                    terminal.write("\x1b")
                    terminal.shows(hides(title))
        terminal.write("2")
        terminal.shows("predicted")
        assert terminal.leave() == 0


def test_keys_of_the_question_before_quitting(variables: dict[str, str], root: Path, rounds: int) -> None:
    """`s` would save, and `k` do nothing, on the screen below."""
    with Emulator([*PROGRAM], variables) as terminal:
        terminal.shows("no run open")
        terminal.write("n1000\r")
        terminal.shows("● training")
        run = RunFolder(root / "baseline-001")
        for keys in ("qq", "q\x1b[C\x1b[C\r", "qq2", "1qq", "\x11q") * max(1, rounds // 5):
            terminal.write(keys)
            terminal.shows(lambda screen: "Keep it running" not in screen and "● training" in screen)
        assert not list(run.path.glob("step-*.pt")), "nothing was saved"
        time.sleep(0.1)  # or this q repeats the last one as a held key does
        terminal.write("qk")
        assert terminal.process.wait(60) == 0
        assert run.is_training()
    with Emulator([*PROGRAM], variables) as terminal:
        terminal.shows("● training")
        terminal.write("\x11s")
        assert terminal.process.wait(60) == 0
        assert not run.is_training()


def test_commands_of_the_palette(variables: dict[str, str], root: Path, rounds: int) -> None:
    write_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables) as terminal:
        terminal.shows("finished")
        for number in range(rounds):
            command, title = [("confus", "predicted"), ("errors", "by loss")][number % 2]
            terminal.write(f"\x10{command}\r")
            terminal.shows(shows(title, without="Search"))
        assert terminal.leave() == 0


def test_a_filter_and_the_keys_after_it(variables: dict[str, str], root: Path, rounds: int) -> None:
    write_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables) as terminal:
        terminal.shows("finished")
        for number in range(rounds):
            digit = "46"[number % 2]
            terminal.write(f"3/{digit}>\ro1")
            terminal.shows("300/300")
            terminal.write("3")
            terminal.shows(f"true {digit} · by confidence")
            terminal.write("ooo\x1b")
        assert terminal.leave() == 0


def test_rows_of_the_list_that_a_switch_shows(variables: dict[str, str], root: Path, rounds: int) -> None:
    names = ["a-first", "b-second", "c-third", "d-fourth"]
    for name in names:
        write_run(root, name)
    with Emulator([*PROGRAM, str(root / names[0])], variables) as terminal:
        terminal.shows("finished")
        terminal.write("4")
        title = "Runs and checkpoints"
        listing = terminal.shows(lambda screen: all(name in screen.partition(title)[2] for name in names))
        order = sorted(names, key=listing.partition(title)[2].index)
        terminal.write("\r")
        terminal.shows("300/300")
        for _ in range(rounds):
            terminal.write("4\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B\r")
            terminal.shows(lambda screen: f"  {order[2]}  ·  baseline" in screen and "300/300" in screen)
            terminal.write("4\x1b[A\x1b[A\x1b[A\r")
            terminal.shows(lambda screen: f"  {order[0]}  ·  baseline" in screen and "300/300" in screen)
        assert terminal.leave() == 0


def test_the_cell_that_arrows_reach_after_a_switch(variables: dict[str, str], root: Path, rounds: int) -> None:
    write_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables) as terminal:
        terminal.shows("finished")
        terminal.write("2")
        terminal.shows("predicted")
        for number in range(rounds):
            terminal.write("12" + "\x1b[A\x1b[D" * 10 + "\x1b[C" * 2 + "\x1b[B" * (number % 2))
            terminal.shows(f"{number % 2}→2: ")
        assert terminal.leave() == 0
