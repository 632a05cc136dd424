"""Rows about lost units, and the card that shows them."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.runs.events import CheckpointLoaded, Evaluated
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.unit_health import LayerHealth
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.run_card import RunCard
from emnist_tui.tui.widgets.unit_rows import unit_rows
from tests.support.scripted_runs import started, units_changed
from tests.support.terminal import live_run
from tests.support.widget_app import WidgetApp

LOADED = CheckpointLoaded(file="net.pt", model="baseline", parameters=1138, data="digits", device="cpu")


def record(*events: object) -> RunRecord:
    made = RunRecord()
    for event in events:
        made.apply(event)  # type: ignore[arg-type]
    return made


def evaluated(*layers: LayerHealth) -> Evaluated:
    return Evaluated(
        split="test",
        epoch=0,
        step=0,
        loss=0.1,
        accuracy=0.9,
        images=9,
        file="",
        unit_health=[layer.to_json() for layer in layers],
    )


def longest(made: RunRecord) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else value[0]) for name, value in unit_rows(made)]


def test_a_healthy_run_has_no_row() -> None:
    assert unit_rows(record(started())) == []
    assert unit_rows(record(started(), units_changed(40, [1]), units_changed(80, [], [1]))) == []
    assert unit_rows(record(LOADED, evaluated(LayerHealth("fc", "ReLU", "dead", [], of=9)))) == []


def test_lost_units_of_a_run_are_named_with_the_steps() -> None:
    one = units_changed(1240, [1])
    saturated = replace(one, layer="layers.4", state="saturated", died=[0, 3], of=4, step=1250)
    assert longest(record(started(), one, saturated)) == [
        ("dead", "layers.1: filter 1"),
        ("  found", "at step 1,240"),
        ("saturated", "layers.4: 2 of 4 filters"),
        ("  found", "at step 1,250"),
    ]
    more = units_changed(78, [4, 5, 6], of=100, layer="fc")
    assert longest(record(started(), one, more)) == [
        ("dead", "4 of 102 filters in 2 layers"),
        ("  found", "at steps 78–1,240"),
    ]


def test_lost_units_of_a_checkpoint_are_those_of_its_evaluation() -> None:
    lost = LayerHealth("features.\x1b[2Jrelu", "ReLU", "dead", [17], of=64)
    assert longest(record(LOADED, evaluated(lost))) == [("dead", r"features.\x1b[2Jrelu: unit 17")]


def test_the_layer_stays_longer_than_the_name_of_its_units() -> None:
    _, texts = unit_rows(record(LOADED, evaluated(LayerHealth("forward:2", "relu", "dead", [4, 5], of=64))))[0]
    assert texts == (
        "your forward():2: 2 of 64 units",
        "forward():2: 2 of 64 units",
        "forward():2: 2 of 64",
        "2 of 64 units",
    )


async def test_the_card_of_a_live_run_shows_a_dead_filter(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(units_changed(90, [1]))
        card = RunCard()
        app = WidgetApp(card)
        async with app.run_test(size=(30, 30)) as pilot:
            card.show(RunSession(folder))
            await pilot.pause()
            shown = [line.split() for line in app.lines]
            assert ["dead", "layers.1:", "filter", "1"] in shown
            assert ["found", "at", "step", "90"] in shown
