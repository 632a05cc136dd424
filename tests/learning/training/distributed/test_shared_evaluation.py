from typing import Any

import pytest
import torch

from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.compact import Compact
from emnist_tui.learning.training.distributed import shared_evaluation
from emnist_tui.learning.training.distributed.shared_evaluation import SharedPredictor, merge_health
from emnist_tui.learning.training.distributed.team import Command, FollowingTeam
from emnist_tui.runs.unit_health import LayerHealth
from tests.support.small_dataset import bars
from tests.support.thread_ranks import ignore, ranks

CPU = torch.device("cpu")


@pytest.mark.parametrize("images", [1, 400, 1_700], ids=["one image", "fewer than ranks take", "uneven"])
@pytest.mark.parametrize("network", [Baseline, Compact])
def test_predictions_are_those_of_one_process(images: int, network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_evaluation, "CUT", 500)
    torch.manual_seed(23)  # a baseline with lost units
    model, split = network(), bars(images, seed=0)
    alone = Predictor(model, split, CPU)
    list(alone)

    def follow(team: FollowingTeam) -> None:
        assert team.receive()[0] is Command.EVALUATE
        list(SharedPredictor(team, model, split, CPU, ignore))
        assert team.is_idle

    with ranks(3, follow) as team:
        shared = SharedPredictor(team, model, split, CPU, lambda: team.send(Command.EVALUATE))
        progress = [event for event in shared if event]
        assert team.is_idle
    assert progress[-1].images == progress[-1].total == images
    mine, its = shared.evaluation("bars", "test"), alone.evaluation("bars", "test")
    assert (mine.logits == its.logits).all()
    assert (mine.wrong_images == its.wrong_images).all()
    assert shared.unit_health() == alone.unit_health()


def test_an_evaluation_rests_between_two_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_evaluation, "CUT", 10)
    model, split = Baseline(), bars(60, seed=0)

    def follow(team: FollowingTeam) -> None:
        team.receive()
        list(SharedPredictor(team, model, split, CPU, ignore))

    with ranks(2, follow) as team:
        idle = []
        for _ in SharedPredictor(team, model, split, CPU, lambda: team.send(Command.EVALUATE)):
            idle.append(team.is_idle)
            team.has_request = len(idle) == 1
            if team.is_idle:
                team.send(Command.WAIT)
    assert idle == [False, True, False]


def test_a_unit_is_lost_if_no_rank_activates_it() -> None:
    def layer(name: str, *units: int) -> LayerHealth:
        return LayerHealth(layer=name, kind="ReLU", state="dead", units=list(units), of=8)

    parts = [[layer("a", 1, 2, 3), layer("b", 4)], [layer("a", 2, 3, 5)], []]
    assert merge_health(parts) == [layer("a", 2, 3), layer("b", 4)]
