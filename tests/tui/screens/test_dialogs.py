"""The form of a new run, leaving while a run trains, and the help."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import RunEnded
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.screens.new_run import NewRunDialog
from emnist_tui.tui.screens.quit import QuitDialog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import SCREENS, Terminal, control, live_run, terminal

FIELDS = ("name", "data", "model", "epochs", "batch_size", "learning_rate", "seed", "device", "threads", "validation")


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, TrainConfig]]:
    """What was asked to start; nothing really does."""
    asked: list[tuple[str | None, TrainConfig]] = []

    def start(root: Path, name: str | None, config: TrainConfig) -> RunSession:
        asked.append((name, config))
        return RunSession(write_run(tmp_path / "elsewhere", name or "baseline-001"))

    monkeypatch.setattr(RunSession, "start", start)
    return asked


async def form(shown: Terminal, field: str, text: str) -> None:
    """Opens the form, unless it is, and writes into a field."""
    if not isinstance(shown.app.screen, NewRunDialog):
        await shown.press("n")
        await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "the form is open")
        await shown.until(lambda: shown.app.focused, "a field has the focus")
    box = shown.app.screen.query_one(f"#{field}", Input)
    box.focus()
    box.value = text
    await shown.settle()


def hint(shown: Terminal, field: str) -> str:
    return str(shown.app.screen.query_one(f"#{field}-hint", Static).content)


def is_bad(shown: Terminal, field: str) -> bool:
    return shown.app.screen.query_one(f"#{field}-hint").has_class("-bad")


async def test_enter_at_once_starts_the_documented_recipe(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("n")
        await shown.shows("New run", "enter starts")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig())]
        await shown.shows("baseline-001")
        assert shown.app.current_mode == "train"


@pytest.mark.parametrize("field", ["name", "data", "validation"])
async def test_enter_starts_from_every_field(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], field: str
) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "seed", "7")
        shown.app.screen.query_one(f"#{field}").focus()
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(seed=7))]


async def test_every_value_of_the_form_is_taken(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    values = {
        "name": "mine",
        "data": "synthetic",
        "model": "baseline",
        "epochs": "12",
        "batch_size": "1,024",
        "learning_rate": "3e-4",
        "seed": "41",
        "device": "cpu",
        "threads": "2",
        "validation": "500",
    }
    async with terminal(tmp_path) as shown:
        for field, text in values.items():
            await form(shown, field, text)
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        expected = TrainConfig("synthetic", "baseline", 12, 1024, 3e-4, 41, "cpu", 2, 500)
        assert starts == [("mine", expected)]


BAD = {
    "name": ("../out", "letters, digits"),
    "data": (" ", "must not be empty"),
    "model": ("", "must be a model's name"),
    "epochs": ("0", "must be a whole number, 1 to 10,000"),
    "batch_size": ("many", "must be a whole number, 1 to 65,536"),
    "learning_rate": ("nan", "must be a number above 0, at most 100"),
    "seed": ("-1", "must be a whole number, 0 to 4,294,967,295"),
    "device": ("gpu", "must be auto, cpu or cuda"),
    "threads": ("1.5", "must be a whole number, 1 to 1,024"),
    "validation": ("9" * 5000, "must be a whole number, 0 to 1,000,000"),
}


async def test_a_bad_value_is_explained_beside_its_field_and_nothing_starts(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path) as shown:
        for field, (text, words) in BAD.items():
            await form(shown, field, text)
            assert words in hint(shown, field)
            assert [name for name in FIELDS if is_bad(shown, name)] == [field]
            shown.app.screen.query_one("#epochs" if field != "epochs" else "#seed").focus()
            await shown.press("enter")
            assert isinstance(shown.app.screen, NewRunDialog)
            assert shown.app.focused is shown.app.screen.query_one(f"#{field}")
            assert starts == []
            await shown.press("escape")
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the form is closed")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_an_explanation_is_shown_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, size=size) as shown:
        await form(shown, "name", "a/b")
        widget = shown.app.screen.query_one("#name-hint")
        await shown.until(
            lambda: "letter or digit" in shown.text or "or digit" in shown.text, "its end is on the screen"
        )
        assert widget.get_content_height(widget.size, widget.size, widget.size.width) <= widget.size.height


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_hints_are_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, size=size) as shown:
        await form(shown, "name", "")
        for field in FIELDS:
            widget = shown.app.screen.query_one(f"#{field}-hint")
            assert widget.get_content_height(widget.size, widget.size, widget.size.width) <= widget.size.height, field


async def test_a_mended_value_starts(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "epochs", "x")
        await shown.press("enter")
        assert starts == []
        await form(shown, "epochs", "2")
        assert not is_bad(shown, "epochs")
        assert hint(shown, "epochs") == "passes over the train images"
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(epochs=2))]


async def test_a_name_that_is_taken_is_explained(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    write_run(tmp_path, "mine")
    async with terminal(tmp_path) as shown:
        await form(shown, "name", "mine")
        assert hint(shown, "name") == "exists already"
        await shown.press("enter")
        assert starts == []


async def test_no_name_is_too_odd_for_the_form(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        for name in ("x" * 300, "a" * 5000, "\x00", "/", ".."):
            await form(shown, "name", name)
            assert "letters, digits" in hint(shown, "name")


async def test_escape_cancels(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "seed", "5")
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the form is closed")
        assert starts == []


async def test_arrows_and_tab_move_between_fields(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "epochs", "3")
        steps = {"down": "batch_size", "tab": "learning_rate", "up": "batch_size", "shift+tab": "epochs"}
        for key, field in steps.items():
            await shown.press(key)
            assert shown.app.focused
            assert shown.app.focused.id == field


async def test_keys_of_the_app_are_text_in_the_form(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "name", "")
        await shown.write("qnsx 1?")
        assert shown.app.screen.query_one("#name", Input).value == "qnsx 1?"
        assert shown.app.current_mode == "train"


async def test_a_new_run_beside_one_starts_from_its_values(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("n")
        await shown.shows("New run")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(data="synthetic"))]


async def test_a_start_that_fails_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> RunSession:
        raise EmnistTuiError("/ro [b]cannot[/b] be written; choose another folder.")

    monkeypatch.setattr(RunSession, "start", refuse)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await shown.press("space")
        await shown.shows("/ro [b]cannot[/b] be written; choose another folder.")
        assert shown.app.session is None


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_leaving_without_a_live_run_needs_no_answer(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(key)
        await shown.left()
        assert shown.app.return_code == 0


async def test_leaving_with_nothing_opened_needs_no_answer(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("q")
        await shown.left()


async def test_leaving_while_a_run_trains_asks(tmp_path: Path) -> None:
    with live_run(tmp_path, "run [b]x[/b] \x1b[7m"[:9] + "\x1b") as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q")
            await shown.shows("run [b]x[\\x1b is training", "Keep it running", "Stop and save", "Stay")
            assert "\x1b" not in shown.text


@pytest.mark.parametrize("keys", [["k"], ["enter"]])
async def test_keep_it_running_leaves_it_alone(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", *keys)
            await shown.left()
        assert control(folder) == {}


@pytest.mark.parametrize("keys", [["s"], ["right", "enter"]])
async def test_stop_and_save_waits_for_the_trainer(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", *keys)
            await shown.until(lambda: control(folder), "the trainer is asked")
            assert control(folder)["desired"] == "stop"
            await shown.shows("Saving a checkpoint")
            assert shown.app.is_running
            log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
            assert shown.app.session
            shown.app.session.follower.folder.lock.unlink()  # as if its holder had let go
            await shown.left()


@pytest.mark.parametrize("keys", [["escape"], ["q"], ["left", "enter"]])
async def test_stay_changes_nothing(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q")
            await shown.until(lambda: isinstance(shown.app.screen, QuitDialog), "it is asked")
            await shown.press(*keys)
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")
            assert shown.app.is_running
            assert control(folder) == {}


async def test_stop_that_cannot_be_asked_does_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emnist_tui.tui.session.run_session.ask_for", refuse)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", "s")
            await shown.until(lambda: shown.notices, "it is said")
            assert shown.notices == ["The run's folder cannot be written (No space left on device)."]


@pytest.mark.parametrize(("screen", "key"), zip(SCREENS, ["f1", "question_mark"] * 2, strict=True))
async def test_help_lists_every_binding_of_the_screen(tmp_path: Path, screen: str, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 60)) as shown:
        await shown.press(screen)
        nodes = [shown.app.screen, shown.app]
        if shown.app.focused:
            nodes.insert(0, shown.app.focused)
        declared = [
            binding
            for node in nodes
            for cls in type(node).__mro__
            if cls.__module__.startswith("emnist_tui")
            for binding in cls.__dict__.get("BINDINGS", [])
            if binding.action not in ("start", "resume", "unpause", "restart", "clear_filter", "unmark")
        ]
        await shown.press(key)
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is open")
        for binding in declared:
            lines = [line for line in shown.text.split("\n") if f" {binding.description} " in line]
            for name in binding.key.split(","):
                display = shown.app.get_key_display(replace(binding, key=name))
                assert any(f" {display} " in line for line in lines), f"{name}: {lines}"
        await shown.shows("Save a checkpoint now (unavailable: nothing is training)")
        explained = [line for line in shown.text.split("\n") if "Fill in a new training run" in line]
        moving = [line for line in shown.text.split("\n") if " up " in line or "Cursor up" in line]
        assert all(shown.text.index(explained[0]) < shown.text.index(line) for line in moving)
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the help is closed")


async def test_the_help_is_not_opened_twice(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark")
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is open")
        await shown.press("f1")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the help is closed")


@pytest.mark.parametrize("opening", ["question_mark", "n", "q"])
async def test_a_dialog_goes_once_however_often_its_key_is_pressed(tmp_path: Path, opening: str) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            below = shown.app.screen
            await shown.press(opening)
            assert shown.app.screen is not below
            await shown.press_at_once("escape", "escape", "escape")
            await shown.until(lambda: shown.app.screen is below, "the screen below is back")
            await shown.press("2")
            assert shown.app.current_mode == "confusion"


async def click_on(shown: Terminal, word: str) -> None:
    """A click into the first such word on the screen."""
    rows = shown.text.split("\n")
    y = next(row for row, line in enumerate(rows) if word in line)
    await shown.pilot.click(offset=(rows[y].index(word) + 1, y))


async def test_the_form_and_the_help_take_the_mouse(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await click_on(shown, "New")
        await shown.shows("New run")
        await shown.write("9")
        await click_on(shown, "ctrl+r recipe")
        await shown.until(lambda: shown.app.screen.query_one("#epochs", Input).value == "3", "the recipe is back")
        await click_on(shown, "esc cancels")
        await shown.hides("New run")
        await click_on(shown, "Help")
        await shown.shows("Keys")
        await click_on(shown, "esc closes")
        await shown.hides("Keys")
