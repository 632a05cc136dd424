"""Startup of a trainer: torch and the digits, loaded side by side.

Importing this module imports neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emnist_tui.runs.collector import collector_paused
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import require_source

if TYPE_CHECKING:
    from emnist_tui.learning.training.ranks import Join, Ranks
    from emnist_tui.learning.training.trainer import Trainer
    from emnist_tui.runs.folder import RunFolder

Print = Callable[[str], None]


def new_trainer(
    folder: RunFolder, values: dict[str, Any], on_phase: Print, on_notice: Print, join: Join | None = None
) -> Trainer:
    """Prepare a new run.

    `values` are fields of its config. `on_phase` is called with descriptions of slow steps, `on_notice` with a sentence
    if `auto` chose synthetic digits. `join` waits for the other ranks, if there are any. Raises `EmnistTuiError`, as
    `load_dataset`, `Trainer` and `join` do.
    """
    with collector_paused():
        from emnist_tui.learning.data.read_ahead import ReadAhead

        config = TrainConfig.of(**values)
        digits = ReadAhead(config.data)
        from emnist_tui.learning.data import dataset
        from emnist_tui.learning.models.device import choose_device
        from emnist_tui.learning.training.trainer import Trainer

        ranks = _joined(join)
        choose_device(ranks.device_of(config.device))  # CUDA starts while the digits are read
        data = dataset.to_dataset(digits.result(on_phase))
        dataset.keep_sample(data)
        if notice := dataset.notice(config.data, data):
            on_notice(notice)
        return Trainer(config, folder, data, on_phase=on_phase, ranks=ranks)


def resumed_trainer(
    folder: RunFolder, values: dict[str, Any], on_phase: Print, on_notice: Print, join: Join | None = None
) -> Trainer:
    """Prepare to resume a run, whose config `values` change.

    See `new_trainer`. The digits are read last: the run's newest checkpoint says which. Raises `EmnistTuiError`, also
    if the run cannot be resumed.
    """
    with collector_paused():
        from emnist_tui.learning.data import dataset
        from emnist_tui.learning.data.digits import resolve_auto
        from emnist_tui.learning.inference.training_data import recorded_source
        from emnist_tui.learning.training import resume
        from emnist_tui.learning.training.trainer import Trainer

        ranks = _joined(join)
        config, checkpoint = resume.resume(folder, values.get("epochs"), values.get("patience"))
        config = replace(config, model=resume.named_model(checkpoint, config, values.get("model"), folder))
        recorded = recorded_source(checkpoint, folder.last_checkpoint)
        if "data" not in values:
            require_source(recorded, f"resume the run with `emnist-tui train --resume {folder.name} --data PATH`")
        config = replace(config, **{"data": recorded, **values})
        source = resolve_auto(config.data, checkpoint.training.data if checkpoint.training else "")
        data = dataset.load_dataset(source, on_phase=on_phase)
        dataset.keep_sample(data)
        if notice := dataset.notice(config.data, data):
            on_notice(notice)
        if checkpoint.own and (notice := checkpoint.own.describe_change(config.model)):
            on_notice(f"warning: {notice}")
        return Trainer(config, folder, data, checkpoint=checkpoint, on_phase=on_phase, ranks=ranks)


def _joined(join: Join | None) -> Ranks:
    from emnist_tui.learning.training.ranks import ALONE

    return join() if join else ALONE
