"""`emnist-tui train --tensorboard`: TensorBoard's own reader finds the numbers of the run's events."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.cli import main
from emnist_tui.commands.output.tensorboard import TensorBoardFiles
from emnist_tui.runs import event_log, events
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.schedule import learning_rate
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.scripted_runs import batches, started

TRAIN, TEST = 320, 100
STEPS_PER_EPOCH = TRAIN // 32

Points = dict[int, tuple[float, float]]
"""Values and Unix seconds by step."""

Train = Callable[..., RunFolder]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    write_archive(tmp_path / "small.zip", *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    monkeypatch.setenv("EMNIST_TUI_CHECKPOINTS", str(tmp_path / "checkpoints"))

    def run(*arguments: object, resumed: bool = False) -> RunFolder:
        new = () if resumed else ("--name", "first", "--data", tmp_path / "small.zip")
        assert main(["train", *map(str, (*new, *arguments))]) == 0
        return RunFolder(tmp_path / "checkpoints/first")

    return run


def read_tensorboard(run: RunFolder) -> dict[str, Points]:
    """Read a run's scalars by TensorBoard's tags; each step must occur once."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(run.path / "tensorboard"), size_guidance={"scalars": 0})
    accumulator.Reload()
    found = {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}
    points = {tag: {one.step: (one.value, one.wall_time) for one in scalars} for tag, scalars in found.items()}
    assert all(len(points[tag]) == len(scalars) for tag, scalars in found.items())
    return points


def expect(run: RunFolder) -> dict[str, Points]:
    """Return the same from events.jsonl: a resumed run replaces all steps after the one it resumed from."""
    points: dict[str, Points] = {}

    def put(tag: str, step: int, value: float, event: events.Event) -> None:
        points.setdefault(tag, {})[step] = (float(np.float32(value)), event.time)

    for event in event_log.read_events(run.events):
        match event:
            case events.RunStarted(resumed_at_step=int(last)):
                points = {tag: {step: at[step] for step in at if step <= last} for tag, at in points.items()}
            case events.Batches():
                for step, (loss, accuracy) in enumerate(
                    zip(event.loss, event.accuracy, strict=True), event.step - len(event.loss) + 1
                ):
                    put("loss/batch", step, loss, event)
                    put("accuracy/batch", step, accuracy, event)
                put("learning_rate", event.step, TrainConfig().learning_rate, event)
            case events.Evaluated():
                put(f"loss/{event.split}", event.step, event.loss, event)
                put(f"accuracy/{event.split}", event.step, event.accuracy, event)
            case events.EpochEnded():
                put("loss/train", event.step, event.train_loss, event)
                put("accuracy/train", event.step, event.train_accuracy, event)
                put("images_per_second", event.step, event.images_per_second, event)
    return points


def check_same(found: dict[str, Points], expected: dict[str, Points]) -> None:
    """Check for equal steps, equal values in single precision, and times equal to the millisecond of events.jsonl."""
    assert found.keys() == expected.keys()
    for tag, points in expected.items():
        assert {step: value for step, (value, _) in found[tag].items()} == {
            step: value for step, (value, _) in points.items()
        }
        assert all(abs(found[tag][step][1] - time) < 0.001 for step, (_, time) in points.items())


def test_every_number_of_the_events_is_written(train: Train) -> None:
    run = train("--epochs", 3, "--tensorboard")
    found = read_tensorboard(run)
    assert sorted(found["loss/batch"]) == list(range(1, 3 * STEPS_PER_EPOCH + 1))
    assert sorted(found["accuracy/test"]) == [STEPS_PER_EPOCH, 2 * STEPS_PER_EPOCH, 3 * STEPS_PER_EPOCH]
    check_same(found, expect(run))


def test_validation_split_has_its_own_tags(train: Train) -> None:
    run = train("--epochs", 1, "--validation", 64, "--tensorboard")
    found = read_tensorboard(run)
    assert {"loss/validation", "accuracy/validation", "loss/test", "accuracy/test"} <= found.keys()
    check_same(found, expect(run))


def test_resumed_run_has_each_step_once(train: Train) -> None:
    run = train("--epochs", 3, "--tensorboard")
    first = read_tensorboard(run)
    shutil.copyfile(run.path / "epoch-001.pt", run.last_checkpoint)  # as if killed before it saved a later one
    train("--resume", "first", "--epochs", 4, "--tensorboard", resumed=True)
    found = read_tensorboard(run)
    assert sorted(found["loss/batch"]) == list(range(1, 4 * STEPS_PER_EPOCH + 1))
    check_same(found, expect(run))
    again = 2 * STEPS_PER_EPOCH
    assert found["loss/batch"][again][1] > first["loss/batch"][again][1]
    assert found["loss/batch"][1] == first["loss/batch"][1]


def test_learning_rate_follows_schedule_and_changes_also_after_a_resume(tmp_path: Path) -> None:
    config = TrainConfig(schedule="cosine", learning_rate=0.02)
    folder = RunFolder(tmp_path)
    changed = events.LearningRateChanged(epoch=1, step=40, learning_rate=0.2)
    before = [started(config), batches(1, 1, 30), batches(1, 31, 40), changed, batches(1, 41, 60)]
    after = [started(config, resumed_at_step=30), batches(1, 31, 40), batches(1, 41, 50)]
    with EventLog(folder.events) as log:
        for session in (before, after):
            files = TensorBoardFiles(folder.path / "tensorboard")
            for event in session:
                log.write(event)
                files.observe(event)
            files.close()
    found = read_tensorboard(folder)["learning_rate"]
    highest = {30: 0.02, 40: 0.02, 50: 0.2}  # that after step 40 is repeated by the trainer, which writes no event
    assert {step: value for step, (value, _) in found.items()} == {
        step: np.float32(learning_rate(TrainConfig(schedule="cosine", learning_rate=rate), step - 1, 300))
        for step, rate in highest.items()
    }


def test_configuration_is_written(train: Train) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = train("--epochs", 1, "--seed", 7, "--tensorboard")
    accumulator = EventAccumulator(str(run.path / "tensorboard"))
    accumulator.Reload()
    (text,) = accumulator.Tensors("configuration/text_summary")
    assert b"| seed | 7 |" in text.tensor_proto.string_val[0]
    assert set(accumulator.PluginTagToContent("hparams")) == {"_hparams_/experiment", "_hparams_/session_start_info"}


def test_table_of_hyperparameters_has_values_and_metrics(train: Train) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata

    run = train("--epochs", 1, "--learning-rate", 0.02, "--tensorboard")
    accumulator = EventAccumulator(str(run.path / "tensorboard"))
    accumulator.Reload()
    content = accumulator.PluginTagToContent("hparams")
    session = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG])
    assert session.hparams["learning_rate"].number_value == 0.02
    assert session.hparams["model"].string_value == "baseline"
    experiment = metadata.parse_experiment_plugin_data(content[metadata.EXPERIMENT_TAG])
    assert {info.name for info in experiment.hparam_infos} == set(session.hparams)
    tags = {info.name.tag for info in experiment.metric_infos}
    assert tags == {"accuracy/test", "loss/test", "accuracy/train", "loss/train"}
    assert tags <= read_tensorboard(run).keys()


def test_without_the_option_no_folder_is_made(train: Train) -> None:
    assert not (train("--epochs", 1).path / "tensorboard").exists()


def test_run_continues_if_its_tensorboard_folder_cannot_be_made(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train("--epochs", 1)
    (run.path / "tensorboard").write_text("in the way")
    capsys.readouterr()
    train("--resume", "first", "--epochs", 2, "--tensorboard", resumed=True)
    assert capsys.readouterr().err.count("no more events for TensorBoard; the run continues.") == 1
    *_, last = event_log.read_events(run.events)
    assert isinstance(last, events.RunEnded)
    assert last.step == 2 * STEPS_PER_EPOCH


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = TensorBoardFiles(tmp_path)
    files.observe(started())
    assert files._file is not None
    files._file.close()
    files._file = Path("/dev/full").open("wb")  # noqa: SIM115 -- `files` closes it
    for last in (10, 20, 30):
        files.observe(batches(1, last - 9, last))
    files.close()
    assert capsys.readouterr().err == (
        f"emnist-tui: warning: {tmp_path} cannot be written (No space left on device): "
        "no more events for TensorBoard; the run continues.\n"
    )


def test_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
    root = tmp_path / "checkpoints"
    assert main(["--checkpoints", str(root), "train", "--tensorboard"]) == 1
    assert capsys.readouterr().err.endswith("install it with `pip install 'emnist-tui[tensorboard]'`.\n")
    assert not root.exists()
