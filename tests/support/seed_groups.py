"""Groups of seeds written by hand, as their workers would have left them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.seed_group import SeedGroup
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState, write_trial
from tests.support.scripted_runs import START, started


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
