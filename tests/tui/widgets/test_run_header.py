"""Header: tabs, state and facts of the open run at any width."""

from pathlib import Path

import pytest

from emnist_tui.runs.record import RunState
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.session.training_watch import TrainingRun
from emnist_tui.tui.widgets.run_header import SCREENS, RunHeader
from tests.support.scripted_runs import started_on_gpu, write_run
from tests.support.terminal import opened_checkpoint
from tests.support.widget_app import WidgetApp


class HeaderApp(WidgetApp):
    """A header whose tabs switch nothing but are recorded."""

    def __init__(self) -> None:
        self.header = RunHeader("train")
        self.switched: list[str] = []
        self.opened = 0
        self.keys = Keymap()
        super().__init__(self.header)

    def action_show(self, mode: str) -> None:
        self.switched.append(mode)

    def action_open_training(self) -> None:
        self.opened += 1


async def test_the_header_names_screens_and_state(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        tabs, facts = app.text.split("\n")[:2]
        assert tabs.split() == ["1", "Train", "2", "Confusion", "3", "Errors", "4", "Runs", "5", "Inside"]
        assert facts.strip() == "no run open"
        app.header.show(RunSession(write_run(tmp_path)))
        await pilot.pause()
        tabs, facts = app.text.split("\n")[:2]
        assert tabs.rstrip().endswith("● finished")
        assert facts.split("·")[0].strip() == "scripted"


@pytest.mark.parametrize(
    ("length", "facts"),
    [
        (17, "  ·  baseline  ·  synthetic digits  ·  cpu"),
        (23, " · baseline · synthetic digits · cpu"),
        (34, " · synthetic digits · cpu"),
        (40, " · synthetic digits"),
        (59, ""),
    ],
)
async def test_facts_that_do_not_fit_are_omitted(tmp_path: Path, length: int, facts: str) -> None:
    app = HeaderApp()
    async with app.run_test(size=(62, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "n" * length)))
        await pilot.pause()
        assert app.text.split("\n")[1].strip() == "n" * length + facts


@pytest.mark.parametrize(
    ("columns", "facts"),
    [
        (120, "  ·  baseline  ·  synthetic digits  ·  cuda (NVIDIA H100 80GB HBM3)  ·  fused kernels  ·  CUDA 13.0"),
        (108, " · baseline · synthetic digits · cuda (NVIDIA H100 80GB HBM3) · fused kernels · CUDA 13.0"),
        (96, " · baseline · synthetic digits · cuda (NVIDIA H100 80GB HBM3) · fused kernels"),
        (80, " · baseline · synthetic digits · cuda · fused kernels"),
        (60, " · baseline · synthetic digits · cuda"),
    ],
)
async def test_the_header_names_the_gpu_the_way_and_the_version(tmp_path: Path, columns: int, facts: str) -> None:
    opened = RunSession(write_run(tmp_path))
    opened.record.started = started_on_gpu()
    app = HeaderApp()
    async with app.run_test(size=(columns, 5)) as pilot:
        app.header.show(opened)
        await pilot.pause()
        assert app.text.split("\n")[1].strip() == "scripted" + facts


async def test_a_name_that_does_not_fit_is_truncated(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(62, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "n" * 60)))
        await pilot.pause()
        assert app.text.split("\n")[1].strip() == "n" * 58 + "…"


async def test_control_characters_of_a_name_are_escaped(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "a\x1b[31m[b]")))
        await pilot.pause()
        assert app.text.split("\n")[1].strip().startswith("a\\x1b[31m[b]")


async def test_tabs_name_the_keys_of_the_settings() -> None:
    app = HeaderApp()
    app.keys = Keymap({"runs": "f9"})
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        tabs = app.text.split("\n")[0]
        assert "f9 Runs" in tabs
        assert "4 Runs" not in tabs
        await pilot.click(RunHeader, offset=(tabs.index("Runs") + 3, 0))
        await pilot.pause()
        assert app.switched == ["runs"]


async def test_a_click_on_a_tab_switches_the_screen() -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        for label in SCREENS.values():
            await pilot.click(RunHeader, offset=(app.text.split("\n")[0].index(label) + 1, 0))
        await pilot.click(RunHeader, offset=(3, 1))
        await pilot.click(RunHeader, offset=(75, 0))
        await pilot.pause()
        assert app.switched == list(SCREENS)


@pytest.mark.parametrize(
    ("width", "name", "right"),
    [
        (120, "run-0003", "● training run-0003"),
        (60, "run-0003", "● training run-0003"),
        (60, "n" * 40, "● " + "n" * 40),
        (60, "n" * 60, "● training"),
    ],
)
async def test_the_run_that_trains_is_named_at_the_right(tmp_path: Path, width: int, name: str, right: str) -> None:
    app = HeaderApp()
    async with app.run_test(size=(width, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path)), TrainingRun(Path(name), RunState.TRAINING))
        await pilot.pause()
        line = app.text.split("\n")[1]
        assert line[:-1].endswith(right)
        assert line.strip().startswith("scripted")
        await pilot.click(RunHeader, offset=(2, 1))
        await pilot.click(RunHeader, offset=(width - 3, 1))
        await pilot.pause()
        assert app.opened == 1


async def test_the_name_of_the_open_run_stays_whole_beside_the_one_that_trains(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(62, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "n" * 45)), TrainingRun(Path("r" * 60), RunState.PAUSED))
        await pilot.pause()
        assert app.text.split("\n")[1].split() == ["n" * 45, "●", "paused"]


async def test_foreign_weights_are_described_where_there_is_room(tmp_path: Path) -> None:
    session = opened_checkpoint(tmp_path, tmp_path / "mine.pt", step=None, weights="ema", input_scaling="mnist")
    app = HeaderApp()
    async with app.run_test(size=(100, 5)) as pilot:
        app.header.show(session)
        await pilot.pause()
        assert "baseline  ·  weights ema, scaling mnist  ·  synthetic digits" in app.text
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        assert app.text.split("\n")[1].split(" · ")[0].strip() == "mine.pt"
        assert "ema" not in app.text


async def test_the_scaling_that_every_network_has_is_not_named(tmp_path: Path) -> None:
    session = opened_checkpoint(tmp_path, tmp_path / "mine.pt", step=None, weights="ema", input_scaling="unit")
    app = HeaderApp()
    async with app.run_test(size=(100, 5)) as pilot:
        app.header.show(session)
        await pilot.pause()
        assert "baseline  ·  weights ema  ·  synthetic digits" in app.text
