"""The real program in a real terminal, from the first key to the shell's prompt."""

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.ascii_art import ascii_art
from tests.e2e.program import PROGRAM, STEPS_PER_EPOCH, events, headless, last_step, only_run, wait_until, weights
from tests.e2e.terminal import Terminal
from tests.support.scripted_runs import evaluation, neighbors, write_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # where other programs share the machine
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed"),
]

SIZES = [(80, 24), (120, 40), (200, 60), (60, 20)]
SCREENS = {"1": "Loss", "2": "Confusion", "3": "by loss", "4": "Runs and checkpoints"}
FOOTER_LABELS = ("New", "Start", "Pause", "Resume", "Save", "Stop", "Test", "Help", "Quit", "Filter", "Sort", "Mode")


@pytest.fixture
def terminal(variables: dict[str, str]) -> Iterator[Terminal]:
    with Terminal(variables) as opened:
        yield opened


def fill_epochs(terminal: Terminal, epochs: int) -> None:
    """Starts the app, opens the form of a new run and fills in the epochs, the field that it opens with."""
    terminal.run(*PROGRAM)
    terminal.wait_for("no run open")
    terminal.press("n")
    terminal.wait_for("New run")

    def is_emptied() -> bool:
        """Asks until it is done: the form is drawn a moment before its field has the focus."""
        terminal.press("C-u")
        with contextlib.suppress(AssertionError):
            terminal.wait_for("must be a whole number", timeout=2)
            return True
        return False

    wait_until(is_emptied)
    terminal.type(str(epochs))
    terminal.wait_for(lambda screen: re.search(rf"epochs {epochs} +passes", screen))


def start_run(terminal: Terminal, epochs: int) -> None:
    """Opens the app and starts a run by its form."""
    fill_epochs(terminal, epochs)
    terminal.press("Enter")
    terminal.wait_for(lambda screen: "New run" not in screen)


def counts(screen: str) -> list[list[int]]:
    """The confusion matrix that is seen: its rows are a digit, ten counts and their total."""
    rows = re.findall(r"^│ +\d((?: +(?:\d+|·)){10}) +[\d,]+ +│", screen, re.MULTILINE)
    return [[0 if word == "·" else int(word) for word in row.split()] for row in rows]


def check_every_screen(terminal: Terminal) -> None:
    """Each screen has header and footer in their places, and no label of the footer is cut."""
    for key, title in SCREENS.items():
        terminal.press(key)

        def is_whole(screen: str, title: str = title) -> bool:
            rows = screen.rstrip("\n").split("\n")
            if len(rows) < 3:
                return False
            is_header = re.match(r"  1 Train  2 Confusion  3 Errors  4 Runs  .*● (training|finished)$", rows[0])
            is_named = rows[1].strip().startswith(("scripted", "baseline-001"))
            is_footer = "n New" in rows[-1] and rows[-1].split()[-1] in FOOTER_LABELS
            return bool(is_header) and is_named and is_footer and title in screen

        assert "Traceback" not in terminal.wait_for(is_whole)


def test_train_pause_save_go_on_and_look_at_the_mistakes(
    terminal: Terminal, root: Path, variables: dict[str, str]
) -> None:
    """The main job; and a run that was paused on the way ends with the very weights of one that was not."""
    start_run(terminal, 5)
    terminal.wait_for("● training")
    run = only_run(root)
    terminal.press("Space")
    terminal.wait_for("● paused")
    (paused,) = events(run, "paused")
    terminal.wait_for("space Resume")  # the footer follows in a moment
    terminal.press("s")
    wait_until((run.path / f"step-{paused['step']:06d}.pt").exists)
    terminal.wait_for(lambda screen: re.search(rf"saved +step {paused['step']:,} ", screen))
    assert last_step(run) == paused["step"]
    terminal.press("Space")
    terminal.wait_for("● training")
    shown = terminal.wait_for(lambda screen: re.search("● (finished|starting)", screen), timeout=60)
    assert "● starting" not in shown  # a trainer that has ended and is on its way out
    terminal.wait_for(lambda screen: re.search(r"steps +3,125( of |/)3,125", screen))
    (ended,) = events(run, "run_ended")
    assert (ended["reason"], ended["step"]) == ("finished", 5 * STEPS_PER_EPOCH)
    terminal.wait_for(lambda screen: re.search(rf"test +{ended['test_accuracy'] * 100:.1f} %", screen))

    evaluation = Evaluation.load(run.path / "evaluation-epoch-005.npz")
    terminal.press("2")
    terminal.wait_for(f"{evaluation.accuracy * 100:.2f} %")
    terminal.wait_for(lambda screen: counts(screen) == evaluation.confusion.tolist())
    (worst,) = evaluation.most_confused(1)
    true, predicted = worst.true, worst.predicted
    terminal.wait_for(f"{true} taken for {predicted}: {worst.count} · ")
    terminal.press("Enter")
    mistakes = evaluation.mistakes(true, predicted)
    caption = f"#{mistakes[0].index:,}  {true}→{predicted}  {mistakes[0].confidence * 100:.1f} %"
    drawn = [line.strip() for line in ascii_art(mistakes[0].image) if line.strip()]
    named = (f"true {true}, predicted {predicted}", f"true {true}   predicted {predicted}")
    shown = terminal.wait_for_all(f"1 of {len(mistakes)}", *named, caption, *drawn)
    assert "▀" not in shown
    terminal.press("g")
    terminal.wait_for(lambda screen: "▀" in screen and not all(line in screen for line in drawn))
    terminal.press("q")
    terminal.check_restored()

    headless(variables, "train", "--epochs", "5", "--name", "headless")
    other = RunFolder(root / "headless")
    first, second = weights(run.last_checkpoint), weights(other.last_checkpoint)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert first.keys() == second.keys()
    keys = ("step", "test_accuracy", "test_loss", "train_accuracy", "train_loss")
    (straight,) = events(other, "run_ended")
    assert {key: ended[key] for key in keys} == {key: straight[key] for key in keys}


def test_quit_leaves_a_run_training_and_the_next_start_controls_it(terminal: Terminal, root: Path) -> None:
    start_run(terminal, 1000)
    terminal.wait_for("● training")
    run = only_run(root)
    terminal.press("q")
    terminal.wait_for("Keep it running")
    terminal.press("Escape")
    terminal.wait_for(lambda screen: "Keep it running" not in screen and "● training" in screen)
    terminal.press("q")
    terminal.wait_for("Keep it running")
    terminal.press("k")
    terminal.check_restored()
    step = last_step(run)
    wait_until(lambda: last_step(run) > step + 100)
    assert run.is_training()

    terminal.run(*PROGRAM)
    terminal.wait_for(lambda screen: "● training" in screen and run.name in screen)
    terminal.press("Space")
    terminal.wait_for("● paused")
    assert events(run, "paused")
    terminal.press("Space")
    terminal.wait_for("● training")
    terminal.press("q")
    terminal.wait_for("Keep it running")
    terminal.press("s")
    terminal.check_restored()
    assert not run.is_training()
    (ended,) = events(run, "run_ended")
    assert ended["reason"] == "stopped"
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


def test_closing_the_terminal_leaves_the_run_training(variables: dict[str, str], root: Path) -> None:
    """As when the SSH link is lost."""
    with Terminal(variables) as terminal:
        start_run(terminal, 1000)
        terminal.wait_for("● training")
    run = only_run(root)
    step = last_step(run)
    wait_until(lambda: last_step(run) > step + 100)
    with Terminal(variables) as terminal:
        terminal.run(*PROGRAM)
        terminal.wait_for("● training")
        terminal.press("x")
        terminal.wait_for("● stopped")
        terminal.press("q")
        terminal.check_restored()
    assert events(run, "run_ended")[-1]["reason"] == "stopped"


def test_a_stopped_run_goes_on(terminal: Terminal, root: Path) -> None:
    start_run(terminal, 1000)
    terminal.wait_for("● training")
    run = only_run(root)
    terminal.press("x")
    terminal.wait_for("● stopped")
    terminal.wait_for("space Resume")
    (ended,) = events(run, "run_ended")
    terminal.press("Space")
    terminal.wait_for("● training")
    assert [started.get("resumed_at_step") for started in events(run, "run_started")] == [None, ended["step"]]
    terminal.press("x")
    terminal.wait_for("● stopped")
    terminal.press("q")
    terminal.check_restored()


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_screen_fits(variables: dict[str, str], root: Path, columns: int, rows: int) -> None:
    write_run(root)
    with Terminal(variables, columns, rows) as terminal:
        terminal.run(*PROGRAM, str(root / "scripted"))
        terminal.wait_for("● finished")
        check_every_screen(terminal)
        terminal.press("?")
        terminal.wait_for("esc closes")
        terminal.press("Escape")
        terminal.wait_for(lambda screen: "esc closes" not in screen)
        terminal.press("q")
        terminal.check_restored()


def settled(terminal: Terminal) -> str:
    """The screen in colors, once it has been the same for a while."""
    shown, since = terminal.screen(colored=True), time.monotonic()
    while time.monotonic() < since + 0.4:
        time.sleep(0.05)
        if (now := terminal.screen(colored=True)) != shown:
            shown, since = now, time.monotonic()
    return shown


def changed(terminal: Terminal, change: Callable[[], None]) -> str:
    """The screen in colors once a change has begun and come to rest; not every key makes one."""
    before, end = terminal.screen(colored=True), time.monotonic() + 3
    change()
    while terminal.screen(colored=True) == before and time.monotonic() < end:
        time.sleep(0.05)
    return settled(terminal)


def test_a_redraw_finds_nothing_to_mend(variables: dict[str, str], root: Path) -> None:
    """Only changes are sent: after any of them the screen is as if it were painted anew."""
    run = write_run(root)
    for epoch in (2, 3):  # those that are looked at, so that no search moves on
        neighbors(evaluation(seed=epoch)).save(neighbors_path(run.path / f"evaluation-epoch-00{epoch}.npz"))
    with Terminal(variables, 100, 30) as terminal:
        terminal.run(*PROGRAM, str(root / "scripted"))
        terminal.wait_for("300/300")
        for key in ("2", "Right", "m", "[", "3", "g", "Right", "Down", "o", "?", "Down", "Escape", "4", "x", "1"):
            shown = changed(terminal, partial(terminal.press, key))
            terminal.press("C-l")
            assert settled(terminal) == shown, key
        for columns, rows in ((120, 40), (40, 10), (80, 24)):
            shown = changed(terminal, partial(terminal.resize, columns, rows))
            terminal.press("C-l")
            assert settled(terminal) == shown
        terminal.press("C-p")  # its cursor blinks
        terminal.type("confus")  # by its name: the palette does not search what is said of a command
        terminal.wait_for("Confusion matrix")
        terminal.press("Enter")
        terminal.wait_for(lambda screen: SCREENS["2"] in screen and "matrix" not in screen)


def test_resizing_while_training(terminal: Terminal, root: Path) -> None:
    start_run(terminal, 1000)
    terminal.wait_for("● training")
    run = only_run(root)
    wait_until(lambda: events(run, "evaluated"))
    for columns, rows in [*SIZES, (30, 8), (1, 1), (120, 40)]:
        terminal.resize(columns, rows)
        if columns >= 60:
            check_every_screen(terminal)
    assert last_step(run) > 0
    terminal.press("x")
    terminal.wait_for("● stopped")
    terminal.press("q")
    terminal.check_restored()


def test_a_failed_start_is_said_on_the_screen(terminal: Terminal, root: Path) -> None:
    fill_epochs(terminal, 1)

    def field() -> str:
        return next(row for row in terminal.screen(colored=True).split("\n") if "auto, emnist" in row)

    without_focus = field()
    terminal.press("Up", "Up")
    wait_until(lambda: field() != without_focus)
    terminal.type("/nowhere/gzip.zip")
    terminal.wait_for("data /nowhere/gzip.zip")
    terminal.press("Enter")
    shown = terminal.wait_for_all(
        "● failed", "There is no file or folder /nowhere/gzip.zip: give the official gzip.zip"
    )
    assert "Traceback" not in shown
    terminal.press("n")  # the next try is a key away
    terminal.wait_for("New run")
    terminal.press("Escape")
    terminal.wait_for(lambda screen: "New run" not in screen)
    terminal.press("q")
    terminal.check_restored()


def test_a_form_filled_in_wrongly_says_so_beside_the_field(terminal: Terminal, root: Path) -> None:
    fill_epochs(terminal, 1)
    terminal.type("st")
    terminal.wait_for("must be a whole number")
    terminal.press("Enter")
    assert "New run" in terminal.screen()
    terminal.press("Escape")
    terminal.wait_for(lambda screen: "New run" not in screen)
    terminal.press("q")
    terminal.check_restored()
    assert list(root.iterdir()) == []


def test_a_path_that_is_not_there_is_said_at_the_prompt(terminal: Terminal) -> None:
    terminal.run(*PROGRAM, "nothing.pt")
    terminal.wait_for("emnist-tui: There is no checkpoint or run nothing.pt;")
    terminal.check_restored(2)


def test_a_bare_checkpoint_is_evaluated_and_listed(terminal: Terminal, root: Path, variables: dict[str, str]) -> None:
    headless(variables, "train", "--epochs", "1", "--name", "first")
    evaluation = Evaluation.load(root / "first/evaluation-epoch-001.npz")
    bare = root / "mine.pt"
    torch.save(weights(root / "first/last.pt"), bare)
    accuracy = f"{evaluation.accuracy * 100:.2f} %"

    terminal.run(*PROGRAM, str(bare))
    terminal.wait_for_all(accuracy, "● finished", "mine.pt  ·  baseline  ·  EMNIST digits (unverified copy)")
    terminal.wait_for(lambda screen: counts(screen) == evaluation.confusion.tolist())

    terminal.press("4")
    terminal.wait_for(lambda screen: re.search(r"mine\.pt +checkpoint +– .* baseline ", screen))
    terminal.wait_for(lambda screen: re.search(r"first +finished", screen))
    terminal.press("Enter")
    terminal.wait_for(lambda screen: "  first  ·  baseline" in screen and "Epochs" in screen)
    terminal.press("4")
    terminal.wait_for("Runs and checkpoints")
    terminal.press("Down", "Enter")
    terminal.wait_for(lambda screen: "  mine.pt  ·  baseline" in screen and accuracy in screen)
    terminal.press("q")
    terminal.check_restored()
