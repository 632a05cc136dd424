"""Steps that ranks share: the number of ranks changes no bit."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.training.distributed.team import FollowingTeam
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.distributed import CHUNK, DistributedStepper
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Event
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.own_networks import write_network
from tests.support.small_dataset import (
    at_step,
    bars,
    losses_by_step,
    report_every_batch,
    run_until,
    small_dataset,
    start,
)
from tests.support.thread_ranks import ranks, trainer_of_ranks

UNEVEN = 330  # images: of a batch of 200, 4 chunks and 3, of which the last has 2 images


def train(
    size: int, path: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch, dataset: Dataset | None = None
) -> list[Event]:
    with trainer_of_ranks(size, path, dataset or small_dataset(UNEVEN), config, monkeypatch) as trainer:
        return list(trainer.run())


def check_same(one: Path, other: Path) -> None:
    """Compare weights, averages, moments, metrics and predictions bit for bit."""
    mine, its = (torch.load(path / "last.pt", weights_only=True) for path in (one, other))
    for name in ("state_dict", "trained_weights"):
        for key, value in its.get(name, {}).items():
            assert torch.equal(mine[name][key], value), (name, key)
    for number, moments in its["optimizer"].items():
        assert all(torch.equal(mine["optimizer"][number][name], moment) for name, moment in moments.items())
    assert torch.equal(mine["random"]["cpu"], its["random"]["cpu"])
    assert mine["metrics"] == its["metrics"]
    for path in one.glob("*.npz"):
        assert path.read_bytes() == (other / path.name).read_bytes()


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(epochs=2, batch_size=200, clip_norm=1.0),
        TrainConfig.of(model="compact", epochs=1, batch_size=129),  # the last chunk of a batch is a single image
    ],
    ids=["baseline", "compact"],
)
def test_the_number_of_ranks_changes_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: TrainConfig
) -> None:
    events = [train(size, tmp_path / str(size), config, monkeypatch) for size in (1, 2, 3)]
    check_same(tmp_path / "2", tmp_path / "1")
    check_same(tmp_path / "3", tmp_path / "1")
    assert losses_by_step(events[0]) == losses_by_step(events[1]) == losses_by_step(events[2])


@pytest.mark.parametrize("name", ["ResNet", "PatchTransformer", "Perceptron"])
def test_norms_and_random_numbers_of_own_networks_do_not_depend_on_ranks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    config = TrainConfig.of(model=write_network(tmp_path, name), epochs=1, batch_size=150)
    for size in (1, 2):
        train(size, tmp_path / str(size), config, monkeypatch, small_dataset(UNEVEN, 50))
    check_same(tmp_path / "2", tmp_path / "1")


@pytest.mark.parametrize("model", ["baseline", "compact"])
def test_up_to_a_chunk_the_bits_are_those_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    config = TrainConfig.of(model=model, epochs=1, batch_size=CHUNK)
    train(2, tmp_path / "ranks", config, monkeypatch)
    list(start(tmp_path / "alone", small_dataset(UNEVEN), config).run())
    check_same(tmp_path / "ranks", tmp_path / "alone")


def test_a_resumed_run_may_have_other_ranks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    config, dataset = TrainConfig(epochs=2, batch_size=130), small_dataset(UNEVEN)
    train(1, tmp_path / "whole", config, monkeypatch)
    with trainer_of_ranks(3, tmp_path / "cut", dataset, config, monkeypatch) as trainer:
        run_until(trainer, at_step(2), trainer.request_stop)
    checkpoint = load_checkpoint(tmp_path / "cut" / "last.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.progress.step == 3
    with trainer_of_ranks(2, tmp_path / "cut", dataset, config, monkeypatch, checkpoint) as trainer:
        list(trainer.run())
    check_same(tmp_path / "cut", tmp_path / "whole")


def test_the_leaders_rates_and_shares_count(new_trainee: NewTrainee) -> None:
    """The others have no plan of their own but the order."""
    config, split = TrainConfig(batch_size=100, ema=0.9), bars(200, seed=0)
    plan = EpochPlan(torch.arange(200), None, [0.01, 0.02], [0.5, 0.25])
    ends: list[torch.Tensor] = []

    def stepper_in(team: object) -> DistributedStepper:
        trainee = new_trainee(config)
        ends.append(trainee.parameters.values)
        assert trainee.average is not None
        ends.append(next(iter(trainee.average.tensors())))
        computed = AutogradPass(trainee.model, trainee.parameters, split)
        return DistributedStepper(computed, trainee, config, team, is_random=False)  # type: ignore[arg-type]

    def follow(team: FollowingTeam) -> None:
        stepper = stepper_in(team)
        team.receive()
        stepper.begin(EpochPlan(plan.order, None, (), ()))
        for _ in plan.rates:
            stepper.take(1)

    with ranks(2, follow) as team:
        stepper = stepper_in(team)
        stepper.begin(plan)
        stepper.take(1)
        stepper.set_rates([0.03])
        stepper.take(5)
        results = stepper.read()
    assert results is not None
    assert results.images == [100, 100]
    assert torch.equal(ends[0], ends[2])
    assert torch.equal(ends[1], ends[3])
    assert not torch.equal(ends[0], ends[1])


def test_steps_wait_while_the_team_rests(new_trainee: NewTrainee) -> None:
    config, split = TrainConfig(batch_size=100), bars(200, seed=0)
    with ranks(1, lambda _: None) as team:
        trainee = new_trainee(config)
        stepper = DistributedStepper(
            AutogradPass(trainee.model, trainee.parameters, split), trainee, config, team, is_random=False
        )
        stepper.begin(EpochPlan(torch.arange(200), None, [0.01, 0.01], ()))
        assert team.is_idle
        team.has_request = True
        stepper.take(1)
        assert team.is_idle
        stepper.take(1)
        assert team.is_idle, "the epoch is over"
    assert stepper.name == "autograd, 1 rank"
    assert ExchangedVector(2, 3, torch.device("cpu")).payloads.shape == (2, 3)
