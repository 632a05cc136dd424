"""Data of a sweep, which must be the same on every machine."""

import json

from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import SweepFolder

_NAME = "data.json"


def check_same_data(sweep: SweepFolder, data: Dataset) -> None:
    """Check that this worker's data is that of the first worker.

    Trials on other data could not be compared, nor adopted. Raises `EmnistTuiError` if it is not, `OSError` if it
    cannot be recorded.
    """
    path = sweep.path / _NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps({"format": 1, "data": data.name, "fingerprint": data.fingerprint}))
        return
    except FileExistsError:
        pass
    try:
        recorded = json.loads(read_small(path))
        name, fingerprint = str(recorded["data"]), str(recorded["fingerprint"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return  # damaged, or half written at this moment
    if fingerprint != data.fingerprint:
        raise EmnistTuiError(
            f"Sweep {sweep.name} trains on {name} ({fingerprint}), and this machine has {data.name} "
            f"({data.fingerprint}) there; give it the same data."
        )
