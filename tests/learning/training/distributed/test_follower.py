from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.training.distributed import follower
from emnist_tui.learning.training.distributed.follower import Follower
from emnist_tui.learning.training.distributed.leader import Leader
from emnist_tui.learning.training.distributed.team import Command, FollowingTeam, LeadingTeam
from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import Event, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.support.own_networks import write_network
from tests.support.small_dataset import only, small_dataset
from tests.support.thread_ranks import ranks, trainer_of_ranks

CONFIG = TrainConfig(epochs=1, batch_size=100)


@contextmanager
def refused(sentence: str, leading: AbstractContextManager[LeadingTeam]) -> Iterator[LeadingTeam]:
    """Expect that another rank ends by an error, and the leader with it."""
    with pytest.raises(EmnistTuiError) as raised, leading as team, suppress(RankLostError):
        yield team
    assert str(raised.value).startswith(sentence)


def test_other_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "load_dataset", lambda _: small_dataset(70, 10, seed=1))
    with refused("The data here is bars (", ranks(2, _follow)) as team:
        Trainer(CONFIG, RunFolder(tmp_path), small_dataset(70, 10), ranks=Leader(team))


def test_another_kind_of_device_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank 0 finds a GPU, which tensors of the others could not reach."""
    with refused("This rank would compute on cpu, but rank 0 on cuda:0;", ranks(2, _follow)) as team:
        leading = Leader(team)
        monkeypatch.setattr(leading, "_device", "cuda:0")
        leading.configure(CONFIG, small_dataset(70, 10))
        leading.team.send(Command.WAIT)  # type: ignore[union-attr]


def _follow(team: FollowingTeam) -> None:
    Follower(team, {}).follow()


def test_a_rank_may_have_its_files_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leader's network and data are at other places, and its learning rate counts."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "its").mkdir()
    mine, its = write_network(tmp_path / "mine", "ResNet"), write_network(tmp_path / "its", "ResNet")
    sources: list[str] = []

    def load(source: str) -> object:
        sources.append(source)
        return small_dataset(70, 10)

    monkeypatch.setattr(follower, "load_dataset", load)
    config = TrainConfig(epochs=1, batch_size=65, model=its, data="/its/data")

    def follow(team: FollowingTeam) -> None:
        Follower(team, {"data": "/my/data", "model": mine, "learning_rate": 5.0}).follow()

    with ranks(2, follow) as team:
        events = list(Trainer(config, RunFolder(tmp_path), small_dataset(70, 10), ranks=Leader(team)).run())
        team.send(Command.END)
    assert only(events, RunEnded).reason == "finished"
    assert sources == ["/my/data"]


def test_another_network_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    mine, its = write_network(tmp_path / "mine", "ResNet"), write_network(tmp_path, "ResNet")
    path = tmp_path / "mine" / "resnet.py"
    path.write_text(path.read_text() + "# changed\n")
    monkeypatch.setattr(follower, "load_dataset", lambda _: small_dataset(70, 10))
    events: list[Event] = []
    leading = ranks(2, lambda team: Follower(team, {"model": mine}).follow())
    config = TrainConfig(epochs=1, batch_size=65, model=its)
    with refused(f"{path} is not the file of rank 0; copy that one here.", leading) as team:
        events += Trainer(config, RunFolder(tmp_path), small_dataset(70, 10), ranks=Leader(team)).run()
    assert all(isinstance(event, RunFailed) for event in events[-1:])  # none if the rank ends before rank 0 begins


def test_a_lost_rank_ends_the_run_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch that all ranks have trained is kept."""
    dataset, config = small_dataset(630), TrainConfig(epochs=2, batch_size=100)
    with trainer_of_ranks(2, tmp_path / "run", dataset, config, monkeypatch) as trainer:
        team, take, steps = trainer._ranks.team, trainer._learner.take, list[int]()
        assert team is not None

        def fail_at_ten(most: int) -> int:
            steps.append(1)
            if len(steps) == 10:
                team._group.meeting.leave()  # type: ignore[attr-defined]
            return take(most)

        monkeypatch.setattr(trainer._learner, "take", fail_at_ten)
        events = list(trainer.run())
    failed = only(events, RunFailed)
    assert failed.hint == "Start the ranks again with --resume run."
    checkpoint = load_checkpoint(tmp_path / "run" / "last.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.progress.step == 9
