"""Creation of a group of seeds."""

import shutil
import time
from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import claim_folder, unwritable
from emnist_tui.runs.sweeps.folder import SweepFolder, claim_sweep
from emnist_tui.runs.sweeps.spec import SweepSpec


def begin_group(root: Path, name: str | None, config: TrainConfig, seeds: int) -> SweepFolder:
    """Create a sweep over so many seeds, of which none trains yet.

    Without a name it gets the first free `<model>-<number>`. Raises `UsageError` if the name is invalid or taken or the
    number impossible, and `EmnistTuiError` if `root` cannot be written.
    """
    spec = SweepSpec.of_seeds(config, seeds, time.time())
    sweep = claim_sweep(root, name) if name else SweepFolder(claim_folder(root, None, config).path)
    try:
        sweep.begin(spec)
    except OSError as error:
        shutil.rmtree(sweep.path, ignore_errors=True)
        raise unwritable(root, error) from None
    return sweep
