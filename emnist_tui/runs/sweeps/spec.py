"""Specification of a sweep: search space, search and number of trials."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Self

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.space import MOST_VALUES, Axis, Point, explain_bad_point_value, option_of

SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("asha", "none")
MOST_TRIALS = 100_000
_SEED_LIMIT = 2**32


@dataclass(frozen=True)
class SweepSpec:
    """Content of sweep.json, which never changes after the sweep was created.

    Raises `UsageError` if a value is invalid.
    """

    config: TrainConfig
    """Configuration that the trials share."""
    axes: tuple[Axis, ...]
    """Varied fields, in the order in which they are shown."""
    sampler: str = "tpe"
    """`tpe`, `random`, or `grid`, which tries every combination and needs no search engine."""
    pruner: str = "asha"
    """`asha` ends trials early that fall behind, `none` trains all to their end."""
    trials: int = 50
    """Number of trials; of a grid always its combinations."""
    seed: int = 0
    """Seed of the search."""
    created: float = 0.0
    """Unix seconds."""

    def __post_init__(self) -> None:
        if not self.axes:
            raise UsageError(
                "A sweep varies something; name it with --vary, such as --vary learning-rate=0.001..0.1:log."
            )
        names = [axis.field for axis in self.axes]
        if len(set(names)) != len(names):
            raise UsageError("Each field is varied once; join its values in one --vary.")
        if self.sampler not in SAMPLERS:
            raise UsageError(f"The sampler must be tpe, random or grid, not {self.sampler!r}.")
        if self.pruner not in PRUNERS:
            raise UsageError(f"The pruner must be asha or none, not {self.pruner!r}.")
        if self.sampler == "grid" and (ranges := [axis for axis in self.axes if not axis.values]):
            raise UsageError(
                f"A grid needs a list of values for {ranges[0].option}, not a range; list them with commas."
            )
        if self.sampler == "grid":
            if self.combinations > MOST_TRIALS:
                raise UsageError(
                    f"A grid of {self.combinations:,} combinations is too large; vary at most {MOST_TRIALS:,}, or "
                    "search at random with --sampler random."
                )
            object.__setattr__(self, "trials", self.combinations)
        if self.is_seeds and self.pruner != "none":
            raise UsageError("Seeds show the spread of whole trainings; give --prune none.")
        if not self.is_seeds and not self.config.validation:
            raise UsageError("A sweep compares its trials on held-out images; hold some out with --validation N.")
        if not _is_whole(self.trials, 1, MOST_TRIALS):
            raise UsageError(f"A sweep has 1 to {MOST_TRIALS:,} trials, not {self.trials!r}.")
        if not _is_whole(self.seed, 0, _SEED_LIMIT - 1):
            raise UsageError(f"The seed of a search must be a whole number below 2^32, not {self.seed!r}.")

    @property
    def is_seeds(self) -> bool:
        """Whether only the seed differs, to show a configuration's spread."""
        return [axis.field for axis in self.axes] == ["seed"] and self.sampler == "grid"

    @property
    def needs_engine(self) -> bool:
        """Whether workers need the search engine, Optuna."""
        return self.sampler != "grid" or self.pruner != "none"

    @property
    def split(self) -> str:
        """Split that compares the trials: `validation`, else `test` for seeds."""
        return "validation" if self.config.validation else "test"

    @property
    def combinations(self) -> int:
        """Number of combinations of the listed values."""
        return math.prod(len(axis.values) for axis in self.axes)

    def grid(self) -> list[Point]:
        """Return every combination of the listed values, the last axis varying fastest."""
        names = [axis.field for axis in self.axes]
        return [
            dict(zip(names, values, strict=True)) for values in itertools.product(*(axis.values for axis in self.axes))
        ]

    def config_of(self, point: Point) -> TrainConfig:
        """Return the configuration of a trial.

        Raises `UsageError` if no run can have it, or if it names a value for other fields than the varied ones.
        """
        if point.keys() != {axis.field for axis in self.axes}:
            names = ", ".join(axis.option for axis in self.axes)
            raise UsageError(f"A trial of this sweep has a value for each of {names}, and for nothing else.")
        for name, value in point.items():
            if problem := explain_bad_point_value(name, value):
                raise UsageError(f"{option_of(name)} {problem}, not {value!r}.")
        return TrainConfig(**{**self.config.to_json(), **point})

    @classmethod
    def of_seeds(cls, config: TrainConfig, count: int, created: float) -> Self:
        """Return the sweep over `count` seeds, beginning with that of `config`.

        Raises `UsageError`.
        """
        if not _is_whole(count, 1, MOST_VALUES):
            raise UsageError(f"The number of seeds must be 1 to {MOST_VALUES:,}, not {count!r}.")
        seeds = tuple((config.seed + offset) % _SEED_LIMIT for offset in range(count))
        return cls(config, (Axis("seed", seeds),), "grid", "none", count, 0, created)

    def to_json(self) -> dict[str, Any]:
        return {
            "format": 1,
            "created": self.created,
            "config": self.config.to_json(),
            "vary": [axis.to_json() for axis in self.axes],
            "sampler": self.sampler,
            "pruner": self.pruner,
            "trials": self.trials,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore a specification. Raises `UsageError`, `TypeError`, `KeyError` or `ValueError` for anything else."""
        created = values.get("created", 0.0)
        if isinstance(created, bool) or not isinstance(created, int | float) or not math.isfinite(created):
            raise ValueError("its time of creation is no time")
        if not isinstance(values["config"], dict) or not isinstance(values["vary"], list):
            raise TypeError("not a sweep")
        return cls(
            config=TrainConfig.from_json(values["config"]),
            axes=tuple(Axis.from_json(axis) for axis in values["vary"]),
            sampler=values["sampler"],
            pruner=values["pruner"],
            trials=values["trials"],
            seed=values.get("seed", 0),
            created=float(created),
        )


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
