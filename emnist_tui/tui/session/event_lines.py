"""Events of a run as the lines of a log."""

from functools import singledispatch
from statistics import fmean

from emnist_tui.runs import events
from emnist_tui.runs.device_facts import device_facts
from emnist_tui.runs.unit_health import is_notable
from emnist_tui.text.formats import count, duration, loss, number, percent, rate, when_evaluated
from emnist_tui.text.unit_names import describe_change
from emnist_tui.tui.session.log_line import Level, LogLine


def describe(event: events.Event) -> LogLine | None:
    """Describe an event in a line; None for mere progress."""
    text = _text(event)
    return LogLine(text, _level(event), event.time) if text else None


def describe_batches(first: events.Batches, last: events.Batches) -> LogLine:
    """Summarize consecutive batches, given their first and last event.

    Loss and accuracy are the means of the last line, about a twentieth of a second of training.
    """
    start = first.step - len(first.loss) + 1
    steps = f"steps {count(start)}–{count(last.step)}" if start < last.step else f"step {count(last.step)}"
    now = f"loss {loss(_mean(last.loss))}, accuracy {percent(_mean(last.accuracy))}"
    return LogLine(f"trained {steps} in epoch {last.epoch}, then {now}", time=last.time)


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None


def _level(event: events.Event) -> Level:
    if isinstance(event, events.RunFailed):
        return Level.ERROR
    if isinstance(event, events.CheckpointFailed | events.StuckAtChance):
        return Level.WARNING
    if isinstance(event, events.UnitsChanged):
        return Level.WARNING if is_notable(event.died, event.of) else Level.PLAIN
    doubt = event.warning if isinstance(event, events.CheckpointLoaded) else None
    doubt = event.notice if isinstance(event, events.RunStarted) else doubt
    return Level.WARNING if doubt else Level.PLAIN


@singledispatch
def _text(event: events.Event) -> str | None:  # noqa: ARG001 - its type decides which function below is called
    return None


@_text.register
def _(event: events.PhaseStarted) -> str:
    return event.phase if event.phase.endswith(".") else f"{event.phase} …"


@_text.register
def _(event: events.RunStarted) -> str:
    threads = f"{count(event.threads)} thread{'s' * (event.threads != 1)}"
    what = f"{event.model} on {event.data}, {device_facts(event)}, {threads}, seed {event.seed}"
    if event.notice:
        what = f"{what}. {event.notice}"
    if event.resumed_at_step is not None:
        return f"resumed at step {count(event.resumed_at_step)}: {what}"
    return f"started {what}"


@_text.register
def _(event: events.CheckpointLoaded) -> str:
    weights = f", weights {event.weights}" if event.weights else ""
    scaling = f", input scaling {event.input_scaling}" if event.input_scaling else ""
    doubt = f". {event.warning}" if event.warning else ""
    return f"loaded {event.file}{weights}{scaling}, to evaluate on {event.data}{doubt}"


@_text.register
def _(event: events.Evaluated) -> str:
    when = when_evaluated(event.epoch, event.step)
    accuracy = f"accuracy {percent(event.accuracy, 2)}, loss {loss(event.loss)}"
    return f"evaluated on {event.split}{when}: {accuracy}, {count(event.images)} images"


@_text.register
def _(event: events.EpochEnded) -> str:
    train = f"train loss {loss(event.train_loss)}, train accuracy {percent(event.train_accuracy)}"
    return f"epoch {event.epoch} ended: {train}, {duration(event.seconds)}, {rate(event.images_per_second)}"


@_text.register
def _(event: events.CheckpointSaved) -> str:
    return f"saved {event.file} at step {count(event.step)}"


@_text.register
def _(event: events.CheckpointFailed) -> str:
    return f"checkpoint at step {count(event.step)} not saved: {event.error}"


@_text.register
def _(event: events.StuckAtChance) -> str:
    return (
        f"stuck: after {count(event.step)} steps the loss is no better than guessing ({loss(event.loss)}); "
        f"the filters of seed {event.seed} have died"
    )


@_text.register
def _(event: events.LearningRateChanged) -> str:
    return f"learning rate {number(event.learning_rate)} from step {count(event.step + 1)} on"


@_text.register
def _(event: events.StoppedEarly) -> str:
    return f"stopped early after epoch {event.epoch}: the best on validation is epoch {event.best_epoch}"


@_text.register
def _(event: events.UnitsChanged) -> str:
    change = describe_change(event.died, event.revived, event.state, event.step, event.unit, event.layer, event.kind)
    return change if event.confirmed else f"{change}, on a sample of the digits"


@_text.register
def _(event: events.Paused) -> str:
    return f"paused at step {count(event.step)}"


@_text.register
def _(event: events.Resumed) -> str:
    return f"resumed after the pause at step {count(event.step)}"


@_text.register
def _(event: events.RunEnded) -> str:
    return f"{event.reason} at step {count(event.step)}, {duration(event.seconds)} of training"


@_text.register
def _(event: events.RunFailed) -> str:
    return f"failed: {event.error} {event.hint}".rstrip()
