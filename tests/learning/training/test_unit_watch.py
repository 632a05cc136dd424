"""Lost units found while training, which training does not notice."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.checkpoint.rng_state import random_states
from emnist_tui.learning.training import unit_watch
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.learning.training.unit_watch import UnitWatch
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, write_control
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Evaluated, Event, StuckAtChance, UnitsChanged
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.record import summarize
from emnist_tui.runs.unit_health import LayerHealth
from tests.support.model_table import entry
from tests.support.small_dataset import at_step, of_kind, only, report_every_batch, small_dataset, start

CPU = torch.device("cpu")
Acts = dict[int, Callable[[], object]]


class Net(nn.Module):
    """A small network with norms, dropout, and noise also in evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Conv2d(1, 4, 5, stride=2)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4 * 12 * 12, 10)
        self.dropout = nn.Dropout(0.2)

    def forward(self, images: Tensor) -> Tensor:
        maps = torch.relu(self.norm(self.maps(images)))
        maps = maps + 1e-3 * torch.rand_like(maps)
        logits: Tensor = self.head(self.dropout(maps.flatten(1)))
        return logits


@pytest.fixture(autouse=True)
def _small_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examine every 10 steps of 32 images, and report every batch."""
    monkeypatch.setattr(unit_watch, "_EVERY", 320)
    report_every_batch(monkeypatch)


def drive(trainer: Trainer, acts: Acts | None = None, killed_at: int = -1) -> list[Event]:
    """Run as `train` does, acting after some steps; a kill leaves no end."""
    events: list[Event] = []
    with EventLog(trainer.folder.events) as log:
        for event in trainer.run():
            events.append(event)
            log.write(event)
            for step, act in (acts or {}).items():
                if at_step(step)(event):
                    act()
            if at_step(killed_at)(event):
                break
    return events


def resumed(path: Path) -> Trainer:
    folder = RunFolder(path)
    write_control(folder.control, Control())
    config, checkpoint = resume(folder)
    return start(path, small_dataset(), config, checkpoint)


def set_biases(trainer: Trainer, layer: int, *biases: float) -> Callable[[], None]:
    """Return what sets the biases of a layer of the baseline, whose optimizer then hardly moves them."""

    def act() -> None:
        bias = trainer._learner.model.get_parameter(f"layers.{layer}.bias")
        with torch.no_grad():
            bias.copy_(torch.tensor(biases))

    return act


def changes(events: Iterable[Event]) -> list[tuple[int, str, list[int], list[int], bool]]:
    found = of_kind(events, UnitsChanged)
    return [(event.step, event.layer, event.died, event.revived, event.confirmed) for event in found]


def tensors(path: Path) -> dict[str, Tensor]:
    """Read all that a run's last checkpoint holds, weights, optimizer and random states, by key."""
    return dict(_tensors(torch.load(path / "last.pt", weights_only=True), ""))


def _tensors(value: object, key: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield key, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _tensors(member, f"{key}/{name}")


def test_a_death_and_a_revival_are_reported_with_the_step_that_found_them(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=2, seed=3))
    acts: Acts = {4: set_biases(trainer, 0, 0.5, -500.0), 24: set_biases(trainer, 0, 0.5, 0.5)}
    events = drive(trainer, acts)
    assert changes(events) == [(5, "layers.1", [1], [], False), (30, "layers.1", [], [1], False)]
    death = of_kind(events, UnitsChanged)[0]
    assert (death.kind, death.state, death.unit, death.of, death.epoch) == ("ReLU", "dead", "filter", 2, 1)
    first, second = (LayerHealth.all_of(event) for event in of_kind(events, Evaluated))
    assert [layer.units for layer in first] == [[1], []]
    assert [layer.units for layer in second] == [[], []]


def test_a_unit_that_often_revives_is_left_to_the_whole_split(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(train=3_200), TrainConfig(epochs=1, seed=3, learning_rate=1e-9))
    alive, dead = set_biases(trainer, 0, 0.5, 0.5), set_biases(trainer, 0, 0.5, -500.0)
    alive()
    acts: Acts = {step: dead if step // 10 % 2 else alive for step in range(12, 92, 10)}
    found = changes(drive(trainer, acts))
    deaths = [(step, confirmed) for step, _, died, _, confirmed in found if died]
    assert deaths == [(20, False), (40, False), (60, False)]
    assert [step for step, _, _, revived, _ in found if revived] == [30, 50, 70]
    dead()
    at = trainer._progress
    evaluated = [LayerHealth("layers.1", "ReLU", "dead", [1], of=2, unit="filter")]
    assert changes(trainer._units.confirm(evaluated, at)) == [(at.step, "layers.1", [1], [], True)]


def test_saturated_filters_are_reported(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1, seed=3))
    events = drive(trainer, {6: set_biases(trainer, 3, 500.0, 0.0, -500.0, 0.0)})
    death = only(events, UnitsChanged)
    assert (death.step, death.layer, death.kind, death.state) == (10, "layers.4", "sigmoid", "saturated")
    assert (death.died, death.of) == ([0, 2], 4)


def test_what_dies_after_the_last_sample_is_found_on_the_whole_split(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(train=560), TrainConfig(epochs=1, seed=3))
    events = drive(trainer, {14: set_biases(trainer, 0, 0.5, -500.0)})
    assert changes(events) == [(18, "layers.1", [1], [], True)]


def test_a_unit_that_only_the_sample_misses_revives_on_the_whole_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_watch, "_SAMPLE", 1)
    dataset = small_dataset()
    dataset.test.images[0] = 0  # the only image of the sample
    trainer = start(tmp_path, dataset, TrainConfig(epochs=2, seed=3, learning_rate=1e-9))

    def silence_paper() -> None:
        model = trainer._learner.model
        with torch.no_grad():
            model.get_parameter("layers.0.weight")[1].fill_(1.0)
            model.get_parameter("layers.0.bias").copy_(torch.tensor([0.5, -0.1]))

    silence_paper()
    events = drive(trainer)
    assert changes(events) == [
        (1, "layers.1", [1], [], False),
        (20, "layers.1", [], [1], True),
        (30, "layers.1", [1], [], False),
        (40, "layers.1", [], [1], True),
    ]


def test_a_run_that_loses_every_filter_is_still_called_stuck(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(train=3_200), TrainConfig(epochs=4, seed=3))
    set_biases(trainer, 0, -500.0, -500.0)()
    events = drive(trainer)
    assert changes(events)[0] == (1, "layers.1", [0, 1], [], False)
    assert only(events, StuckAtChance).step == 300


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("model", ["baseline", "net", "compact"])
def test_training_is_the_same_bit_for_bit_without_a_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, ema: float
) -> None:
    monkeypatch.setitem(MODELS, "net", entry(Net))
    config = TrainConfig(model=model, epochs=2, seed=3, ema=ema, augmentation=0.3 if model == "compact" else 0.0)
    drive(start(tmp_path / "watched", small_dataset(), config))
    with monkeypatch.context() as patch:
        patch.setattr(UnitWatch, "is_due", lambda self, step: False)
        drive(start(tmp_path / "unwatched", small_dataset(), config))
    one, other = tensors(tmp_path / "watched"), tensors(tmp_path / "unwatched")
    assert one.keys() == other.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


def test_an_examination_leaves_network_and_random_states_as_they_were(tmp_path: Path) -> None:
    model = Net().train()
    model.norm.eval()
    watch = UnitWatch(TrainConfig(), small_dataset().test, CPU, RunFolder(tmp_path), None)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = random_states(CPU)
    list(watch.examine(model, Progress(epoch=1, step=10)))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(random_states(CPU)["cpu"], states["cpu"])
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_average_is_examined_where_it_is_what_is_evaluated(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1, seed=3, ema=0.99999))

    def kill_average() -> None:
        with torch.no_grad():
            trainer._learner.evaluated.get_parameter("layers.0.bias")[1] = -1e6

    assert changes(drive(trainer, {9: kill_average})) == [(10, "layers.1", [1], [], False)]


@pytest.mark.parametrize("killed", [False, True])
def test_a_resumed_run_repeats_nothing_and_finds_the_rest(tmp_path: Path, killed: bool) -> None:
    first = start(tmp_path, small_dataset(), TrainConfig(epochs=3, seed=3))
    acts: Acts = {4: set_biases(first, 0, 0.5, -500.0)}
    if killed:
        drive(first, acts, killed_at=33)
    else:
        drive(first, acts | {33: first.request_stop})
    second = resumed(tmp_path)
    events = drive(second, {44: set_biases(second, 0, 0.5, 0.5)})
    assert changes(events) == [(50, "layers.1", [], [1], False)]
    assert summarize(second.folder).units.lost == []


def test_a_death_after_the_checkpoint_is_reported_again(tmp_path: Path) -> None:
    first = start(tmp_path, small_dataset(), TrainConfig(epochs=2, seed=3))
    drive(first, {24: set_biases(first, 0, 0.5, -500.0)}, killed_at=33)  # the newest checkpoint is that of step 20
    assert [layer.steps for layer in summarize(first.folder).units.lost] == [[30]]
    second = resumed(tmp_path)
    assert not changes(drive(second))
    assert summarize(second.folder).units.lost == []


def test_units_are_examined_more_often_at_first() -> None:
    watch = UnitWatch(TrainConfig(), small_dataset().test, CPU, RunFolder(Path("nowhere")), None)
    watch_default = [step for step in range(1, 40) if watch.is_due(step)]
    assert watch_default == [1, 2, 5, 10, 20, 30]


def test_the_documented_recipe_is_examined_every_few_hundred_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    watch = UnitWatch(TrainConfig(), small_dataset().test, CPU, RunFolder(Path("nowhere")), None)
    due = [step for step in range(1, 2_000) if watch.is_due(step)]
    assert due == [39, 78, 156, 312, 625, 1_250, 1_875]
    assert [step + watch.until_due(step) for step in (0, *due[:-1])] == due
    assert watch.until_due(1_000) == 250
    large = UnitWatch(TrainConfig(batch_size=65_536), small_dataset().test, CPU, RunFolder(Path("nowhere")), None)
    assert large.is_due(1)
