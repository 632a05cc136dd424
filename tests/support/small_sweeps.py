"""Sweeps over a small dataset, which train in a fraction of a second a trial."""

from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, read_trial

AXES = ("learning-rate=0.001..0.1:log", "batch-size=32,64")
GRID = ("learning-rate=0.01,0.02", "batch-size=32,64")


def new_sweep(
    path: Path, *axes: str, data: object = "synthetic", epochs: int = 2, validation: int = 104, **values: object
) -> SweepFolder:
    """Create a sweep on the CPU, by default a random search without pruning."""
    config = TrainConfig(data=str(data), epochs=epochs, validation=validation, device="cpu")
    defaults = {"sampler": "random", "pruner": "none", "trials": 3, "created": 1.0}
    spec = SweepSpec(config, tuple(map(Axis.parse, axes or AXES)), **{**defaults, **values})  # type: ignore[arg-type]
    folder = SweepFolder(path)
    folder.begin(spec)
    return folder


def new_seeds(path: Path, count: int = 2, *, data: object = "synthetic", epochs: int = 2) -> SweepFolder:
    """Create a group of seeds on the CPU."""
    folder = SweepFolder(path)
    folder.begin(SweepSpec.of_seeds(TrainConfig(data=str(data), epochs=epochs, device="cpu"), count, 1.0))
    return folder


def trial_of(folder: SweepFolder, number: int) -> Trial:
    """Read the record of a trial."""
    trial = read_trial(folder.trial(number).trial_json)
    assert trial is not None
    return trial
