"""The user's choices about foreign weights, and as options of a command line."""

import pytest

from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights


@pytest.mark.parametrize(
    ("chosen", "arguments"),
    [
        (RECOGNIZED, []),
        (ForeignWeights("ema.model"), ["--key=ema.model"]),
        (ForeignWeights("-x", "-0.5/0.5"), ["--key=-x", "--input-scaling=-0.5/0.5"]),
        (ForeignWeights(""), ["--key="]),
    ],
)
def test_choices_become_options_that_are_read_as_the_same_choices(chosen: ForeignWeights, arguments: list[str]) -> None:
    from emnist_tui.cli import parse
    from emnist_tui.commands.options import chosen_foreign

    assert chosen.arguments() == arguments
    assert bool(chosen) == bool(arguments)
    assert chosen_foreign(parse(["evaluate", "mine.pt", *arguments])) == chosen
