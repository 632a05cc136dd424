"""Epochs that keep their files, and those that lose them."""

import os
from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.retention import epoch_of, old_files, remove_old_epochs
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Evaluated
from tests.support.small_dataset import of_kind, small_dataset, start

OWN = ("epoch-001.pt", "evaluation-epoch-001.npz", "evaluation-validation-epoch-001.npz", "neighbors-epoch-001.npz")
OTHERS = (
    "epoch-1.pt",
    "epoch-0001.pt",
    "my-epoch-001.pt",
    "epoch-001.pt.triage.json",
    "epoch-001 (copy).pt",
    "epoch-001.npz",
    "evaluation-epoch-001.pt",
    "step-000001.pt",
    "last.pt",
    "events.jsonl",
    "evaluation.npz",
)


def epochs_in(folder: Path, kind: str = "epoch") -> list[int]:
    return sorted(epoch_of(path.name) or 0 for path in folder.glob(f"{kind}-*") if epoch_of(path.name))


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


def judge(folder: Path, file: str | None) -> None:
    Triage.load(folder / "triage.json", "bars", "abc", "test").judge(1, Verdict.AMBIGUOUS, file)


@pytest.mark.parametrize("name", [*OWN, "neighbours-epoch-001.npz", "epoch-1234.pt"])
def test_an_epochs_own_files_have_an_epoch(name: str) -> None:
    assert epoch_of(name) in (1, 1234)


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_have_none(name: str) -> None:
    assert epoch_of(name) is None


def test_the_newest_epochs_are_kept() -> None:
    names = [f"epoch-{epoch:03d}.pt" for epoch in range(1, 1003)]
    assert list(old_files(names, newest=1001, keep=3, kept={5, 1000})) == [
        f"epoch-{epoch:03d}.pt" for epoch in range(1, 999) if epoch != 5
    ]
    assert list(old_files(names, newest=1002, keep=10_000)) == []


def test_only_files_of_old_epochs_are_removed(tmp_path: Path) -> None:
    touch(tmp_path, *OWN, *OTHERS, "epoch-002.pt", "epoch-003.pt")
    remove_old_epochs(tmp_path, newest=3, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*OTHERS, "epoch-002.pt", "epoch-003.pt"])


@pytest.mark.parametrize("file", ["evaluation-epoch-001.npz", "epoch-001.pt", "evaluation-validation-epoch-001.npz"])
def test_a_judged_epoch_is_kept(tmp_path: Path, file: str) -> None:
    touch(tmp_path, *OWN, "epoch-002.pt", "epoch-003.pt")
    judge(tmp_path, file)
    remove_old_epochs(tmp_path, newest=3, keep=1)
    assert all((tmp_path / name).exists() for name in OWN)
    assert epochs_in(tmp_path) == [1, 3]


def test_a_judgment_of_an_earlier_version_keeps_what_was_there_then(tmp_path: Path) -> None:
    touch(tmp_path, "epoch-001.pt", "epoch-002.pt", "epoch-003.pt")
    os.utime(tmp_path / "epoch-001.pt", (1, 1))
    judge(tmp_path, None)
    os.utime(tmp_path / "epoch-002.pt", (2e9, 2e9))
    remove_old_epochs(tmp_path, newest=3, keep=1)
    assert epochs_in(tmp_path) == [1, 3]


@pytest.mark.parametrize("damaged", ["triage.json", "best.pt"])
def test_unreadable_judgments_or_best_weights_keep_everything(tmp_path: Path, damaged: str) -> None:
    touch(tmp_path, *OWN, damaged)
    remove_old_epochs(tmp_path, newest=3, keep=1)
    assert all((tmp_path / name).exists() for name in OWN)


def test_what_cannot_be_removed_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "epoch-001.pt").mkdir()
    touch(tmp_path, "epoch-002.pt")
    remove_old_epochs(tmp_path, newest=9, keep=1)
    assert epochs_in(tmp_path) == [1]
    remove_old_epochs(tmp_path / "missing", newest=9, keep=1)


def test_a_run_keeps_its_newest_epochs_and_every_event(tmp_path: Path) -> None:
    events = list(start(tmp_path, small_dataset(64, 20), TrainConfig(epochs=7, keep_epochs=3)).run())
    assert epochs_in(tmp_path) == epochs_in(tmp_path, "evaluation") == [5, 6, 7]
    assert [event.epoch for event in of_kind(events, Evaluated)] == [1, 2, 3, 4, 5, 6, 7]
    assert (tmp_path / "last.pt").exists()


def test_a_run_with_validation_keeps_its_best_epoch(tmp_path: Path) -> None:
    config = TrainConfig(epochs=8, keep_epochs=2, validation=100, learning_rate=0.05)
    events = list(start(tmp_path, small_dataset(), config).run())
    best = of_kind(events, Evaluated)[-1].epoch
    assert epochs_in(tmp_path) == sorted({best, 7, 8})
    assert (tmp_path / f"evaluation-validation-epoch-{best:03d}.npz").exists()
    assert (tmp_path / f"evaluation-epoch-{best:03d}.npz").exists()


def test_a_resumed_run_keeps_as_many_and_an_old_one_all(tmp_path: Path) -> None:
    dataset = small_dataset(64, 20)
    trainer = start(tmp_path, dataset, TrainConfig(epochs=4, keep_epochs=2))
    list(trainer.run())
    config, checkpoint = resume(trainer.folder, 6)
    assert config.keep_epochs == 2
    list(start(tmp_path, dataset, config, checkpoint).run())
    assert epochs_in(tmp_path) == [5, 6]
    old = {name: value for name, value in config.to_json().items() if name != "keep_epochs"}
    assert TrainConfig.from_json(old).keep_epochs == 10_000
