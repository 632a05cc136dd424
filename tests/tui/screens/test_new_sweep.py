"""Form for a new sweep."""

from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.tui.screens.new_sweep import NewSweep, NewSweepDialog
from emnist_tui.tui.screens.sweep import SweepScreen
from tests.support.terminal import Terminal, terminal


async def filled(shown: Terminal, **texts: str) -> None:
    """Write texts into fields."""
    for field, text in texts.items():
        shown.app.screen.query_one(f"#{field}").focus()
        await shown.press("end", "ctrl+u", *text)


async def asked(shown: Terminal, root: Path) -> list[NewSweep | None]:
    answers: list[NewSweep | None] = []
    shown.app.push_screen(NewSweepDialog(root, None, TrainConfig(data="synthetic", epochs=2)), answers.append)
    await shown.shows("New sweep", "learning-rate=0.001..0.1:log")
    return answers


async def test_a_sweep_is_written_as_the_command_does(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(100, 40)) as shown:
        answers = await asked(shown, tmp_path)
        await filled(shown, name="mine", vary="batch-size=32,64 optimizer=adam,sgd", sampler="grid", workers="2")
        await shown.press("enter")
        (new,) = answers
        assert new
        spec = new.folder.read_spec()
        assert (new.folder.path, new.workers) == (tmp_path / "mine", 2)
        assert (spec.sampler, spec.pruner, spec.trials, spec.config.validation) == ("grid", "asha", 4, 5_000)
        assert [axis.field for axis in spec.axes] == ["batch_size", "optimizer"]
        assert spec.config.data == "synthetic"


async def test_fields_that_do_not_fit_are_explained(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    async with terminal(tmp_path, size=(120, 40)) as shown:
        answers = await asked(shown, tmp_path)
        for field, text, words in (
            ("name", "taken", "is taken"),
            ("vary", "batch-size=many", "must be a whole number"),
            ("vary", "data=emnist", "A sweep cannot vary"),
            ("sampler", "best", "must be tpe, random or grid"),
            ("pruner", "x", "must be asha or none"),
            ("trials", "0", "must be a whole number, 1 to 100,000"),
            ("validation", "0", "must be 1 or more"),
            ("workers", "99", "must be a whole number, 0 to 64"),
        ):
            await filled(shown, **{field: text})
            await shown.says(words)
            await shown.press("enter")
        assert answers == []


async def test_a_grid_over_a_range_is_refused_where_the_ranges_are(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(100, 40)) as shown:
        answers = await asked(shown, tmp_path)
        await filled(shown, sampler="grid")
        await shown.press("enter")
        await shown.says("A grid needs a list of values for learning-rate")
        assert answers == []
        assert not list(tmp_path.glob("*/sweep.json"))


async def test_a_bad_range_is_explained_without_an_option_that_the_app_lacks(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(100, 40)) as shown:
        await asked(shown, tmp_path)
        await filled(shown, vary="learning-rate=0.1..0.01")
        await shown.press("enter")
        await shown.shows("learning-rate: a range runs from a smaller number")
        assert "--vary" not in shown.text


async def test_the_form_of_a_run_leads_to_a_sweep_over_it(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(100, 40)) as shown:
        await shown.press("n")
        await shown.shows("New run", "ctrl+s sweep")
        await shown.press("ctrl+u", "2", "ctrl+s")
        await shown.shows("New sweep")
        await filled(shown, workers="0")
        await shown.press("enter")
        await shown.until(lambda: isinstance(shown.app.screen, SweepScreen), "the sweep is shown")
        await shown.shows("No trial has begun", "epochs 2")
