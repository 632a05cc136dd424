"""Groups of seeds written by hand, as their workers would have left them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import EpochEnded, Evaluated, RunEnded
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.seed_group import SeedGroup
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial, write_trial
from tests.support.scripted_runs import START, STEPS_PER_EPOCH, batches, started


def group(name: str, accuracies: Mapping[int, float], fingerprint: str = "same", **left_out: str) -> SeedGroup:
    """Make a group in memory; `left_out` maps `s4` to the state of seed 4."""
    states = {int(seed[1:]): state for seed, state in left_out.items()}
    return SeedGroup(name, Path(name), TrainConfig(), dict(accuracies), states, "synthetic digits", fingerprint)


def write_group(
    root: Path, name: str, accuracies: Mapping[int, float | TrialState], fingerprint: str = "0123456789abcdef"
) -> SweepFolder:
    """Write a sweep over consecutive seeds: each has a test accuracy or a state without one."""
    config = TrainConfig(data="synthetic", epochs=2, seed=min(accuracies))
    folder = SweepFolder(root / name)
    folder.begin(SweepSpec.of_seeds(config, len(accuracies), START))
    for number, (seed, result) in enumerate(sorted(accuracies.items()), 1):
        run = folder.trial(number)
        run.path.mkdir()
        own = replace(config, seed=seed)
        run.begin(own, replace(started(own), fingerprint=fingerprint))
        is_known = isinstance(result, float)
        trial = Trial(
            number,
            {"seed": seed},
            TrialState.FINISHED if is_known else TrialState(str(result)),
            accuracy=float(result) if is_known else None,
            epoch=2 if is_known else 0,
            curve=[float(result) - 0.01, float(result)] if is_known else [],
            test_accuracy=float(result) if is_known else None,
            seconds=12.0,
            began=START,
            ended=START + 24 if is_known else None,
        )
        write_trial(run.trial_json, trial)
    return folder


def write_events(folder: SweepFolder) -> SweepFolder:
    """Give each finished seed of a group events of two epochs, higher for the later seeds."""
    for run in (folder.trial(number) for number in range(1, folder.read_spec().trials + 1)):
        trial = read_trial(run.trial_json)
        if trial is None or trial.test_accuracy is None:
            continue
        with EventLog(run.events) as log:
            log.write(started(run.read_config()))
            for epoch in (1, 2):
                last = epoch * STEPS_PER_EPOCH
                made = batches(epoch, last - STEPS_PER_EPOCH + 1, last)
                log.write(replace(made, loss=[loss + 0.1 * trial.number for loss in made.loss]))
                log.write(
                    EpochEnded(
                        epoch=epoch,
                        step=last,
                        train_loss=0.5,
                        train_accuracy=0.9,
                        seconds=12.0,
                        images_per_second=16_000.0,
                        time=START + epoch,
                    )
                )
                log.write(
                    Evaluated(
                        split="test",
                        epoch=epoch,
                        step=last,
                        loss=0.2,
                        accuracy=trial.curve[epoch - 1],
                        images=500,
                        file="",
                        time=START + epoch,
                    )
                )
            log.write(RunEnded(reason="finished", step=last, seconds=24.0, images_per_second=16_000.0, time=START + 3))
    return folder
