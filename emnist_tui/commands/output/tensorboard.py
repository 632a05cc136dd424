"""`train --tensorboard`: a run's metrics as TensorBoard's event files, beside events.jsonl."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from emnist_tui.runs import events
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.text.formats import printable

FOLDER = "tensorboard"
_METRICS = ("accuracy/test", "loss/test", "accuracy/train", "loss/train")
"""What TensorBoard's table of hyperparameters has columns for."""


def require() -> None:
    """Raises `EmnistTuiError` where TensorBoard is not installed."""
    try:
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise EmnistTuiError(
            "--tensorboard needs tensorboard; get it by `pip install 'emnist-tui[tensorboard]'`."
        ) from None


class TensorBoardFiles:
    """Writes what TensorBoard can draw; each event is on its way to the disk when `observe` returns.

    A file for each process that trains the run. Not torch's SummaryWriter: its queue takes four times as long a batch,
    and a full disk ends its thread with a traceback.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is written before the run has started."""
        self._folder = folder
        self._file: BinaryIO | None = None
        self._is_broken = False

    def observe(self, event: events.Event) -> None:
        """Where the disk refuses, says so once and writes no more: the run and its own events go on."""
        if self._is_broken:
            return
        try:
            if isinstance(event, events.RunStarted):
                self._begin(event)
            if self._file:
                self._write(self._file, _encode(event))
        except OSError as error:
            self._is_broken = True
            self.close()
            words = f"{self._folder} cannot be written ({error.strerror or error}): no more events for TensorBoard"
            print(f"emnist-tui: warning: {printable(words)}; the run goes on.", file=sys.stderr)

    def close(self) -> None:
        file, self._file = self._file, None
        if file:
            try:
                file.close()
            except OSError:
                self._is_broken = True  # what it held is lost; the file is closed all the same

    def _begin(self, started: events.RunStarted) -> None:
        """Opens the next file. TensorBoard reads them in the order of their names."""
        self._folder.mkdir(exist_ok=True)
        number = 1 + len(list(self._folder.glob("events.out.tfevents.*")))
        self._file = (self._folder / f"events.out.tfevents.{number:010d}.emnist-tui").open("xb")
        self._write(self._file, _preamble(started))

    def _write(self, file: BinaryIO, encoded: Sequence[bytes]) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        writer = RecordWriter(file)
        for record in encoded:
            writer.write(record)
        file.flush()


def _preamble(started: events.RunStarted) -> list[bytes]:
    """What begins a file: its format, from which step on it replaces what came before, and the configuration."""
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from torch.utils.tensorboard.summary import hparams, text

    first_step = (started.resumed_at_step or 0) + 1
    values: dict[str, Any] = {
        **{name: value for name, value in started.config.items() if value is not None},
        "data": started.data,
        "device": started.device,
        "threads": started.threads,
        "parameters": started.parameters,
    }
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in values.items())])
    experiment, session, _ = hparams(values, dict.fromkeys(_METRICS, 0.0))  # type: ignore[no-untyped-call]
    return [
        Event(wall_time=started.time, file_version="brain.Event:2").SerializeToString(),
        Event(
            wall_time=started.time, step=first_step, session_log=SessionLog(status=SessionLog.START)
        ).SerializeToString(),
        *(
            Event(wall_time=started.time, step=first_step, summary=summary).SerializeToString()
            for summary in (experiment, session, text("configuration", table))  # type: ignore[no-untyped-call]
        ),
    ]


def _encode(event: events.Event) -> list[bytes]:
    """The event as TensorBoard's, one a step; empty for those that have no numbers to draw."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [
        Event(
            wall_time=event.time,
            step=step,
            summary=Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]),
        ).SerializeToString()
        for step, scalars in _scalars(event)
    ]


def _scalars(event: events.Event) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Steps, and the values at them by TensorBoard's names."""
    match event:
        case events.Batches():
            first = event.step - len(event.loss) + 1
            for step, (loss, accuracy) in enumerate(zip(event.loss, event.accuracy, strict=True), first):
                yield step, {"loss/batch": loss, "accuracy/batch": accuracy}
        case events.Evaluated():
            yield event.step, {f"loss/{event.split}": event.loss, f"accuracy/{event.split}": event.accuracy}
        case events.EpochEnded():
            yield (
                event.step,
                {
                    "loss/train": event.train_loss,
                    "accuracy/train": event.train_accuracy,
                    "images_per_second": event.images_per_second,
                },
            )
