"""Earlier runs as a guide to the next one: dead seeds and equal runs."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import FILES, raw_folder
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunEnded, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.known_runs import KnownRuns
from tests.support.scripted_runs import batches, started, started_on_gpu, units_changed, write_run

RECIPE = TrainConfig(data="synthetic")


@pytest.fixture(autouse=True)
def no_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def died(root: Path, config: TrainConfig, name: str = "") -> RunFolder:
    folder = RunFolder(root / (name or f"seed-{config.seed}"))
    folder.path.mkdir(parents=True)
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        log.write(started(config))
        log.write(batches(1, 1, 300))
        log.write(StuckAtChance(epoch=1, step=300, loss=2.303, seed=config.seed))
    return folder


def weakened(root: Path, config: TrainConfig, *changes: tuple[list[int], list[int]]) -> None:
    """Write a run whose first layer of two filters lost and regained some."""
    folder = RunFolder(root / f"seed-{config.seed}")
    folder.path.mkdir(parents=True)
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        log.write(started(config))
        for step, (died, revived) in enumerate(changes, start=1):
            log.write(units_changed(step, died, revived))


def dead_in(root: Path) -> KnownRuns:
    dead = KnownRuns(root)
    dead.refresh()
    return dead


def test_dead_seeds_are_skipped(tmp_path: Path) -> None:
    for seed in (1, 2, 4):
        died(tmp_path, replace(RECIPE, seed=seed))
    dead = dead_in(tmp_path)
    assert dead.next_alive(RECIPE).seed == 3
    assert dead.next_alive(replace(RECIPE, seed=3)).seed == 5
    assert dead.alive(replace(RECIPE, seed=2)).seed == 3
    assert dead.alive(RECIPE) == RECIPE
    assert dead.died_in(replace(RECIPE, seed=4)) == "seed-4"


def test_seeds_that_lost_one_filter_are_named_and_not_offered_next(tmp_path: Path) -> None:
    weakened(tmp_path, replace(RECIPE, seed=1), ([0], []))
    weakened(tmp_path, replace(RECIPE, seed=2), ([0], []), ([], [0]))
    died(tmp_path, replace(RECIPE, seed=3))
    dead = dead_in(tmp_path)
    assert dead.lost_units_in(replace(RECIPE, seed=1)) == "seed-1"
    assert dead.lost_units_in(replace(RECIPE, seed=1, learning_rate=0.003)) is None
    assert dead.lost_units_in(replace(RECIPE, seed=2)) is None
    assert dead.died_in(replace(RECIPE, seed=1)) is None
    assert dead.alive(replace(RECIPE, seed=1)).seed == 1
    assert dead.next_alive(RECIPE).seed == 2
    assert dead.next_alive(replace(RECIPE, seed=2)).seed == 4


@pytest.mark.parametrize(
    ("recipe", "later"),
    [
        (replace(RECIPE, seed=4), {"learning_rate": 0.001}),
        (replace(RECIPE, seed=4, schedule="one-cycle"), {"epochs": 9}),
    ],
)
def test_a_recipe_changed_later_is_not_blamed_for_lost_filters(
    tmp_path: Path, recipe: TrainConfig, later: dict[str, object]
) -> None:
    weakened(tmp_path, recipe, ([0], []))
    other = replace(recipe, **later)  # type: ignore[arg-type]
    with EventLog(tmp_path / "seed-4" / "events.jsonl") as log:
        log.write(started(other, resumed_at_step=300))
    known = dead_in(tmp_path)
    assert known.lost_units_in(recipe) == "seed-4"
    assert known.lost_units_in(other) is None


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 64},
        {"learning_rate": 0.001},
        {"model": "other"},
        {"data": "emnist"},
        {"validation": 9},
        {"optimizer": "sgd"},
        {"schedule": "cosine"},
        {"warmup": 0.1},
        {"weight_decay": 0.1},
        {"label_smoothing": 0.1},
        {"augmentation": 0.1},
        {"clip_norm": 1.0},
    ],
)
def test_a_seed_is_dead_only_with_its_recipe(tmp_path: Path, change: dict[str, object]) -> None:
    died(tmp_path, replace(RECIPE, seed=1))
    assert dead_in(tmp_path).died_in(replace(RECIPE, seed=1, **change)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"epochs": 9}, {"device": "cpu"}, {"threads": 2}, {"keep_epochs": 1}, {"ema": 0.9}])
def test_a_seed_stays_dead_where_the_change_does_not_matter(tmp_path: Path, change: dict[str, object]) -> None:
    died(tmp_path, replace(RECIPE, seed=1))
    assert dead_in(tmp_path).died_in(replace(RECIPE, seed=1, **change))  # type: ignore[arg-type]


def test_auto_is_the_data_that_it_means_now(tmp_path: Path, no_digits: Path) -> None:
    died(tmp_path, replace(RECIPE, seed=1, data="auto"))
    dead = dead_in(tmp_path)
    assert dead.died_in(replace(RECIPE, seed=1))
    assert dead.died_in(replace(RECIPE, seed=1, data="auto"))
    raw_folder(no_digits).mkdir(parents=True)
    for name in FILES:
        (raw_folder(no_digits) / name).touch()
    assert dead.died_in(replace(RECIPE, seed=1, data="auto")) is None


def test_a_later_death_is_noticed_and_damaged_runs_are_skipped(tmp_path: Path) -> None:
    dead = dead_in(tmp_path)
    died(tmp_path, replace(RECIPE, seed=1))
    damaged = died(tmp_path, replace(RECIPE, seed=2))
    damaged.events.write_bytes(b'{"event":"run_started","config":[]}\n{"event":"stuck_at_chance"}\nnonsense')
    assert dead.died_in(replace(RECIPE, seed=1)) is None
    dead.refresh()
    assert dead.died_in(replace(RECIPE, seed=1)) == "seed-1"
    assert dead.died_in(replace(RECIPE, seed=2)) is None


def test_the_newest_ended_run_is_the_equal_one(tmp_path: Path) -> None:
    write_run(tmp_path, "ended")
    write_run(tmp_path, "begun", epochs=1, ended=False)
    os.utime(tmp_path / "ended" / "run.json", (1, 1))
    known = dead_in(tmp_path)
    same = known.same_as(RECIPE)
    assert same is not None
    assert same.name == "ended"
    assert known.same_as(replace(RECIPE, epochs=4)) is None


@pytest.mark.parametrize(
    "change",
    [{"label_smoothing": 0.1}, {"augmentation": 0.5}, {"ema": 0.9}, {"optimizer": "sgd"}, {"threads": 2}],
    ids=lambda change: next(iter(change)),
)
def test_a_run_of_the_same_costs_is_the_best_guide(tmp_path: Path, change: dict[str, object]) -> None:
    other = replace(RECIPE, **change)  # type: ignore[arg-type]
    for config, name, time in ((other, "like", 1), (RECIPE, "newer", 2)):
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir()
        folder.begin(config, started(config))
        with EventLog(folder.events) as log:
            log.write(started(config))
            log.write(RunEnded(reason="stopped", step=1, seconds=1, images_per_second=time))
        os.utime(folder.run_json, (time, time))
    known = dead_in(tmp_path)
    estimate = known.estimate(other)
    assert estimate is not None
    assert (estimate.run.name, estimate.differs) == ("like", ())
    (tmp_path / "like").rename(tmp_path.parent / f"{tmp_path.name}-gone")
    known.refresh()
    estimate = known.estimate(other)
    assert estimate is not None
    assert (estimate.run.name, estimate.differs) == ("newer", tuple(change))


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"epochs": 9, "threads": 2, "learning_rate": 0.1, "schedule": "cosine"}, True),
        ({"batch_size": 512}, False),
        ({"optimizer": "adamw"}, False),
        ({"weight_decay": 0.1}, False),
        ({"augmentation": 0.5}, False),
        ({"label_smoothing": 0.1}, False),
        ({"ema": 0.9}, False),
        ({"clip_norm": 1.0}, False),
    ],
)
def test_a_gpu_tells_only_the_time_of_its_own_way_of_steps(
    tmp_path: Path, change: dict[str, Any], is_told: bool
) -> None:
    folder = write_run(tmp_path / "runs", "fast")
    config = TrainConfig(data="synthetic")
    events = folder.events.read_text().replace(started(config).to_line(), started_on_gpu(config).to_line())
    folder.events.write_text(events)
    known = KnownRuns(tmp_path / "runs")
    known.refresh()
    assert (known.estimate(replace(config, **change)) is not None) == is_told


def test_an_explicit_device_equals_the_one_that_auto_found(tmp_path: Path) -> None:
    write_run(tmp_path, "mine")
    known = dead_in(tmp_path)
    assert known.same_as(replace(RECIPE, device="cpu"))
    assert known.same_as(replace(RECIPE, device="cuda")) is None


def test_the_first_card_has_two_names(tmp_path: Path) -> None:
    config = replace(RECIPE, device="cuda:0")
    folder = RunFolder(tmp_path / "mine")
    folder.path.mkdir()
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        log.write(replace(started(config), device="cuda:0 (NVIDIA T4)"))
    known = dead_in(tmp_path)
    assert known.same_as(replace(RECIPE, device="cuda"))
    assert known.same_as(replace(RECIPE, device="cuda:0"))
    assert known.same_as(replace(RECIPE, device="cuda:1")) is None


def test_sources_and_models_are_listed_once_newest_first(tmp_path: Path) -> None:
    for number, model in enumerate(("compact", "baseline", "compact")):
        run = died(tmp_path, replace(RECIPE, model=model), f"run-{number}")
        os.utime(run.run_json, (number, number))
    known = dead_in(tmp_path)
    assert known.models == ["compact", "baseline"]
    assert known.sources == ["synthetic"]
