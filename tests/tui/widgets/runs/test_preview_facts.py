"""Facts in the preview of a run."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import LearningRateChanged, RunFailed, StoppedEarly
from emnist_tui.runs.listing import bare_checkpoint, describe_run
from emnist_tui.runs.record import summarize
from emnist_tui.tui.widgets.runs.preview_facts import Preview, facts
from tests.support.scripted_runs import started_on_gpu, units_changed, write_run


def preview(tmp_path: Path, name: str = "mine", epochs: int = 3) -> Preview:
    run = write_run(tmp_path, name, epochs=epochs)
    return Preview(describe_run(run), summarize(run), run.read_config(), size=3_400_000)


def test_a_finished_run_is_told_by_its_facts(tmp_path: Path) -> None:
    found = dict(facts(preview(tmp_path)))
    assert found["recipe"] == "the documented one"
    assert found["epochs"] == "3 of 3, 300 steps"
    assert found["best"] == "93.40 % after epoch 2"
    assert found["test"] == "92.20  93.40  91.40 %"
    assert found["trained for"] == "36 s"
    assert found["device"] == "cpu"
    assert found["size"] == "3.4 MB"
    assert not {"problem", "failed", "tags", "note"} & set(found)


def test_a_gpu_and_the_way_of_its_steps_are_told(tmp_path: Path) -> None:
    known = preview(tmp_path)
    assert known.record
    known.record.started = started_on_gpu()
    assert dict(facts(known))["device"] == "cuda (NVIDIA H100 80GB HBM3), fused kernels, CUDA 13.0"


def test_only_what_differs_from_the_recipe_is_told(tmp_path: Path) -> None:
    config = TrainConfig(learning_rate=0.001, batch_size=64, seed=3, data="/a/path", epochs=40)
    found = dict(facts(replace(preview(tmp_path), config=config)))
    assert found["recipe"] == "batch size 64, learning rate 0.001, seed 3"


def test_changed_rates_and_an_early_end_are_told(tmp_path: Path) -> None:
    shown = preview(tmp_path)
    assert not {"rates", "finished"} & set(dict(facts(shown)))
    assert shown.record
    shown.record.apply(LearningRateChanged(epoch=1, step=1200, learning_rate=0.02))
    shown.record.apply(LearningRateChanged(epoch=2, step=2000, learning_rate=1e-5))
    shown.record.apply(StoppedEarly(epoch=9, step=2100, best_epoch=6))
    found = dict(facts(shown))
    assert found["rates"] == "0.02 from step 1,201, 1e-5 from step 2,001"
    assert found["finished"] == "early, after epoch 9 (best 6)"
    for step in range(3000, 3010):
        shown.record.apply(LearningRateChanged(epoch=1, step=step, learning_rate=0.5))
    assert dict(facts(shown))["rates"].startswith("… 0.5 from step 3,007")


def test_a_run_is_compared_with_the_recipe_of_its_own_model(tmp_path: Path) -> None:
    shown = preview(tmp_path)
    compact = TrainConfig.of(model="compact")
    assert dict(facts(replace(shown, config=compact)))["recipe"] == "the model's own"
    changed = replace(compact, schedule="cosine", ema=0.99)
    assert dict(facts(replace(shown, config=changed)))["recipe"] == "schedule cosine, ema 0.99"


def test_many_epochs_show_the_newest(tmp_path: Path) -> None:
    found = dict(facts(preview(tmp_path, epochs=15)))
    assert found["test"].startswith("… ")
    assert len(found["test"].split()) == 12 + 2


def test_lost_filters_are_named_and_a_few_of_many_are_not(tmp_path: Path) -> None:
    shown = preview(tmp_path)
    assert shown.record
    shown.record.units.apply(units_changed(90, [3], of=100, layer="fc"))
    assert "lost" not in dict(facts(shown))
    shown.record.units.apply(units_changed(90, [1]))
    assert dict(facts(shown))["lost"] == "filter 1 of layers.1 (ReLU) dead"


def test_problems_come_first_and_foreign_text_is_printable(tmp_path: Path) -> None:
    shown = preview(tmp_path)
    assert shown.record
    shown.record.apply(RunFailed(error="NaN \x1b[31m"))
    damaged = replace(shown.entry, problem="two\nlines", note="a \u202e note", tags=("[b]",))
    names = [name for name, _ in facts(replace(shown, entry=damaged))]
    assert names[:2] == ["problem", "failed"]
    found = dict(facts(replace(shown, entry=damaged)))
    assert found["problem"] == "two lines"
    assert found["failed"] == "NaN \\x1b[31m"
    assert found["note"] == "a \\u202e note"


def test_a_checkpoint_without_details_has_few_facts(tmp_path: Path) -> None:
    assert [name for name, _ in facts(Preview(bare_checkpoint(tmp_path / "a.pt")))] == ["last change"]


def test_the_best_epoch_of_a_run_with_held_out_images_is_theirs(tmp_path: Path) -> None:
    shown = preview(tmp_path)
    assert shown.record
    assert shown.record.config
    shown.record.config = replace(shown.record.config, validation=100)
    held_out = replace(shown.record.evaluations[0], split="validation", epoch=3, accuracy=0.9512)
    shown.record.apply(held_out)
    found = dict(facts(shown))
    assert found["best"] == "95.12 % after epoch 3 (validation)"
    assert found["test"] == "91.40 % after epoch 3"
