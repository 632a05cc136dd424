"""Observer of `train --tensorboard`: metrics as TensorBoard's event files, beside events.jsonl.

Written with TensorBoard's own protocol buffers. Its summary functions need TensorFlow, and torch's `SummaryWriter` is
no alternative: its queue takes four times as long a batch, and a full disk ends its thread with a traceback.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs import events
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunRecord, summarize

FOLDER = "tensorboard"
_METRICS = ("accuracy/test", "loss/test", "accuracy/train", "loss/train")
"""Columns of TensorBoard's table of hyperparameters."""


def require() -> None:
    """Raise `EmnistTuiError` unless TensorBoard is installed."""
    try:
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise EmnistTuiError(
            "--tensorboard needs tensorboard; install it with `pip install 'emnist-tui[tensorboard]'`."
        ) from None


class TensorBoardFiles:
    """Writer of one file for each process that trains the run.

    Each event is flushed to the file before `observe` returns.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare to write; nothing is written before the run has started."""
        self._folder = folder
        self._record = RunRecord()
        """Record of the run without its batches, for the learning rate of a step."""
        self._file: BinaryIO | None = None
        self._is_broken = False

    def observe(self, event: events.Event) -> None:
        """Write an event's numbers.

        After an `OSError`, warns once and writes no more.
        """
        if self._is_broken:
            return
        try:
            if isinstance(event, events.RunStarted):
                self._begin(event)
            if not isinstance(event, events.Batches):
                self._record.apply(event)
            if self._file:
                self._write(self._file, _encode(event, self._record))
        except OSError as error:
            self._is_broken = True
            self.close()
            print_message(
                f"warning: {self._folder} cannot be written ({error.strerror or error}): "
                "no more events for TensorBoard; the run continues."
            )

    def close(self) -> None:
        file, self._file = self._file, None
        if file:
            try:
                file.close()
            except OSError:
                self._is_broken = True  # its buffer is lost; the file is closed all the same

    def _begin(self, started: events.RunStarted) -> None:
        """Open the next file.

        TensorBoard reads the files in the order of their names.
        """
        self._folder.mkdir(exist_ok=True)
        if started.resumed_at_step is not None:  # the trainer repeats changes that were recorded after this step
            self._record = summarize(RunFolder(self._folder.parent))
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
    """Encode a file's first events.

    These are the format, the step from which the file replaces earlier ones, and the configuration.
    """
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.compat.proto.summary_pb2 import Summary

    first_step = (started.resumed_at_step or 0) + 1
    values: dict[str, Any] = {
        **{name: value for name, value in started.config.items() if value is not None},
        "data": started.data,
        "device": started.device,
        "threads": started.threads,
        "parameters": started.parameters,
    }
    preamble = [
        Event(wall_time=started.time, file_version="brain.Event:2"),
        Event(wall_time=started.time, step=first_step, session_log=SessionLog(status=SessionLog.START)),
        *(
            Event(wall_time=started.time, step=first_step, summary=Summary(value=[value]))
            for value in (*_hyperparameters(values), _text("configuration", _markdown_table(values)))
        ),
    ]
    return [event.SerializeToString() for event in preamble]


def _hyperparameters(values: Mapping[str, Any]) -> list[Any]:
    """Build the two `Summary.Value`s of the hparams plugin.

    These are the columns of its table, and this run's row.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    experiment, session = api_pb2.Experiment(), SessionStartInfo()
    for name, value in values.items():
        if isinstance(value, str):
            experiment.hparam_infos.add(name=name, type=api_pb2.DATA_TYPE_STRING)
            session.hparams[name].string_value = value
        else:
            experiment.hparam_infos.add(name=name, type=api_pb2.DATA_TYPE_FLOAT64)
            session.hparams[name].number_value = value
    for metric in _METRICS:
        experiment.metric_infos.add(name=api_pb2.MetricName(tag=metric))
    plugin_data = {
        metadata.EXPERIMENT_TAG: HParamsPluginData(experiment=experiment),
        metadata.SESSION_START_INFO_TAG: HParamsPluginData(session_start_info=session),
    }
    return [
        Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(data)) for tag, data in plugin_data.items()
    ]


def _text(tag: str, text: str) -> Any:
    """Build the `Summary.Value` of the text plugin."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.text.metadata import create_summary_metadata

    tensor = TensorProto(
        dtype="DT_STRING",
        string_val=[text.encode()],
        tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]),
    )
    return Summary.Value(tag=f"{tag}/text_summary", metadata=create_summary_metadata("", ""), tensor=tensor)


def _markdown_table(values: Mapping[str, Any]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in values.items())])


def _encode(event: events.Event, record: RunRecord) -> list[bytes]:
    """Encode an event as TensorBoard events, one for each step.

    An event without numbers gives none.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [
        Event(
            wall_time=event.time,
            step=step,
            summary=Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]),
        ).SerializeToString()
        for step, scalars in _scalars(event, record)
    ]


def _scalars(event: events.Event, record: RunRecord) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield each step with its values by TensorBoard's tags.

    The learning rate is that of the line's last batch: one value a line is enough for its course.
    """
    match event:
        case events.Batches():
            first = event.step - len(event.loss) + 1
            for step, (loss, accuracy) in enumerate(zip(event.loss, event.accuracy, strict=True), first):
                rate = record.scheduled_rate_at(step - 1) if step == event.step else None
                rates = {} if rate is None else {"learning_rate": rate}
                yield step, {"loss/batch": loss, "accuracy/batch": accuracy, **rates}
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
