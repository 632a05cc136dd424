"""What the keys do to runs: the open one, and the one under the cursor."""

from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointLoaded, CheckpointSaved, Evaluated, RunFailed, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.session import training_watch
from emnist_tui.tui.session.run_session import RunSession
from tests.support.run_lists import runs_in
from tests.support.scripted_runs import batches, evaluation, started, write_run
from tests.support.slow import slow
from tests.support.sweep_folders import make_spec, make_sweep
from tests.support.terminal import Terminal, control, live_run, terminal

Started = list[tuple[str | None, TrainConfig]]
TESTED = f"{evaluation(seed=77).accuracy * 100:.2f} %"


def run_beyond_its_epochs(root: Path, name: str = "mine", step: int = 350) -> RunFolder:
    """Write a run whose last checkpoint is of `step`, and its last evaluation of step 300."""
    folder = write_run(root, name)
    with EventLog(folder.events) as log:
        if step > 300:
            log.write(batches(4, 301, step))
        log.write(CheckpointSaved(file="last.pt", step=step))
    folder.last_checkpoint.touch()
    return folder


class Evaluating:
    """A process that runs until its session has read the end."""

    def __init__(self, session: RunSession) -> None:
        self._record = session.record

    @property
    def is_alive(self) -> bool:
        return not self._record.evaluations and not self._record.failed

    def kill(self) -> None:
        """Do nothing: there is no process."""


@pytest.fixture
def evaluations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """List the checkpoints whose evaluation is asked for; the first waits for `finish`."""
    asked: list[Path] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        asked.append(checkpoint)
        output = RunFolder(tmp_path / f"output-{len(asked)}")
        output.path.mkdir()
        session = RunSession(output, checkpoint=checkpoint)
        session.process = Evaluating(session)  # type: ignore[assignment]
        return session

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    return asked


def finish(tmp_path: Path, step: int = 350) -> None:
    output = tmp_path / "output-1"
    found = evaluation(seed=77)
    found.save(output / "evaluation.npz")
    with EventLog(output / "events.jsonl") as log:
        log.write(
            CheckpointLoaded(file="last.pt", model="baseline", parameters=1, data="x", device="cpu", epoch=4, step=step)
        )
        log.write(
            Evaluated(
                split="test",
                epoch=4,
                step=step,
                loss=found.loss,
                accuracy=found.accuracy,
                images=found.images,
                file="evaluation.npz",
            )
        )


@pytest.mark.parametrize("size", [(80, 24), *slow([(60, 20), (120, 40)])])
async def test_a_test_keeps_the_run_open_and_joins_its_evaluations(
    tmp_path: Path, evaluations: list[Path], size: tuple[int, int]
) -> None:
    folder = run_beyond_its_epochs(tmp_path)
    session = RunSession(folder)
    async with terminal(tmp_path, session, size) as shown:
        await shown.press("e", "e")
        await shown.until(lambda: shown.app.current_mode == "confusion", "the matrix is shown")
        assert evaluations == [folder.last_checkpoint]
        await shown.shows("Last checkpoint: ", "epoch 3 of 3")
        finish(tmp_path)
        await shown.shows(f"step 350 · accuracy {TESTED}")
        assert shown.app.session is session
        assert "mine" in shown.header
        assert shown.notices == ["The last checkpoint, step 350, is evaluated."]
        await shown.press("left_square_bracket")
        await shown.shows("epoch 3 of 4")
        await shown.press("right_square_bracket", "3")
        await shown.shows(f"Accuracy {TESTED}")
    assert not (tmp_path / "output-1").exists()


async def test_the_last_checkpoint_is_compared_with_an_epoch(tmp_path: Path, evaluations: list[Path]) -> None:
    async with terminal(tmp_path, RunSession(run_beyond_its_epochs(tmp_path)), (120, 40)) as shown:
        await shown.press("e")
        await shown.until(lambda: evaluations, "the test has begun")
        finish(tmp_path)
        await shown.shows("last checkpoint, step 350")
        await shown.press("c")
        await shown.shows("A  mine epoch 1", "B  mine last checkpoint, step 350")


async def test_an_evaluation_of_that_step_is_shown_instead(tmp_path: Path, evaluations: list[Path]) -> None:
    folder = run_beyond_its_epochs(tmp_path, step=300)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("2", "left_square_bracket")
        await shown.shows("epoch 2 of 3")
        await shown.press("e")
        await shown.shows("epoch 3 of 3")
        assert evaluations == []
        assert shown.notices == ["The last checkpoint, step 300, was evaluated already."]


async def test_a_step_known_only_after_the_test_is_not_shown_twice(tmp_path: Path, evaluations: list[Path]) -> None:
    folder = write_run(tmp_path, "mine")
    folder.last_checkpoint.touch()
    session = RunSession(folder)
    async with terminal(tmp_path, session) as shown:
        await shown.press("e")
        await shown.until(lambda: evaluations, "the test has begun")
        finish(tmp_path, step=300)
        await shown.until(lambda: shown.notices, "the end is reported")
        assert shown.notices == ["The last checkpoint, step 300, was evaluated already."]
        assert len(session.evaluations) == 3


async def test_a_failed_test_is_reported_and_the_run_stays(tmp_path: Path, evaluations: list[Path]) -> None:
    session = RunSession(run_beyond_its_epochs(tmp_path))
    async with terminal(tmp_path, session) as shown:
        await shown.press("e")
        await shown.until(lambda: evaluations, "the test has begun")
        with EventLog(tmp_path / "output-1" / "events.jsonl") as log:
            log.write(RunFailed(error="last.pt is damaged."))
        await shown.until(lambda: shown.notices == ["last.pt is damaged."], "the failure is reported")
        assert shown.app.session is session
        assert session.problem is None
        await shown.press("e")
        await shown.until(lambda: len(evaluations) == 2, "it is tried again")


async def test_a_run_without_evaluation_and_checkpoint_suggests_no_test(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=0)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        for key in "23":
            await shown.press(key)
            await shown.shows("No evaluation yet,", "and no checkpoint to evaluate.")
        folder.last_checkpoint.touch()
        await shown.press("2")
        await shown.shows("Press e to evaluate")


async def test_a_test_on_runs_opens_the_selected_run(tmp_path: Path, evaluations: list[Path], no_details: Path) -> None:
    folder = run_beyond_its_epochs(tmp_path / "runs", "only")
    async with terminal(tmp_path / "runs", RunSession(write_run(tmp_path / "elsewhere", "opened"))) as shown:
        await shown.press("4", "e")
        await shown.until(lambda: evaluations == [folder.last_checkpoint], "it is tested")
        await shown.until(lambda: "only" in shown.header, "it is open")


async def test_stop_and_save_act_on_the_selected_run(tmp_path: Path, no_details: Path) -> None:
    with live_run(tmp_path / "runs", "live") as (live, _), live_run(tmp_path / "elsewhere", "opened") as (opened, _):
        async with terminal(tmp_path / "runs", RunSession(opened)) as shown:
            await shown.press("s")
            assert control(opened)["saves"] == 1
            await shown.press("4", "s", "x")
            assert control(live) == {"desired": "stop", "saves": 1}
            assert control(opened) == {"desired": "run", "saves": 1}


async def test_the_run_that_trains_is_named_and_opened_by_a_click(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_watch, "_LOOK_EVERY", 0.05)
    opened = write_run(tmp_path, "opened")
    with live_run(tmp_path, "live"):
        async with terminal(tmp_path, RunSession(opened)) as shown:
            await shown.shows("● training live")
            await shown.click_on("● training live")
            await shown.until(lambda: "live  ·" in shown.header, "it is open")
            await shown.hides("● training live")


def died(root: Path, seed: int) -> RunFolder:
    config = TrainConfig(data="synthetic", seed=seed)
    folder = RunFolder(root / f"seed-{seed}")
    folder.path.mkdir(parents=True)
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        log.write(started(config))
        log.write(StuckAtChance(epoch=1, step=300, loss=2.303, seed=seed))
    return folder


async def test_reseeding_skips_seeds_that_died(tmp_path: Path, starts: Started) -> None:
    first = died(tmp_path, 0)
    for seed in (1, 2):
        died(tmp_path, seed)
    async with terminal(tmp_path, RunSession(first)) as shown:
        await shown.press("r")
        await shown.until(lambda: starts, "a run is started")
        assert [config.seed for _, config in starts] == [3]


async def form(shown: Terminal) -> Input:
    """Open the form and return its field of the seed."""
    await shown.press("n")
    await shown.shows("New run")
    return shown.app.screen.query_one("#seed", Input)


async def test_the_form_offers_no_dead_seed_and_says_so_of_a_typed_one(tmp_path: Path, starts: Started) -> None:
    first = died(tmp_path, 0)
    died(tmp_path, 1)
    async with terminal(tmp_path, RunSession(first)) as shown:
        seed = await form(shown)
        assert seed.value == "2"
        seed.value = "1"
        await shown.shows("died in seed-1; try 2")
        shown.app.screen.query_one("#batch_size", Input).value = "64"
        await shown.hides("died in")
        seed.value = "nonsense"
        await shown.shows("must be a whole number")
        assert starts == []


async def test_a_dead_seed_can_still_be_trained(tmp_path: Path, starts: Started) -> None:
    first = died(tmp_path, 0)
    async with terminal(tmp_path, RunSession(first)) as shown:
        seed = await form(shown)
        seed.value = "0"
        await shown.press("enter")
        await shown.until(lambda: starts, "a run is started")
        assert starts[0][1].seed == 0


async def test_the_reason_of_a_gray_key_is_that_of_the_selected_run(tmp_path: Path, no_details: Path) -> None:
    root = runs_in(tmp_path, "newer", "older")
    RunFolder(root / "older").last_checkpoint.touch()
    async with terminal(root) as shown:
        await shown.press("4")
        assert shown.app.explain_unavailable("train_longer") == "no checkpoint to continue from"
        await shown.press("down")
        await shown.until(lambda: shown.app.explain_unavailable("train_longer") == "", "the other run can")
        assert shown.keys["t"] == ("train_longer", True)


async def test_the_app_begins_with_a_sweep_over_the_list(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(20), trials=5)
    app = EmnistApp(tmp_path)
    app.first_sweep = folder
    async with app.run_test(size=(80, 24)) as pilot:
        shown = Terminal(app, pilot)
        await shown.shows("search · 5 of 20 trials")
        await shown.press("escape")
        await shown.shows("waiting 5 of 20")
