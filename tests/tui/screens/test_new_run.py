"""The form for a new run."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Input

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import FILES
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from emnist_tui.tui.screens.choice_menu import ChoiceMenu
from emnist_tui.tui.screens.new_run import NewRunDialog
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.widgets.choice_list import ChoiceList
from emnist_tui.tui.widgets.new_run.choice_box import ChoiceBox
from emnist_tui.tui.widgets.new_run.field_row import RowField
from tests.support.own_networks import write_network
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import Terminal, terminal

FIELDS = NewRunDialog.FIELDS


async def focus(shown: Terminal, field: str) -> Input:
    """Give a field of the form the focus; the form is opened if necessary."""
    if not isinstance(shown.app.screen, NewRunDialog):
        await shown.press("n")
        await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "the form is open")
        await shown.until(lambda: shown.app.focused, "a field has the focus")
    box = shown.app.screen.query_one(f"#{field}", Input)
    box.focus()
    await shown.settle()
    return box


async def form(shown: Terminal, field: str, text: str) -> None:
    """Fill in a field of the form, which is opened if necessary."""
    (await focus(shown, field)).value = text
    await shown.settle()


def row_field(shown: Terminal, field: str) -> RowField:
    assert isinstance(shown.app.screen, NewRunDialog)
    return shown.app.screen.rows[field].fields[field]


def hint(shown: Terminal, field: str) -> str:
    return row_field(shown, field).words


async def shows_words(shown: Terminal, field: str) -> None:
    """Wait until everything that belongs to a field is painted."""
    row = shown.app.screen.rows[field]  # type: ignore[attr-defined]
    drawn = row.render().plain.split("\n")
    assert "".join(hint(shown, field).split()) in "".join("".join(drawn).split())
    for part in (part for line in drawn for part in line.split("  ") if part.strip("▾ ")):
        await shown.shows(part.strip("▾ "))


def is_bad(shown: Terminal, field: str) -> bool:
    return row_field(shown, field).look == "-bad"


def value(shown: Terminal, field: str) -> str:
    return shown.app.screen.query_one(f"#{field}", Input).value


def differing(shown: Terminal) -> set[str]:
    """Return the fields whose labels are marked."""
    return {field for field in FIELDS if row_field(shown, field).differs}


async def test_enter_in_an_untouched_form_starts_the_documented_recipe(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("n")
        await shown.shows("New run", "enter start")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig())]
        await shown.shows("baseline-001")
        assert shown.app.current_mode == "train"


@pytest.mark.parametrize("field", ["name", "model", "device", "schedule", "threads"])
async def test_enter_starts_from_every_field(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], field: str
) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "seed", "7")
        shown.app.screen.query_one(f"#{field}").focus()
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(seed=7))]


async def test_every_value_of_the_form_is_used(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    values = {
        "name": "mine",
        "data": "synthetic",
        "model": "baseline",
        "epochs": "12",
        "batch_size": "1,024",
        "learning_rate": "3e-4",
        "seed": "41",
        "device": "cpu",
        "optimizer": "sgd",
        "schedule": "cosine",
        "warmup": "0.1",
        "weight_decay": "1e-4",
        "label_smoothing": "0.05",
        "augmentation": "0.5",
        "ema": "0.99",
        "clip_norm": "1",
        "validation": "500",
        "patience": "4",
        "threads": "2",
    }
    assert values.keys() == {*FIELDS} - {"seeds"}
    async with terminal(tmp_path) as shown:
        for field, text in values.items():
            await form(shown, field, text)
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        expected = TrainConfig(
            data="synthetic",
            epochs=12,
            batch_size=1024,
            learning_rate=3e-4,
            seed=41,
            device="cpu",
            optimizer="sgd",
            schedule="cosine",
            warmup=0.1,
            weight_decay=1e-4,
            label_smoothing=0.05,
            augmentation=0.5,
            ema=0.99,
            clip_norm=1.0,
            validation=500,
            patience=4,
            threads=2,
        )
        assert starts == [("mine", expected)]


BAD = {
    "name": ("../out", "letters, digits"),
    "data": (" ", "must not be empty"),
    "model": ("large", "choose one of: baseline, compact, accurate, or name your own"),
    "epochs": ("0", "must be a whole number, 1 to 10,000"),
    "batch_size": ("many", "must be a whole number, 1 to 65,536"),
    "learning_rate": ("nan", "must be a number from 1e-9 to 100"),
    "seed": ("-1", "must be a whole number, 0 to 4,294,967,295"),
    "device": ("gpu", "must be auto, cpu, cuda, cuda:N or mps"),
    "threads": ("1.5", "must be a whole number, 1 to 1,024"),
    "validation": ("9" * 5000, "must be a whole number, 0 to 1,000,000"),
    "optimizer": ("adagrad", "must be adam, adamw or sgd"),
    "schedule": ("", "must be constant, cosine or one-cycle"),
    "warmup": ("1", "must be a number from 0 to 0.9"),
    "weight_decay": ("-1", "must be a number from 0 to 10"),
    "label_smoothing": ("x", "must be a number from 0 to 0.9"),
    "augmentation": ("2", "must be a number from 0 to 1"),
    "ema": ("1", "must be a number from 0 to 0.99999"),
    "clip_norm": ("inf", "must be 0 or a number from 1e-6 to 10,000"),
    "patience": ("3", "needs validation images"),
    "seeds": ("0", "must be a whole number, 1 to 1,000"),
}


async def test_a_bad_value_is_explained_beside_its_field_and_nothing_starts(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "name", "")
        for field, (text, words) in BAD.items():
            valid = shown.app.screen.query_one(f"#{field}", Input).value
            await form(shown, field, text)
            assert words in hint(shown, field)
            assert [name for name in FIELDS if is_bad(shown, name)] == [field]
            shown.app.screen.query_one("#epochs" if field != "epochs" else "#seed").focus()
            await shown.press("enter")
            assert isinstance(shown.app.screen, NewRunDialog)
            assert shown.app.focused is shown.app.screen.query_one(f"#{field}")
            assert starts == []
            await form(shown, field, valid)


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24)])])
async def test_no_hint_or_problem_is_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    """Every word that belongs to a field is painted once the field has the focus."""
    async with terminal(tmp_path, size=size) as shown:
        for field in FIELDS:
            valid = (await focus(shown, field)).value
            for text in (valid, BAD[field][0], valid):
                await form(shown, field, text)
                await shows_words(shown, field)


PASTED = {
    "quoted": "'{path}'",
    "double-quoted": '"{path}"',
    "with blanks": "  {path} ",
    "escaped": "{escaped}",
    "a URL": "{url}",
    "a quoted URL": "'{url}'",
    "plain": "{path}",
}


@pytest.mark.parametrize("form_of_path", PASTED.values(), ids=PASTED.keys())
async def test_a_pasted_path_is_understood(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], form_of_path: str
) -> None:
    path = tmp_path / "my digits"
    path.mkdir()
    for name in FILES:
        (path / name).touch()
    pasted = form_of_path.format(path=path, escaped=str(path).replace(" ", "\\ "), url=path.as_uri())
    async with terminal(tmp_path) as shown:
        await form(shown, "data", pasted)
        assert not is_bad(shown, "data")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(data=str(path)))]


async def test_a_home_folder_is_expanded(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "gzip.zip").write_bytes(b"PK\5\6" + bytes(18))
    async with terminal(tmp_path) as shown:
        await form(shown, "data", "~/gzip.zip")
        assert "This archive has none of the EMNIST digits files" in hint(shown, "data")
        with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as archive:
            for name in FILES:
                archive.writestr(f"gzip/{name}.gz", b"")
        await form(shown, "data", "'~/gzip.zip'")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(data=str(tmp_path / "gzip.zip")))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sinthetic", "there is no such file or folder"),
        ("~no-user-of-this-name/x", "There is no home folder ~no-user-of-this-name"),
        ("file://elsewhere/x", "on another machine"),
        ("-", "standard input"),
        ("/dev/null", "neither a folder nor a zip archive"),
        ("emnist", "the EMNIST digits are not installed"),
    ],
)
async def test_data_that_cannot_be_used_is_explained_beside_the_field(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], text: str, problem: str
) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "data", text)
        assert is_bad(shown, "data")
        assert problem in hint(shown, "data")
        await shown.press("enter")
        assert starts == []
        assert shown.app.focused is shown.app.screen.query_one("#data")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_a_problem_of_the_data_is_not_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "train\x1b[31m.csv").touch()
    async with terminal(tmp_path, size=size) as shown:
        await form(shown, "data", str(tmp_path / "folder"))
        await shows_words(shown, "data")
        assert "CSV form" in hint(shown, "data")
        assert "\x1b" not in hint(shown, "data")


async def test_a_corrected_value_starts(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "epochs", "x")
        await shown.press("enter")
        assert starts == []
        await form(shown, "epochs", "2")
        assert not is_bad(shown, "epochs")
        assert hint(shown, "epochs") == "passes over the images"
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(epochs=2))]


async def test_an_existing_name_is_explained(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    write_run(tmp_path, "mine")
    async with terminal(tmp_path) as shown:
        await form(shown, "name", "mine")
        assert hint(shown, "name") == "already exists; choose another"
        await shown.press("enter")
        assert starts == []


async def test_impossible_names_are_explained(tmp_path: Path) -> None:
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


async def test_app_keys_are_text_in_the_form(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "name", "")
        await shown.write("qnsx 1?")
        assert shown.app.screen.query_one("#name", Input).value == "qnsx 1?"
        assert shown.app.current_mode == "train"


async def test_the_form_starts_from_the_values_of_the_open_run(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("n")
        await shown.shows("New run")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(data="synthetic"))]


async def test_a_failed_start_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> RunSession:
        raise EmnistTuiError("/ro [b]cannot[/b] be written; choose another folder.")

    monkeypatch.setattr(RunSession, "start", refuse)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await shown.press("n", "enter")
        await shown.shows("/ro [b]cannot[/b] be written; choose another folder.")
        assert shown.app.session is None


async def test_the_form_takes_the_mouse(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.click_on("New")
        await shown.shows("New run")
        await shown.write("9")
        await shown.click_on("ctrl+r recipe")
        await shown.until(lambda: shown.app.screen.query_one("#epochs", Input).value == "3", "the recipe is back")
        await shown.click_on("esc cancel")
        await shown.hides("New run")


def size_words(model: str) -> str:
    return f"{MODELS[model].parameters:,} parameters"


async def test_another_model_brings_its_recipe_except_for_edited_fields(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "learning_rate", "0.005")
        await form(shown, "seed", "7")
        await form(shown, "validation", "500")
        await form(shown, "model", "compact")
        assert size_words("compact") in hint(shown, "model")
        await shown.says(MODELS["compact"].summary)
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        expected = TrainConfig.of(model="compact", learning_rate=0.005, seed=7, validation=500)
        assert starts == [(None, expected)]


async def test_the_values_of_the_last_run_give_way_to_another_models_recipe(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('form = { epochs = 9, model = "compact", augmentation = 0 }')
    async with terminal(tmp_path, preferences=SettingsFile(settings)) as shown:
        await focus(shown, "model")
        assert (value(shown, "epochs"), value(shown, "augmentation"), value(shown, "batch_size")) == ("9", "0", "128")
        for model in ("accurate", "compact"):
            await form(shown, "model", model)
            assert differing(shown) == set()
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig.of(model="compact"))]


async def test_what_differs_is_marked_and_summed_up_until_the_recipe_is_restored(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "model", "compact")
        await shown.says("compact's recipe, unchanged")
        await form(shown, "epochs", "5")
        await form(shown, "learning_rate", "0.010")
        await form(shown, "patience", "3")
        await form(shown, "validation", "100")
        await form(shown, "data", "synthetic")
        assert differing(shown) == {"epochs", "learning_rate", "patience", "validation"}
        await shown.says("compact's recipe, except epochs 5, learning rate 0.01")
        await shown.press("ctrl+r")
        assert differing(shown) == set()
        await shown.says("compact's recipe, unchanged")
        assert value(shown, "data") == "synthetic"


async def test_a_field_that_is_not_finished_leaves_the_other_marks(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "epochs", "5")
        await form(shown, "batch_size", "x")
        assert differing(shown) == {"epochs"}
        await shown.says("baseline's recipe, except epochs 5; invalid: batch size")
        await form(shown, "epochs", "x")
        await shown.hides("unchanged")


async def test_no_field_moves_while_the_epochs_are_typed(tmp_path: Path) -> None:
    write_run(tmp_path, "a-run-with-a-name")
    async with terminal(tmp_path) as shown:
        await form(shown, "data", "synthetic")
        await form(shown, "batch_size", "64")
        places = set()
        for text, lines in {"9": 2, "": 1, "0": 1, "9999": 2, "x": 1}.items():
            await form(shown, "epochs", text)
            assert len(row_field(shown, "epochs").wrapped(40)) == lines
            places.add(tuple(shown.app.screen.query_one(f"#{name}").region for name in FIELDS))
        assert len(places) == 1


@pytest.mark.parametrize("field", ["model", "data"])
async def test_a_long_value_shows_its_end(tmp_path: Path, field: str) -> None:
    settings = tmp_path / "settings.toml"
    folder = tmp_path / "a-folder-with-a-long-name"
    folder.mkdir()
    (folder / "mine.py").write_text("class MyNet: ...\n")
    values = {"model": f"{folder}/mine.py:MyNet", "data": f"{folder}/my-digits.zip"}
    settings.write_text(f'form = {{ {field} = "{values[field]}" }}')
    async with terminal(tmp_path / "runs", preferences=SettingsFile(settings)) as shown:
        for focused in ("epochs", field, "epochs"):
            await focus(shown, focused)
            await shown.shows({"model": "mine.py:MyNet ▾", "data": "my-digits.zip"}[field])


async def test_the_keys_of_other_programs_open_a_menu_too(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        for field in ("model", "schedule"):
            await focus(shown, field)
            for key in ("alt+down", "f4"):
                await shown.press(key)
                await shown.until(lambda: isinstance(shown.app.screen, ChoiceMenu), "the menu is open")
                await shown.press("escape")
                await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "the menu is closed")


async def test_patience_is_valid_once_images_are_held_out(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await form(shown, "patience", "3")
        assert is_bad(shown, "patience")
        await form(shown, "validation", "500")
        assert not is_bad(shown, "patience")
        await form(shown, "validation", "0")
        assert is_bad(shown, "patience")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_a_model_is_chosen_from_the_menu(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, size=size) as shown:
        await focus(shown, "model")
        await shown.press("space")
        await shown.shows(*(size_words(model) for model in MODELS))
        await shown.press("down", "enter")
        await shown.until(lambda: value(shown, "model") == "compact", "it is chosen")
        assert isinstance(shown.app.screen, NewRunDialog)
        assert shown.app.focused is shown.app.screen.query_one("#model")
        await shown.press("space", "j", "escape")
        assert value(shown, "model") == "compact"


async def test_keys_of_a_select_box(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    async with terminal(tmp_path) as shown:
        await focus(shown, "schedule")
        for key, expected in {"right": "cosine", "o": "one-cycle", "left": "cosine", "c": "constant"}.items():
            await shown.press(key)
            assert value(shown, "schedule") == expected
        await focus(shown, "optimizer")
        await shown.press("a", "d", "a", "m", "w", "delete", "backspace", "ctrl+u", "z")
        assert value(shown, "optimizer") == "adamw"
        await focus(shown, "device")
        await shown.press("c", "u")
        assert value(shown, "device") == "cuda"
        await shown.press("down")
        assert shown.app.focused
        assert shown.app.focused.id == "epochs"
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(optimizer="adamw", device="cuda"))]


async def test_an_empty_warm_up_shows_that_of_the_schedule(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        box = await focus(shown, "warmup")
        assert (box.placeholder, hint(shown, "learning_rate")) == ("0", "step size")
        await form(shown, "model", "compact")
        assert (box.placeholder, box.value) == ("0.25", "")
        await form(shown, "schedule", "constant")
        await form(shown, "warmup", "0.1")
        assert hint(shown, "learning_rate") == "peak step size, warm-up"
        await form(shown, "warmup", "")
        await form(shown, "schedule", "cosine")
        assert (box.placeholder, hint(shown, "learning_rate")) == ("0", "peak step size, cosine")


async def test_space_is_text_in_a_path_and_opens_the_menu_before_it(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await focus(shown, "data")
        await shown.press("space")
        await shown.shows("pen strokes", "or type a path")
        await shown.press("escape")
        await shown.write("/my digits")
        assert value(shown, "data") == "/my digits"


async def test_the_foot_names_space_where_it_opens_a_menu_and_it_overwrites_no_number(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        for field in FIELDS:
            box = await focus(shown, field)
            before, has_menu = box.value, isinstance(box, ChoiceBox)
            await (shown.shows if has_menu else shown.hides)("space list")
            await shown.press(" ")
            if has_menu:
                await shown.until(lambda: isinstance(shown.app.screen, ChoiceMenu), "the menu is open")
                await shown.press("escape")
            assert box.value == (" " if field == "name" else before)


async def test_the_mouse_opens_menus_and_chooses(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await focus(shown, "epochs")
        await shown.click_on("constant")
        await shown.shows("one-cycle")
        await shown.click_on("one-cycle")
        await shown.until(lambda: value(shown, "schedule") == "one-cycle", "it is chosen")
        await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "the menu is closed")
        await shown.click_on("▾ 1,138")
        await shown.shows("29,958 parameters")
        await shown.click_on("New run")
        await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "a click beside the menu closes it")
        await shown.click_on("batch size")
        assert shown.app.focused is shown.app.screen.query_one("#batch_size")


async def test_a_menu_follows_its_box_when_the_terminal_is_resized(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(120, 40)) as shown:
        box = await focus(shown, "device")
        await shown.press("space")
        await shown.shows("the processor")
        await shown.resize(80, 24)
        await shown.until(lambda: menu(shown).region.y == box.region.bottom, "the menu is under the box")
        assert menu(shown).region.x == box.region.x - 2


def menu(shown: Terminal) -> ChoiceList:
    return shown.app.screen.query_one(ChoiceList)


async def test_a_burst_fills_the_form_in_order(tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press_at_once("n", "5", "tab", "6", "4", "tab", "0", ".", "5", "tab", "7", "enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(epochs=5, batch_size=64, learning_rate=0.5, seed=7))]


async def test_a_burst_chooses_from_a_menu(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press_at_once("n", "up", "up", "up", "space", "down", "enter", "tab", "s")
        await shown.until(lambda: value(shown, "model") == "compact", "the model is chosen")
        assert value(shown, "data") == "s"


async def test_an_equal_run_is_named_and_nothing_is_prevented(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path, "mine"))) as shown:
        await focus(shown, "seed")
        assert hint(shown, "seed").startswith("same as mine (")
        assert row_field(shown, "seed").look == "-doubtful"
        assert hint(shown, "epochs") == "about 1 s, as mine ran"
        await form(shown, "seed", "1")
        assert hint(shown, "seed") == "of initial weights and batch order"
        await form(shown, "seed", "0")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig(data="synthetic"))]


async def test_an_own_network_is_kept_as_it_is_typed_and_brings_its_recipe(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    network = write_network(tmp_path, "ResNet")
    async with terminal(tmp_path / "runs") as shown:
        await form(shown, "model", network)
        assert not is_bad(shown, "model")
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig.of(model=network))]
        assert starts[0][1].optimizer == "adamw"


async def test_a_file_with_an_invalid_recipe_is_explained_and_does_not_start(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    file = tmp_path / "net.py"
    file.write_text('RECIPE = {"lr": 0.1}\nclass Net: ...\n')
    async with terminal(tmp_path / "runs") as shown:
        await form(shown, "model", f"{file}:Net")
        assert "sets 'lr', which no recipe has" in hint(shown, "model")
        await shown.hides("unchanged")
        await shown.press("enter")
        assert starts == []
        file.write_text('RECIPE = {"learning_rate": 0.1}\nclass Net: ...\n')
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")


async def test_every_value_of_a_files_recipe_is_followed_as_by_the_command(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    named = {
        "epochs": 7,
        "validation": 500,
        "patience": 3,
        "seed": 9,
        "threads": 2,
        "device": "cpu",
        "keep_epochs": 4,
        "warmup": 0.1,
    }
    file = tmp_path / "net.py"
    file.write_text(f"RECIPE = {named}\nclass Net: ...\n")
    network = f"{file}:Net"
    async with terminal(tmp_path / "runs") as shown:
        await form(shown, "model", network)
        await form(shown, "patience", "5")
        await form(shown, "threads", "1")
        await form(shown, "model", "baseline")
        assert (value(shown, "validation"), value(shown, "patience"), value(shown, "seed")) == ("0", "5", "0")
        await form(shown, "model", network)
        await shown.press("ctrl+r", "enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts == [(None, TrainConfig.of(model=network))]
        assert starts[0][1] == TrainConfig(model=network, **named)  # type: ignore[arg-type]


async def test_a_typed_character_costs_one_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layouts: list[None] = []
    refresh_layout = Screen._refresh_layout

    def count(screen: Screen[object], *values: Any, **options: Any) -> None:
        layouts.append(None)
        refresh_layout(screen, *values, **options)

    async with terminal(tmp_path) as shown:
        await form(shown, "learning_rate", "1")
        await shown.says("except learning rate 1")
        await shown.settle()
        monkeypatch.setattr(Screen, "_refresh_layout", count)
        for keys, number in ((("end", "5"), "15"), (("home", "delete"), "5")):
            await shown.press(*keys)
            await shown.says(f"except learning rate {number}")
            await shown.settle()
        assert len(layouts) <= 2
        await form(shown, "learning_rate", "x")
        await shown.says("must be a number from")
