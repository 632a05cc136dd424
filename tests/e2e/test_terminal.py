"""Runs and checkpoints in a real terminal, from start to prompt."""

import re
import shutil
from pathlib import Path

import pytest
import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.data.emnist import archive
from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.ascii_art import ascii_art
from tests.e2e.app import fill_epochs, start_run
from tests.e2e.program import PROGRAM, STEPS_PER_EPOCH, events, headless, last_step, only_run, wait_until, weights
from tests.e2e.terminal import Terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # for machines shared with other programs
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed"),
]


def counts(screen: str) -> list[list[int]]:
    """Read the confusion matrix off the screen.

    A row of the screen is a digit, ten counts and their total.
    """
    rows = re.findall(r"^│ +\d((?: +(?:\d+|·)){10}) +[\d,]+ +│", screen, re.MULTILINE)
    return [[0 if cell == "·" else int(cell) for cell in row.split()] for row in rows]


def test_a_run_is_trained_paused_saved_and_inspected(terminal: Terminal, root: Path, variables: dict[str, str]) -> None:
    """A paused run ends with the weights of an uninterrupted one."""
    start_run(terminal, 5)
    terminal.wait_for("● training")
    run = only_run(root)
    terminal.press("Space")
    terminal.wait_for("● paused")
    (paused,) = events(run, "paused")
    terminal.wait_for("space Resume")  # the footer follows shortly
    terminal.press("s")
    wait_until((run.path / f"step-{paused['step']:06d}.pt").exists)
    terminal.wait_for(lambda screen: re.search(rf"saved +step {paused['step']:,} ", screen))
    assert last_step(run) == paused["step"]
    terminal.press("Space")
    terminal.wait_for("● training")
    shown = terminal.wait_for(lambda screen: re.search("● (finished|starting)", screen), timeout=60)
    assert "● starting" not in shown  # the trainer has ended and is exiting
    terminal.wait_for(lambda screen: re.search(r"steps +3,125( of |/)3,125", screen))
    (ended,) = events(run, "run_ended")
    assert (ended["reason"], ended["step"]) == ("finished", 5 * STEPS_PER_EPOCH)
    terminal.wait_for(lambda screen: re.search(rf"test +{ended['test_accuracy'] * 100:.2f} %", screen))

    evaluation = Evaluation.load(run.path / "evaluation-epoch-005.npz")
    terminal.press("2")
    terminal.wait_for(f"{evaluation.accuracy * 100:.2f} %")
    terminal.wait_for(lambda screen: counts(screen) == evaluation.confusion.tolist())
    (worst,) = evaluation.most_confused(1)
    true, predicted = worst.true, worst.predicted
    terminal.wait_for(f"{true} predicted as {predicted}: {worst.count} · ")
    terminal.press("Enter")
    mistakes = evaluation.mistakes(true, predicted)
    caption = f"#{mistakes[0].index:,} {true}→{predicted}"
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
    """Closing tmux hangs up, like a lost SSH connection."""
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


def test_a_stopped_run_resumes_by_key(terminal: Terminal, root: Path) -> None:
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


def test_a_failed_start_is_reported_on_the_screen(terminal: Terminal, root: Path, tmp_path: Path) -> None:
    """The form checks that the four files are there, the trainer what they hold."""
    data = tmp_path / "d"
    data.mkdir()
    for name in archive.KINDS:
        (data / name).write_bytes(b"damaged")
    fill_epochs(terminal, 1)

    def field() -> str:
        rows = terminal.screen(colored=True).split("\n")
        return next(row for row in rows if "data" in row and "EMNIST digits" in row)

    without_focus = field()
    terminal.press("Up", "Up")
    wait_until(lambda: field() != without_focus)
    terminal.type(str(data))
    terminal.press("Enter")
    shown = terminal.wait_for(lambda screen: "● failed" in screen and "is cut short" in " ".join(screen.split()))
    assert "Traceback" not in shown
    terminal.press("n")  # the next attempt is one key away
    terminal.wait_for("New run")
    terminal.press("Escape")
    terminal.wait_for(lambda screen: "New run" not in screen)
    terminal.press("q")
    terminal.check_restored()


def test_an_invalid_value_is_reported_beside_its_field(terminal: Terminal, root: Path) -> None:
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


def test_a_missing_path_is_reported_at_the_prompt(terminal: Terminal) -> None:
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
    terminal.wait_for_all(accuracy, "● finished", "mine.pt  ·  baseline", "EMNIST digits (unverified copy)")
    terminal.wait_for(lambda screen: counts(screen) == evaluation.confusion.tolist())

    terminal.press("4")
    terminal.wait_for(lambda screen: re.search(r"mine\.pt +checkpoint +– ", screen))
    terminal.wait_for(lambda screen: re.search(r"first +finished", screen))
    terminal.press("Enter")
    terminal.wait_for(lambda screen: "  first  ·  baseline" in screen and "Epochs" in screen)
    terminal.press("4")
    terminal.wait_for("Runs and checkpoints")
    terminal.press("Down", "Enter")
    terminal.wait_for(lambda screen: "  mine.pt  ·  baseline" in screen and accuracy in screen)
    terminal.press("q")
    terminal.check_restored()
