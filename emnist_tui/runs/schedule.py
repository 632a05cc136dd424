"""Course of the learning rate over a run.

It depends on the step alone, so a resumed run needs no state of it.
"""

from math import cos, pi

from emnist_tui.runs.config import TrainConfig

_ONE_CYCLE_WARMUP = 0.25  # share of the steps
_FIRST, _LAST = 1 / 25, 1 / 25e4  # of the highest rate: `torch.optim.lr_scheduler.OneCycleLR`'s defaults


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Return the learning rate of an optimizer step.

    `step` counts from 0, `steps` are those of the whole run. `cosine` falls to 0 along half a cosine (Loshchilov and
    Hutter, 2017) after a linear rise; `one-cycle` rises and falls along half cosines (Smith and Topin, 2018).
    """
    return config.learning_rate * _share(config, step, steps)


def learning_rates(config: TrainConfig, first: int, count: int, steps: int) -> list[float]:
    """Return the learning rates of `count` consecutive steps, from step `first` on.

    See `learning_rate`; a constant one is not computed for each step, which takes as long as a step on a fast card.
    """
    if course_of(config) is None:
        return [config.learning_rate] * count
    return [learning_rate(config, step, steps) for step in range(first, first + count)]


def automatic_warmup(schedule: str) -> float:
    """Return the share of the steps where the configuration names none."""
    return _ONE_CYCLE_WARMUP if schedule == "one-cycle" else 0.0


def course_of(config: TrainConfig) -> str | None:
    """Name the course of a learning rate that changes by itself.

    None for a constant one. Such a rate depends on the number of epochs.
    """
    if config.schedule != "constant":
        return config.schedule
    return "warm-up" if config.warmup else None


def warmup_of(config: TrainConfig) -> float:
    """Return the share of the steps over which the learning rate rises."""
    return automatic_warmup(config.schedule) if config.warmup is None else config.warmup


def _share(config: TrainConfig, step: int, steps: int) -> float:
    """Return the learning rate relative to the highest, 0 to 1."""
    is_cycle = config.schedule == "one-cycle"
    warmup = warmup_of(config)
    if is_cycle:
        top = max(0.0, warmup * steps - 1)
        if step <= top and top > 0:
            return _along_cosine(_FIRST, 1.0, step / top)
        return _along_cosine(1.0, _LAST, (step - top) / max(1.0, steps - 1 - top))
    rise = warmup * steps
    if step < rise:
        return (step + 1) / (rise + 1)
    return _along_cosine(1.0, 0.0, (step - rise) / max(1.0, steps - rise)) if config.schedule == "cosine" else 1.0


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + cos(pi * min(1.0, share))) / 2
