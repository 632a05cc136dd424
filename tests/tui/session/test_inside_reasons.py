"""Reasons found in the background: what is asked, kept while weights change, and said."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any, TypeVar

import numpy as np

from emnist_tui.analysis.explain.occlusion import logits_of, occlude
from emnist_tui.analysis.network.forward import examine, forward
from emnist_tui.analysis.network.graph import UNKNOWN, Graph
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.tui.session.inside_reasons import Reasons
from tests.support.explained_networks import baseline, digit, passed

PATIENCE = 20.0


Result = TypeVar("Result")


def wait(gate: Event) -> None:
    gate.wait(PATIENCE)


def until(ask: Callable[[], Result | None]) -> Result:
    end = time.monotonic() + PATIENCE
    while (found := ask()) is None:
        assert time.monotonic() < end
        time.sleep(0.001)
    return found


def test_the_occlusion_is_that_of_the_pair() -> None:
    of, reasons = passed(), Reasons()
    found = until(lambda: reasons.occlusion(of, 3, 5))
    expected = occlude(logits_of(of.network), of.image, 3, 5)
    assert expected
    assert np.array_equal(found.change, expected.change)
    assert reasons.occlusion(of, 3, 4) is None
    assert until(lambda: reasons.occlusion(of, 3, 4)).against == 4
    reasons.close()


def test_a_network_that_trains_keeps_its_last_occlusion_for_a_while() -> None:
    now = [0.0]
    reasons, image = Reasons(lambda: now[0]), digit()
    first, second = (examine(baseline(seed), image) for seed in (0, 1))
    found = until(lambda: reasons.occlusion(first, 3, 5))
    assert reasons.occlusion(second, 3, 5) is found
    now[0] = 5.0
    end = time.monotonic() + PATIENCE
    while (newer := reasons.occlusion(second, 3, 5)) is found:
        assert time.monotonic() < end
        time.sleep(0.001)
    assert newer
    assert newer.margin != found.margin
    reasons.close()


def test_activity_is_measured_over_the_sample() -> None:
    of, reasons = passed(), Reasons()
    images = np.stack([digit(seed) for seed in range(5)])
    found = until(lambda: reasons.activity(of, images))
    assert found.images == 5
    assert all(0 <= share <= 1 for shares in found.active.values() for share in shares)
    reasons.close()


def test_sentences_tell_where_the_answer_hangs_and_what_is_near() -> None:
    of, reasons = passed(true=3), Reasons()
    until(lambda: reasons.occlusion(of, 3, 5))
    until(lambda: reasons.nearest(of))
    covered, nearest = reasons.sentences
    assert covered.startswith(("5×5 of paper", "Nowhere"))
    assert "predicted as" in nearest or "px" in nearest
    reasons.forget_occlusion()
    assert reasons.sentences == ()


def test_a_wait_is_counted_after_a_second() -> None:
    now = [0.0]
    reasons = Reasons(lambda: now[0])
    of, gate = passed(), Event()
    reasons._occlusion.ask("later", of, lambda *_: wait(gate))
    assert reasons.waiting == "covering parts …"
    now[0] = 3.0
    assert reasons.waiting == "covering parts …  3 s"
    gate.set()
    reasons.close()


def test_what_only_torch_computes_has_no_reasons() -> None:
    of = passed()
    *nodes, last = of.network.graph.nodes
    graph = Graph((*nodes, replace(last, operation=UNKNOWN, settings={"type": "x"}, weights={})))
    unknown = Pass(Network(graph, of.network.weights), of.image, of.values)
    reasons = Reasons()
    assert reasons.occlusion(unknown, 3, 5) is None
    assert reasons.nearest(unknown) is None
    assert reasons.waiting == ""


class Remote:
    """A network that a process computes."""

    def __init__(self, network: Network) -> None:
        self.logits = logits_of(network)
        self.values = partial(forward, network)


def test_what_only_torch_computes_is_computed_by_the_process() -> None:
    of = passed()
    *nodes, last = of.network.graph.nodes
    graph = Graph((*nodes, replace(last, operation=UNKNOWN, settings={"type": "x"}, weights={})))
    needy = replace(of, network=Network(graph, {}))
    asked: list[Network] = []

    def remote(network: Network) -> Any:
        asked.append(network)
        return Remote(of.network)

    reasons, expected = Reasons(remote=remote), Reasons()
    found, other = (until(partial(each.occlusion, some, 3, 5)) for each, some in ((reasons, needy), (expected, of)))
    assert np.array_equal(found.change, other.change)
    images = np.stack([digit(seed) for seed in range(5)])
    measured, by_numpy = (
        until(partial(each.activity, some, images)) for each, some in ((reasons, needy), (expected, of))
    )
    assert measured.active == by_numpy.active
    assert set(map(id, asked)) == {id(needy.network)}
    reasons.close()
    expected.close()
