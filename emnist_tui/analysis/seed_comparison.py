"""Comparison of two configurations over seeds: better, or luck."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from emnist_tui.analysis.spread import SIGNIFICANCE, Spread, around, t_p_value
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.recipe import COMPARED, differences
from emnist_tui.runs.sweeps.seed_group import SeedGroup
from emnist_tui.runs.sweeps.space import Value, spell
from emnist_tui.text import formats

_EXACT = 12  # decimals at which rounding of differences ends


class Verdict(StrEnum):
    """Answer to the question whether B is better."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"
    """The interval contains 0."""
    UNKNOWN = "unknown"
    """No spread is known, so that there is no test."""


@dataclass(frozen=True)
class SeedComparison:
    """Group `b` compared with group `a`.

    With two seeds or more in common the test is paired over these; otherwise it is Welch's over all. Raises
    `EmnistTuiError` if the groups are one, a group has no result, or they are of different data.
    """

    a: SeedGroup
    b: SeedGroup

    def __post_init__(self) -> None:
        a, b = self.a, self.b
        if a.path.absolute() == b.path.absolute():
            raise EmnistTuiError(f"{a.name} would be compared with itself; name another group.")
        for group in (a, b):
            if not group.accuracies:
                raise EmnistTuiError(f"No run of {group.name} has finished; compare it once one has.")
        both_known = a.fingerprint and b.fingerprint
        if (both_known and a.fingerprint != b.fingerprint) or (not both_known and a.data != b.data):
            names = f"{a.data} and {b.data}" if a.data != b.data else f"{a.data}, which changed in between"
            raise EmnistTuiError(
                f"{a.name} and {b.name} are not of the same data ({names}); train one of them anew on the data of the "
                "other."
            )

    @cached_property
    def shared(self) -> tuple[int, ...]:
        """Seeds with a result in both groups, increasing."""
        return tuple(sorted(self.a.accuracies.keys() & self.b.accuracies.keys()))

    @property
    def is_paired(self) -> bool:
        """Whether the difference is that of the shared seeds."""
        return len(self.shared) >= 2

    @cached_property
    def changes(self) -> dict[int, float]:
        """Accuracy of `b` minus that of `a`, by shared seed."""
        return {seed: round(self.b.accuracies[seed] - self.a.accuracies[seed], _EXACT) for seed in self.shared}

    @cached_property
    def spread_a(self) -> Spread:
        return Spread.of([*self.a.accuracies.values()])

    @cached_property
    def spread_b(self) -> Spread:
        return Spread.of([*self.b.accuracies.values()])

    @property
    def difference(self) -> float:
        """Mean of `b` minus mean of `a`, of shared seeds if paired."""
        return self._test[0]

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the difference; None where no spread is known."""
        return self._test[1]

    @property
    def p_value(self) -> float | None:
        """P-value of the t test that both are equally accurate."""
        return self._test[2]

    @property
    def verdict(self) -> Verdict:
        if self.p_value is None:
            return Verdict.UNKNOWN
        if self.p_value >= SIGNIFICANCE:
            return Verdict.UNDECIDED
        return Verdict.BETTER if self.difference > 0 else Verdict.WORSE

    @cached_property
    def _test(self) -> tuple[float, tuple[float, float] | None, float | None]:
        return self._paired() if self.is_paired else self._unpaired()

    def _paired(self) -> tuple[float, tuple[float, float] | None, float | None]:
        """Test the differences of the shared seeds (Student 1908)."""
        spread = Spread.of([*self.changes.values()])
        if not spread.sd:
            return spread.mean, None, None
        error = spread.sd / math.sqrt(spread.n)
        return spread.mean, spread.interval, t_p_value(spread.mean / error, spread.n - 1)

    def _unpaired(self) -> tuple[float, tuple[float, float] | None, float | None]:
        """Test the means of all seeds, whose variances may differ.

        B. L. Welch, The Generalization of `Student's' Problem when Several Different Population Variances are Involved,
        Biometrika 34 (1947).
        """
        a, b = self.spread_a, self.spread_b
        difference = b.mean - a.mean
        if a.sd is None or b.sd is None or not (a.sd or b.sd):
            return difference, None, None
        squares = [spread.sd**2 / spread.n for spread in (a, b) if spread.sd is not None]
        freedom = sum(squares) ** 2 / (squares[0] ** 2 / (a.n - 1) + squares[1] ** 2 / (b.n - 1))
        error = math.sqrt(sum(squares))
        return difference, around(difference, error, freedom), t_p_value(difference / error, freedom)

    @property
    def method(self) -> str:
        """Name of the test and the seeds that it is over."""
        if self.is_paired:
            return f"paired t test over {_seeds(len(self.shared))} in common"
        return f"Welch's t test over {self.spread_a.n} and {_seeds(self.spread_b.n)}"

    @property
    def differing(self) -> str:
        """Sentence about the values in which both differ; empty if in none."""
        configs = (self.a.config, self.b.config)
        changed = [differences(config) for config in configs]  # each from its own model's recipe
        names = [name for name in COMPARED if changed[0].get(name) != changed[1].get(name)]
        if configs[0].model != configs[1].model:
            names.insert(0, "model")
        pairs = {name: _spell_apart(*(getattr(config, name) for config in configs)) for name in names}
        parts = [f"{name.replace('_', ' ')} {values}" for name, values in pairs.items()]
        return f"They differ in {', '.join(parts)}." if parts else ""

    @property
    def answer(self) -> str:
        """Answer the question whether `b` is better, in a sentence."""
        a, b = self.a.name, self.b.name
        match self.verdict:
            case Verdict.BETTER:
                return f"{b} is better than {a} ({self.numbers})."
            case Verdict.WORSE:
                return f"{b} is worse than {a} ({self.numbers})."
            case Verdict.UNDECIDED:
                return f"No difference is shown ({self.numbers}): it could be luck."
        alone = [group.name for group in (self.a, self.b) if len(group.accuracies) == 1]
        if alone:
            return f"One seed shows no spread ({' and '.join(alone)}); train more with --seeds."
        if self.difference == 0:
            return "Every seed gives the same in both: no difference is shown."
        return f"Every seed differs by {formats.points(self.difference)}, so no test can tell; train more with --seeds."

    @property
    def numbers(self) -> str:
        """Difference, interval and p-value as text."""
        if self.interval is None or self.p_value is None:
            return formats.points(self.difference)
        low, high = (formats.points(end).removesuffix(" points") for end in self.interval)
        return f"{formats.points(self.difference)}, 95 %: {low} to {high}, {p_text(self.p_value)}"

    @property
    def warnings(self) -> list[str]:
        """Sentences about the seeds that do not count."""
        found = []
        for group in (self.a, self.b):
            if group.left_out:
                found.append(f"{describe_left_out(group)}.")
            if group.stuck:
                found.append(describe_stuck(group))
        spare = [
            f"{len(group.accuracies) - len(self.shared)} of {group.name}"
            for group in (self.a, self.b)
            if len(group.accuracies) > len(self.shared)
        ]
        if self.is_paired and spare:
            found.append(f"Seeds without a partner do not count: {' and '.join(spare)}.")
        return found

    def to_json(self) -> dict[str, Any]:
        """Build the object of `emnist-tui compare --json` for groups."""
        return {
            "dataset": self.a.data,
            "split": "test",
            "a": group_to_json(self.a, self.spread_a),
            "b": group_to_json(self.b, self.spread_b),
            "accuracy_change": self.difference,
            "accuracy_change_interval": None if self.interval is None else list(self.interval),
            "p_value": self.p_value,
            "test": "paired t" if self.is_paired else "Welch t",
            "per_seed": [
                {"seed": seed, "a": self.a.accuracies[seed], "b": self.b.accuracies[seed], "change": change}
                for seed, change in self.changes.items()
            ],
            "verdict": str(self.verdict),
            "answer": self.answer,
            "warnings": self.warnings,
        }


def describe_left_out(group: SeedGroup) -> str:
    """Count the seeds of a group without a result, by state."""
    states = list(group.left_out.values())
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{len(states)} of {_seeds(group.seeds)} of {group.name} have no result ({counts})"


def describe_stuck(group: SeedGroup) -> str:
    """Name the seeds whose training was stuck, though they count."""
    seeds = ", ".join(map(str, sorted(group.stuck)))
    amount = f"{_seeds(len(group.stuck))} of {group.name}"
    return f"{amount} trained at the loss of guessing ({seeds}); they count all the same."


def group_to_json(group: SeedGroup, spread: Spread | None) -> dict[str, Any]:
    """Describe a group with its test accuracies and their spread."""
    return {
        "name": group.name,
        "path": str(group.path),
        "model": group.config.model,
        "test_accuracy": spread.to_json() if spread else None,
        "seeds": [
            {"seed": seed, "state": "stuck" if seed in group.stuck else "finished", "test_accuracy": accuracy}
            for seed, accuracy in sorted(group.accuracies.items())
        ],
        "left_out": [{"seed": seed, "state": state} for seed, state in sorted(group.left_out.items())],
    }


def p_text(p: float) -> str:
    """Format a p-value: `p = 0.004`, `p < 0.0001`."""
    if p < 0.0001:
        return "p < 0.0001"
    text = f"{p:.2g}"
    is_told = (float(text) < SIGNIFICANCE) == (p < SIGNIFICANCE)  # else rounding would contradict the verdict
    return f"p = {text}" if is_told else f"p = {p:.5g}"


def _seeds(count: int) -> str:
    return f"{count} seed" + "s" * (count != 1)


def _spell_apart(a: Value, b: Value) -> str:
    """Spell two values, with four significant digits where these tell them apart."""
    short = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in (a, b)]
    return " and ".join(short if short[0] != short[1] else map(spell, (a, b)))
