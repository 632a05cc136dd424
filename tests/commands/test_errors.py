"""`emnist-tui errors`: filters, orders, drawings and neighbors."""

from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.neighbors import Neighbors, neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.ascii_art import ascii_art
from tests.support.call import Call


def test_filters_and_orders_select_from_all_mistakes(call: Call, copied: RunFolder) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    losses = [mistake["loss"] for mistake in every]
    assert losses == sorted(losses, reverse=True)
    cell = every[0]["true"], every[0]["predicted"]
    for options, expected in (
        (["--true", cell[0]], [one for one in every if one["true"] == cell[0]]),
        (["--predicted", cell[1]], [one for one in every if one["predicted"] == cell[1]]),
        (
            ["--true", cell[0], "--predicted", cell[1]],
            [one for one in every if (one["true"], one["predicted"]) == cell],
        ),
        (["--sort", "confidence"], sorted(every, key=lambda one: (-one["confidence"], one["index"]))),
    ):
        assert call("errors", "first", "--limit", 1000, "--json", *options).json["shown"] == expected
        limited = call("errors", "first", "--limit", 1, "--json", *options).json
        assert (limited["shown"], limited["errors"]) == (expected[:1], len(expected))
    assert len({one["predicted"] for one in every}) > 1  # otherwise a filter would leave nothing out


def test_digits_are_drawn_under_captions(call: Call, copied: RunFolder, archive: Path) -> None:
    result = call("errors", "first", "--limit", 2)
    assert result.code == 0
    assert "2 of " in result.err
    blocks = result.out.strip("\n").split("\n\n#")
    assert len(blocks) == 2
    for shown, block in zip(call("errors", "first", "--limit", 2, "--json").json["shown"], blocks, strict=True):
        caption, *art = block.split("\n")
        assert f"true {shown['true']}  predicted {shown['predicted']}" in caption
        assert {len(line) for line in art} == {28}
        ink = (np.array([list(line) for line in art]) != " ").any(axis=0)
        assert ink[: 2 * shown["true"] + 2].all()  # the bar along the top, upright, is as long as the label


def test_mistakes_are_sorted_by_margin_or_index(call: Call, copied: RunFolder) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    for one in every:
        shares = one["probabilities"]
        assert one["margin"] == pytest.approx(shares[one["predicted"]] - shares[one["true"]])
    by_index = sorted(every, key=lambda one: one["index"])
    by_margin = sorted(by_index, key=lambda one: one["margin"], reverse=True)
    assert every not in (by_index, by_margin)
    for order, expected in (("margin", by_margin), ("index", by_index)):
        assert call("errors", "first", "--limit", 1000, "--json", "--sort", order).json["shown"] == expected


def test_minimal_confidence_filters_mistakes(call: Call, copied: RunFolder) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    limit = sorted(one["confidence"] for one in every)[len(every) // 2]
    found = call("errors", "first", "--limit", 1000, "--json", "--min-confidence", repr(limit)).json
    expected = [one for one in every if one["confidence"] >= limit]
    assert found["shown"] == expected
    assert 0 < found["errors"] == len(expected) < len(every)
    assert call("errors", "first", "--min-confidence", 1, "--json").json["errors"] == 0


@pytest.mark.parametrize("spelling", ["neighbors", "neighbours"])
def test_json_key_of_neighbors_is_spelled_as_the_option(call: Call, copied: RunFolder, spelling: str) -> None:
    """Scripts that use the former option read the former key."""
    file = copied.path / "evaluation-epoch-006.npz"
    assert call("neighbors", file).code == 0
    evaluation = Evaluation.load(file)
    neighbors = Neighbors.load(neighbors_path(file), evaluation)
    shown = call("errors", copied.last_checkpoint, f"--{spelling}", "--json", "--limit", 1000).json["shown"]
    mistakes = evaluation.mistakes()
    assert [entry["index"] for entry in shown] == [mistake.index for mistake in mistakes]
    for entry, mistake in zip(shown, mistakes, strict=True):
        true, predicted = neighbors.of(mistake)
        assert entry[spelling] == {
            name: {"index": found.index, "distance": found.distance} if found else None
            for name, found in (("true", true), ("predicted", predicted))
        }
    assert any(entry[spelling]["true"] for entry in shown)
    keys = set(shown[0]) - {spelling}
    assert set(call("errors", copied.path, "--json", "--limit", 1).json["shown"][0]) == keys


def test_neighbors_are_drawn_beside_the_mistake(call: Call, copied: RunFolder, archive: Path) -> None:
    checkpoint = copied.path / "epoch-001.pt"  # it classifies no image of some digits correctly
    found = call("errors", checkpoint, "--neighbors", "--json", "--limit", 200).json["shown"]
    out = call("errors", checkpoint, "--neighbors", "--limit", 200).out
    images = load_dataset(str(archive)).test.images.numpy()
    assert {place is None for entry in found for place in entry["neighbors"].values()} == {True, False}
    assert max(map(len, out.splitlines())) <= 80
    assert not any(line.endswith(" ") for line in out.splitlines())
    blocks = _blocks(out)
    assert len(blocks) == len(found)
    for entry, block in zip(found, blocks, strict=True):
        indices = [entry["index"], *(place and place["index"] for place in entry["neighbors"].values())]
        for position, index in enumerate(indices):
            columns = [line.ljust(80)[position * 27 : position * 27 + 26] for line in block[3:]]
            expected = [line[1:-1] for line in ascii_art(images[index])] if index is not None else [" " * 26] * 14
            assert columns == expected
        for digit, place in zip((entry["true"], entry["predicted"]), entry["neighbors"].values(), strict=True):
            assert (f"nearest correct {digit}" if place else f"no correctly classified {digit}") in block[1]


def _blocks(out: str) -> list[list[str]]:
    """Split the output by mistake: a line about it, two captions and fourteen of digits; then an empty one."""
    lines = out.splitlines()
    return [lines[start : start + 17] for start in range(0, len(lines), 18)]


def test_former_spelling_is_not_in_the_help(call: Call) -> None:
    shown = call("errors", "--help").out
    assert "--neighbors" in shown
    assert "--neighbours" not in shown
