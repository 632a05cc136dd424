"""Sentences of the form about a new run."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import FILES, raw_folder
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunEnded, RunFailed, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.runs.models import MODELS
from emnist_tui.tui.widgets.new_run import facts
from tests.support.scripted_runs import started, started_on_gpu, write_run

CONFIG = TrainConfig(data="synthetic")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def no_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(facts, "_DRIVER", tmp_path / "driver")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return tmp_path / "driver"


def runs(root: Path) -> KnownRuns:
    known = KnownRuns(root / "runs")
    known.refresh()
    return known


def test_a_model_is_described_by_size_accuracy_and_a_line() -> None:
    model = MODELS["compact"]
    size = f"{model.parameters:,} parameters, {100 * model.accuracy:.1f} % on real digits"
    assert facts.model_facts("compact") == (size, model.summary)
    assert facts.model_facts("/x/net.py:Net")[0] == "net.py:Net, your own"


def test_auto_data_is_what_is_installed_now(tmp_path: Path, data: Path) -> None:
    known = runs(tmp_path)
    assert facts.data_facts("auto", known) == "synthetic digits; EMNIST is missing"
    raw_folder(data).mkdir(parents=True)
    for name in FILES:
        (raw_folder(data) / name).touch()
    assert facts.data_facts("auto", known) == "EMNIST digits"


def test_the_whole_path_of_data_is_given(tmp_path: Path) -> None:
    assert facts.data_facts("/a/long/path/gzip.zip", runs(tmp_path)) == "/a/long/path/gzip.zip"


def test_auto_device_is_what_a_run_found_else_no_claim(tmp_path: Path, no_driver: Path) -> None:
    assert facts.auto_device(runs(tmp_path)) == "probably cpu: no NVIDIA driver is seen"
    assert facts.device_facts("cuda", runs(tmp_path)) == "no NVIDIA driver is seen here"
    no_driver.touch()
    assert facts.auto_device(runs(tmp_path)) == "cuda if torch finds it, else cpu"
    assert facts.device_facts("cuda", runs(tmp_path)) == ""
    write_run(tmp_path / "runs", "mine")
    assert facts.auto_device(runs(tmp_path)) == "cpu, as in mine"


def test_a_gpu_of_another_machine_tells_nothing_about_this_one(tmp_path: Path, no_driver: Path) -> None:
    config, folder = replace(CONFIG, device="auto"), write_run(tmp_path / "runs", "mine")
    text = folder.events.read_text()
    folder.events.write_text(text.replace(started(CONFIG).to_line(), started_on_gpu(CONFIG).to_line()))
    known = runs(tmp_path)
    assert facts.auto_device(known) == "probably cpu: no NVIDIA driver is seen"
    assert facts.estimated(config, known) is None
    no_driver.touch()
    assert facts.auto_device(known) == "cuda (NVIDIA H100 80GB HBM3), as in mine"
    assert facts.estimated(config, known) == "about 1 s, as mine ran"


def test_hidden_cards_are_told_whatever_a_run_found(
    tmp_path: Path, no_driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_driver.touch()
    write_run(tmp_path / "runs", "mine")
    for value in ("", " ", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert facts.auto_device(runs(tmp_path)) == "cpu: CUDA_VISIBLE_DEVICES hides every GPU"
        assert facts.device_facts("cuda:1", runs(tmp_path)) == "CUDA_VISIBLE_DEVICES hides every GPU"
        assert facts.device_facts("cpu", runs(tmp_path)) == ""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert facts.auto_device(runs(tmp_path)) == "cpu, as in mine"


def test_the_gpu_of_a_mac_is_offered_on_a_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert facts.device_facts("mps", runs(tmp_path)) == "only on a Mac"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert facts.device_facts("mps", runs(tmp_path)) == "untested"
    assert [choice.value for choice in facts.device_choices(runs(tmp_path))] == ["auto", "cpu", "cuda", "mps"]


def test_each_of_several_gpus_is_offered(tmp_path: Path, no_driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (no_driver / "gpus/0000:17:00.0").mkdir(parents=True)
    assert [choice.value for choice in facts.device_choices(runs(tmp_path))] == ["auto", "cpu", "cuda"]
    (no_driver / "gpus/0000:65:00.0").mkdir()
    values = ["auto", "cpu", "cuda", "cuda:0", "cuda:1"]
    choices = facts.device_choices(runs(tmp_path))
    assert [choice.value for choice in choices] == values
    assert {choice.words for choice in choices[3:]} == {"one of 2 GPUs, counted from 0"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")  # which of them torch sees is not known here
    assert [choice.value for choice in facts.device_choices(runs(tmp_path))] == ["auto", "cpu", "cuda"]


def test_a_run_takes_as_long_as_its_like_took(tmp_path: Path) -> None:
    assert facts.estimated(CONFIG, runs(tmp_path)) is None
    write_run(tmp_path / "runs", "mine")  # 3,200 images at 16,000 a second
    known = runs(tmp_path)
    assert facts.estimated(replace(CONFIG, epochs=1000), known) == "about 3 m, as mine ran"
    assert facts.estimated(replace(CONFIG, epochs=100), known) == "about 20 s, as mine ran"
    assert facts.estimated(CONFIG, known) == "about 1 s, as mine ran"
    other = replace(CONFIG, epochs=10_000, batch_size=1024)
    assert facts.estimated(other, known) == "about 33 m, at the speed of mine with batches of 32"
    for change, words in (
        ({"ema": 0.9}, "without ema"),
        ({"optimizer": "sgd"}, "with adam"),
        ({"threads": 2}, "on 1 thread"),
        ({"ema": 0.9, "threads": 2}, "on 1 thread"),
    ):
        changed = replace(CONFIG, **change)
        assert facts.estimated(changed, known) == f"about 1 s, at the speed of mine {words}"
    assert facts.estimated(replace(CONFIG, threads=1, learning_rate=0.1), known) == "about 1 s, as mine ran"
    patient = replace(CONFIG, epochs=10_000, validation=1600, patience=3)
    assert facts.estimated(patient, known) == "at most about 17 m, as mine ran"


@pytest.mark.parametrize("name", ["augmentation", "label_smoothing"])
def test_another_way_of_computing_steps_tells_only_which_takes_longer(tmp_path: Path, name: str) -> None:
    slow = replace(CONFIG, epochs=1000, **{name: 0.5})  # type: ignore[arg-type]
    words = name.replace("_", " ")
    write_run(tmp_path / "runs", "fast")
    known = runs(tmp_path)
    assert facts.estimated(slow, known) == f"more than 3 m, at the speed of fast without {words}"
    for doubt in ({"batch_size": 64}, {"threads": 2}, {"ema": 0.9}, {"validation": 500, "patience": 3}):
        assert facts.estimated(replace(slow, **doubt), known) is None, doubt
    folder = RunFolder(tmp_path / "runs" / "fast")
    folder.events.write_text(folder.events.read_text().replace(started(CONFIG).to_line(), started(slow).to_line()))
    known.refresh()
    fast = replace(CONFIG, epochs=1000)
    assert facts.estimated(slow, known) == "about 3 m, as fast ran"
    assert facts.estimated(fast, known) == f"less than 3 m, at the speed of fast with {words}"
    patient = replace(fast, validation=1600, patience=3)
    assert facts.estimated(patient, known) == f"less than 2 m, at the speed of fast with {words}"
    other = "label_smoothing" if name == "augmentation" else "augmentation"
    assert facts.estimated(replace(fast, **{other: 0.5}), known) is None  # type: ignore[arg-type]


def test_nothing_is_estimated_for_another_model_device_or_unknown_data(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", "mine")
    known = runs(tmp_path)
    for config in (
        replace(CONFIG, model="compact"),
        replace(CONFIG, device="cuda"),
        replace(CONFIG, data="/elsewhere/gzip.zip"),
    ):
        assert facts.estimated(config, known) is None
    assert facts.estimated(replace(CONFIG, device="cpu"), known)


def ended(root: Path, name: str, reason: str, accuracy: float | None = None) -> None:
    folder = RunFolder(root / "runs" / name)
    folder.path.mkdir(parents=True)
    folder.begin(CONFIG, started(CONFIG))
    with EventLog(folder.events) as log:
        log.write(started(CONFIG))
        log.write(RunEnded(reason=reason, step=1, seconds=1, images_per_second=1, test_accuracy=accuracy))


def test_a_configuration_that_ran_before_is_named_with_its_end(tmp_path: Path) -> None:
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) is None
    ended(tmp_path, "early", "stopped")
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) == "same as early (stopped)"
    assert facts.warning_of_seed(replace(CONFIG, data="auto", keep_epochs=1), runs(tmp_path))
    assert facts.warning_of_seed(replace(CONFIG, seed=1), runs(tmp_path)) is None
    assert facts.warning_of_seed(replace(CONFIG, device="cuda"), runs(tmp_path)) is None


def test_an_equal_run_that_failed_is_called_so(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", "mine", epochs=1, ended=False)
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) == "same as mine (not ended)"
    with EventLog(tmp_path / "runs" / "mine" / "events.jsonl") as log:
        log.write(RunFailed(error="no memory"))
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) == "same as mine (failed)"


def test_the_accuracy_of_an_equal_run_is_told(tmp_path: Path) -> None:
    ended(tmp_path, "baseline-003", "finished", 0.974)
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) == "same as baseline-003 (97.40 %)"


def test_a_dead_seed_is_the_first_thing_to_tell(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", "mine", ended=False)
    with EventLog(tmp_path / "runs" / "mine" / "events.jsonl") as log:
        log.write(StuckAtChance(epoch=1, step=1, loss=2.3, seed=0))
    assert facts.warning_of_seed(CONFIG, runs(tmp_path)) == "died in mine; try 1"


def test_differences_are_summed_up() -> None:
    assert facts.comparison(TrainConfig.of(model="compact")) == "compact's recipe, unchanged"
    config = TrainConfig.of(model="compact", epochs=5, learning_rate=0.01)
    assert facts.comparison(config) == "compact's recipe, except epochs 5, learning rate 0.01"


def test_invalid_fields_are_named_and_nothing_is_called_unchanged() -> None:
    assert facts.comparison(CONFIG, ["epochs", "batch_size"]) == "baseline's recipe; invalid: epochs, batch size"
    assert facts.comparison(replace(CONFIG, seed=3, ema=0.9), ["epochs"]).endswith("except ema 0.9; invalid: epochs")


def test_a_file_without_a_recipe_has_that_of_the_baseline(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text("class Mine: ...\n")
    assert facts.comparison(TrainConfig(model=f"{file}:Mine")) == "baseline's recipe, unchanged"
    file.write_text('RECIPE = {"epochs": 7}\nclass Mine: ...\n')
    assert facts.comparison(TrainConfig(model=f"{file}:Mine", epochs=7)) == "mine.py:Mine's recipe, unchanged"


def test_menus_offer_what_was_used_before(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "runs", "mine")
    config = replace(CONFIG, data="/x/gzip.zip")
    folder.begin(config, started(config))
    folder.events.write_text(started(config).to_line())
    assert [choice.value for choice in facts.data_choices(runs(tmp_path))] == [
        "auto",
        "emnist",
        "synthetic",
        "/x/gzip.zip",
    ]
    assert [choice.value for choice in facts.model_choices(runs(tmp_path))] == [*MODELS]
    assert [choice.value for choice in facts.device_choices(runs(tmp_path))] == ["auto", "cpu", "cuda"]


def test_the_rate_is_the_highest_only_with_a_schedule() -> None:
    assert facts.rate_facts(None) == "step size"
    assert facts.rate_facts("cosine") == "peak step size, cosine"


@pytest.mark.parametrize(
    ("seeds", "workers", "words"), [(1, 1, ""), (5, 2, "7 to 11, 2 runs at once"), (5, 1, "7 to 11, 1 run at once")]
)
def test_the_seeds_of_a_group_are_named(monkeypatch: pytest.MonkeyPatch, seeds: int, workers: int, words: str) -> None:
    monkeypatch.setattr(facts, "spare_workers", lambda config, runs: workers)
    assert facts.group_facts(TrainConfig(seed=7), seeds) == words
    assert facts.group_facts(None, seeds) == ""
