"""Sweeps written by hand: folders of trials and workers, for tests without torch and without a search engine."""

import json
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunEnded
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import Axis, Point, Value
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.runs.sweeps.worker import Worker
from tests.support.scripted_runs import START, STEPS_PER_EPOCH, epoch_events, started

EPOCHS = 4
NOBODY = 999_999_999
"""Number that no process has."""
STATES = (TrialState.FINISHED,) * 5 + (TrialState.PRUNED,) * 3 + (TrialState.FAILED,)
REASONS = {
    TrialState.FAILED: "CUDA out of memory; train with a smaller --batch-size.",
    TrialState.DIVERGED: "The loss is not finite at step 120; lower --learning-rate.",
    TrialState.PRUNED: "Behind others after epoch 1.",
}


def make_spec(trials: int = 40, **values: object) -> SweepSpec:
    """Describe a search over learning rate, batch size and augmentation."""
    axes = ("learning-rate=0.001..0.3:log", "batch-size=32,128", "augmentation=0..1")
    config = TrainConfig(data="synthetic", epochs=EPOCHS, validation=500)
    defaults = {"config": config, "axes": tuple(map(Axis.parse, axes)), "trials": trials, "created": START}
    return SweepSpec(**{**defaults, **values})  # type: ignore[arg-type]


def seeds_spec(count: int = 5, **values: object) -> SweepSpec:
    """Describe a configuration trained from several seeds."""
    return SweepSpec.of_seeds(TrainConfig(data="synthetic", epochs=EPOCHS, **values), count, START)  # type: ignore[arg-type]


def make_sweep(
    path: Path,
    spec: SweepSpec | None = None,
    *,
    trials: int | Sequence[Trial] = 0,
    workers: int | Sequence[Worker] = 0,
    runs: int = 0,
) -> SweepFolder:
    """Write a sweep of so many begun trials and living workers.

    The last trials are those that the workers train; the others have ended, mostly finished. The first `runs` trials
    are whole run folders. Thousands take about a second.
    """
    folder = SweepFolder(path)
    folder.begin(spec or make_spec(max(1, trials if isinstance(trials, int) else len(trials))))
    spec = folder.read_spec()
    crew = [make_worker(number) for number in range(1, workers + 1)] if isinstance(workers, int) else list(workers)
    made = made_trials(spec, trials, crew) if isinstance(trials, int) else list(trials)
    for trial in made:
        put_trial(folder, trial)
    busy = {trial.worker: trial.number for trial in made if not trial.state.has_ended}
    for worker in crew:
        put_worker(folder, replace(worker, trial=worker.trial or busy.get(worker.id)))
    for trial in made[:runs]:
        write_trial_run(folder, spec, trial)
    return folder


def made_trials(spec: SweepSpec, count: int, workers: Sequence[Worker] = ()) -> list[Trial]:
    """Make up trials, of which each worker trains one, the last ones."""
    points = sample_points(spec, count)
    busy = dict(zip(range(count, 0, -1), reversed(workers), strict=False))
    return [made_trial(spec, number, points[number - 1], busy.get(number)) for number in range(1, count + 1)]


def made_trial(spec: SweepSpec, number: int, point: Point, worker: Worker | None = None) -> Trial:
    state = TrialState.RUNNING if worker else TrialState.FINISHED if spec.is_seeds else STATES[number * 7 % len(STATES)]
    epochs = spec.config.epochs if state is TrialState.FINISHED else 1 if state is TrialState.PRUNED else 2
    random = np.random.default_rng(number)
    top = 0.9 + 0.09 * float(random.random())
    curve = [round(top - 0.3 / (epoch + 2) ** 2, 6) for epoch in range(epochs)]
    return Trial(
        number=number,
        values=dict(point),
        state=state,
        reason=REASONS.get(state, ""),
        accuracy=max(curve),
        epoch=epochs,
        curve=curve,
        test_accuracy=curve[-1] if spec.split == "test" else None,
        seconds=12.5 * epochs,
        worker=worker.id if worker else "alpha-10-abcd",
        host=worker.host if worker else "alpha",
        began=START + number,
        ended=None if worker else START + number + 12.5 * epochs,
    )


def sample_points(spec: SweepSpec, count: int) -> list[Point]:
    """Return the first points of a grid, or points at random, the same every time."""
    if spec.sampler == "grid":
        return spec.grid()[:count]
    random = np.random.default_rng(0)
    return [{axis.field: _sample(axis, float(random.random())) for axis in spec.axes} for _ in range(count)]


def _sample(axis: Axis, share: float) -> Value:
    if axis.values:
        return axis.values[int(share * len(axis.values))]
    value = axis.low * (axis.high / axis.low) ** share if axis.is_log else axis.low + share * (axis.high - axis.low)
    return round(value) if axis.is_whole else value


def make_worker(number: int = 1, *, host: str = "", pid: int = 0, **values: object) -> Worker:
    """Make up a worker, by default this process, so that it lives."""
    host = host or socket.gethostname()
    defaults = {"began": START, "silent": 0.0, "state": "working", "done": number}
    id = f"{host}-{pid or os.getpid()}-{number:04x}"
    return Worker(id=id, host=host, pid=pid or os.getpid(), **{**defaults, **values})  # type: ignore[arg-type]


def put_trial(folder: SweepFolder, trial: Trial) -> None:
    """Write a trial's trial.json in its folder, as fast as can be."""
    target, content = folder.trial(trial.number), json.dumps(trial.to_json())
    try:
        target.path.mkdir()
    except FileExistsError:
        unfinished = target.path / ".trial.json.tmp"
        unfinished.write_text(content)
        unfinished.replace(target.trial_json)
    else:
        target.trial_json.write_text(content)


def put_worker(folder: SweepFolder, worker: Worker) -> Path:
    """Write a worker's record, whose last sign of life was as long ago as the worker is silent."""
    path = folder.workers / f"{worker.id}.json"
    unfinished = folder.workers / f".{worker.id}.tmp"
    unfinished.write_text(json.dumps(worker.to_json()))
    then = time.time() - worker.silent
    os.utime(unfinished, (then, then))
    unfinished.replace(path)
    return path


def write_trial_run(folder: SweepFolder, spec: SweepSpec, trial: Trial) -> None:
    """Write the run folder of a trial: run.json, events, evaluations and an empty best checkpoint."""
    run = folder.trial(trial.number)
    run.path.mkdir(parents=True, exist_ok=True)
    config = spec.config_of(trial.values)
    run.begin(config, started(config))
    with EventLog(run.events) as log:
        log.write(started(config))
        for epoch in range(1, trial.epoch + 1):
            for event in epoch_events(run, epoch):
                log.write(event)
        if trial.state.has_ended:
            reason = "finished" if trial.state is TrialState.FINISHED else "stopped"
            log.write(
                RunEnded(
                    reason=reason,
                    step=trial.epoch * STEPS_PER_EPOCH,
                    seconds=trial.seconds,
                    images_per_second=16_000.0,
                    time=START + trial.epoch,
                )
            )
    for name in ("best.pt", "last.pt"):
        (run.path / name).touch()
