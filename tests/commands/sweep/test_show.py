"""`emnist-tui sweep show`: the table and the JSON."""

import re
from dataclasses import replace
from pathlib import Path

from emnist_tui.commands.sweep.show import to_json
from emnist_tui.runs.sweeps.board import Result, SweepBoard, write_result
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.call import Call
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, make_worker, put_trial, seeds_spec


def test_states_workers_and_best_are_told(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", make_spec(20), trials=12, workers=2)
    best = SweepBoard(sweep).refresh().best
    assert best is not None
    write_result(sweep.result, Result(best.number, 0.98, 0.9712, 0.1, 10_000))
    lines = call("sweep", "show", "mine").out.splitlines()
    assert re.fullmatch(
        r"mine: training, 10 of 20 ended: 2 running, \d+ finished, \d+ pruned, \d+ failed, 8 waiting", lines[0]
    )
    assert re.match(
        rf"best +trial {best.number}, val 9\d\.\d\d %, test 97\.12 % of 10,000 images, learning-rate 0\.", lines[1]
    )
    assert lines[2].split(maxsplit=1)[1] == "baseline, synthetic, epochs 4, validation 500, sampler tpe, prune asha"
    assert lines[3].split(maxsplit=1)[1] == "learning-rate=0.001..0.3:log batch-size=32,128 augmentation=0..1"
    assert [re.sub(r"\d+ s ago", "", line).split()[-4:] for line in lines[4:6]] == [
        ["training", "trial", "11,", "heard"],
        ["training", "trial", "12,", "heard"],
    ]


def test_trials_are_sorted_with_what_varies_and_reasons_below(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", make_spec(20), trials=9)
    put_trial(sweep, Trial(10, {}, TrialState.FAILED, reason="[red]out\x1b[31m of memory"))
    result = call("sweep", "show", "mine")
    table, reasons = result.out.split("\n\n")[1:]
    title, *rows = table.splitlines()
    assert title.split() == [
        "trial",
        "learning-rate",
        "batch-size",
        "augmentation",
        "val",
        "epoch",
        "time",
        "state",
        "host",
    ]
    accuracies = [float(row.split()[4]) for row in rows[:-1]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert rows[-1].split()[:5] == ["10", "–", "–", "–", "–"]
    assert "trial 10 failed: [red]out\\x1b[31m of memory" in reasons
    limited = call("sweep", "show", "mine", "--limit", 3)
    assert len(limited.out.split("\n\n")[1].splitlines()) == 4
    assert "3 of 10 trials" in limited.err


def test_an_interrupted_and_an_orphaned_trial_are_told_apart(call: Call, root: Path) -> None:
    dead = make_worker(1, host="elsewhere", silent=90.0)
    (trial,) = made_trials(make_spec(), 1)
    running = replace(trial, state=TrialState.RUNNING, worker=dead.id)
    interrupted = replace(trial, number=2, state=TrialState.INTERRUPTED)
    make_sweep(root / "mine", trials=[running, interrupted], workers=[dead])
    out = call("sweep", "show", "mine").out
    assert "0 of 2 ended: 1 interrupted, 1 orphaned" in out
    assert re.search(r"workers elsewhere, process \d+: silent, training trial 1, heard 1 m 3\d s ago", out)


def test_a_worker_is_said_to_pause_with_its_trial(call: Call, root: Path) -> None:
    alive = make_worker(1, trial=1)
    (trial,) = made_trials(make_spec(), 1)
    make_sweep(root / "mine", trials=[replace(trial, state=TrialState.PAUSED, worker=alive.id)], workers=[alive])
    assert re.search(r"process \d+: paused in trial 1, heard", call("sweep", "show", "mine").out)


def test_seeds_show_their_test_accuracy(call: Call, root: Path) -> None:
    make_sweep(root / "plain", seeds_spec(3), trials=3)
    make_sweep(root / "held", seeds_spec(3, validation=500), trials=3)
    plain, held = (
        call("sweep", "show", name).out.split("\n\n")[1].splitlines()[0].split() for name in ("plain", "held")
    )
    assert re.search(
        r"^seeds +mean 9\d\.\d\d ± \d\.\d\d %, 3 seeds, 95 % interval \d+\.",
        call("sweep", "show", "plain").out,
        re.MULTILINE,
    )
    assert call("sweep", "show", "plain", "--json").json["seeds"]["n"] == 3
    assert plain == ["trial", "seed", "test", "epoch", "time", "state", "host"]
    assert held == ["trial", "seed", "val", "test", "epoch", "time", "state", "host"]


def test_an_empty_sweep_names_the_next_step(call: Call, root: Path) -> None:
    make_sweep(root / "mine")
    result = call("sweep", "show", "mine")
    assert "mine: waiting, 0 of 1 ended: 1 waiting" in result.out
    assert "No trial has begun; `emnist-tui sweep work mine`" in result.err


def test_json_has_everything(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", make_spec(30), trials=25, workers=1)
    found = call("sweep", "show", "mine", "--json", "--limit", 1).json
    board = SweepBoard(sweep).refresh()
    assert found.keys() == to_json(board).keys()
    assert len(found["trials"]) == 25
    assert found["trials"][0] == board.trials[0].to_json()
    assert (found["total"], found["waiting"], found["state"], found["split"]) == (30, 5, "training", "validation")
    assert found["counts"] == {str(state): number for state, number in board.counts.items()}
    assert found["workers"][0]["is_alive"] is True
    assert found["sweep"] == board.spec.to_json()
    assert found["best"] == (board.best.number if board.best else None)
