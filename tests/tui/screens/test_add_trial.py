"""Form for a trial with values of one's own."""

from pathlib import Path

from emnist_tui.runs.sweeps.space import Axis, Point
from emnist_tui.tui.screens.add_trial import AddTrialDialog
from tests.support.sweep_folders import make_spec
from tests.support.terminal import terminal

VALUES = {"learning_rate": 0.0123456, "batch_size": 128, "augmentation": 0.5}


async def test_the_fields_hold_the_values_of_a_trial(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        points: list[Point | None] = []
        shown.app.push_screen(AddTrialDialog(make_spec(), VALUES), points.append)
        await shown.shows("0.01235", "128", "the sweep searches 0.001 to 0.3, by logarithm")
        await shown.press("enter")
        assert points == [{"learning_rate": 0.01235, "batch_size": 128, "augmentation": 0.5}]


async def test_a_bad_value_is_explained_and_not_added(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        points: list[Point | None] = []
        shown.app.push_screen(AddTrialDialog(make_spec(), {}), points.append)
        await shown.shows("Add a trial")
        for typed in ("many", "-1", "nan"):
            await shown.press("ctrl+u", *typed)
            await shown.shows("must be a number")
            await shown.press("enter")
        await shown.press("ctrl+u", "enter")
        await shown.shows("write a value")
        assert points == []
        await shown.press("escape")
        assert points == [None]


async def test_a_word_is_a_value_too(tmp_path: Path) -> None:
    spec = make_spec(axes=(Axis.parse("optimizer=adam,sgd"), Axis.parse("batch-size=16..64")))
    async with terminal(tmp_path, size=(60, 20)) as shown:
        points: list[Point | None] = []
        shown.app.push_screen(AddTrialDialog(spec, {}), points.append)
        await shown.shows("adam", "16")
        await shown.press("ctrl+u", *"sgd", "enter")
        assert points == [{"optimizer": "sgd", "batch_size": 16}]
