"""Tables on stdout about groups of seeds."""

from collections.abc import Sequence

from emnist_tui.analysis.seed_comparison import SeedComparison, describe_left_out, describe_stuck
from emnist_tui.analysis.spread import Spread
from emnist_tui.runs.sweeps.seed_group import SeedGroup
from emnist_tui.text import formats


def print_seeds(group: SeedGroup) -> None:
    """Print each seed's test accuracy, then their mean, spread and interval."""
    print("    seed         test")
    for seed in sorted({*group.accuracies, *group.left_out}):
        state = group.left_out.get(seed)
        stuck = "  stuck" if seed in group.stuck else ""
        print(f"{seed:>8}{state or formats.percent(group.accuracies[seed], 2):>13}{stuck}")
    if group.accuracies:
        print(spread_text(Spread.of([*group.accuracies.values()])))
    if group.left_out:
        print(f"{formats.printable(describe_left_out(group))}.")
    if group.stuck:
        print(formats.printable(describe_stuck(group)))


def print_seed_comparison(comparison: SeedComparison) -> None:
    """Print two groups, their difference by seed, and the answer."""
    print(f"{formats.printable(comparison.a.data) or formats.UNKNOWN}, test split, by seed")
    for letter, group, spread in (("a", comparison.a, comparison.spread_a), ("b", comparison.b, comparison.spread_b)):
        print(f"{letter}  {formats.printable(group.name)}: {spread_text(spread)}")
    if comparison.shared:
        print("\n    seed          a          b         change")
        for seed, change in comparison.changes.items():
            shares = (formats.percent(group.accuracies[seed], 2) for group in (comparison.a, comparison.b))
            print(f"{seed:>8}" + "".join(f"{share:>11}" for share in shares) + f"{formats.points(change):>15}")
    method = f" ({comparison.method})" if comparison.interval else ""
    print(f"\ndifference of means, b minus a: {comparison.numbers}{method}")
    _print_lines([line for line in (comparison.answer, comparison.differing, *comparison.warnings) if line])


def spread_text(spread: Spread) -> str:
    """Describe mean, standard deviation and interval of test accuracies in a line."""
    text = f"mean {mean_text(spread)}, {spread.n} seed{'s' * (spread.n != 1)}"
    if spread.interval is None:
        return text
    low, high = (formats.percent(end, 2) for end in spread.interval)
    return f"{text}, 95 % interval {low} to {high}"


def mean_text(spread: Spread) -> str:
    """Format mean and standard deviation: `97.31 ± 0.12 %`."""
    if spread.sd is None:
        return formats.percent(spread.mean, 2)
    return f"{spread.mean * 100:.2f} ± {spread.sd * 100:.2f} %"


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(formats.printable(line))
