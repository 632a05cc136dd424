"""The digits of a comparison, with both predictions."""

from pathlib import Path

from emnist_tui.analysis.disagreements import ORDERS
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.comparisons import disagreements_screen, open_comparison, two_runs
from tests.support.terminal import terminal


async def test_a_digit_has_the_probabilities_of_both(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        await shown.press("enter")
        await shown.shows("by disagreement")
        for order in (*ORDERS[1:], ORDERS[0]):
            first = disagreements_screen(shown).opinions[0]
            await shown.shows(f"true {first.true}", f"predicted {first.a.predicted}", f"predicted {first.b.predicted}")
            await shown.shows(f"loss {first.a.loss:.3f}", f"loss {first.b.loss:.3f}")
            for digit in range(10):
                pair = [f"{side.probabilities[digit] * 100:.1f}" for side in (first.a, first.b)]
                lines = [line[60:].split() for line in shown.text.split("\n")]
                assert any(words[:1] == [str(digit)] and [w for w in words if "." in w] == pair for words in lines)
            await shown.press("o")
            await shown.shows(f"by {order}")


async def test_g_changes_how_digits_are_drawn(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path)) as shown:
        await open_comparison(shown)
        await shown.press("enter", "g")
        assert shown.app.screen.query_one(DigitGrid).style == "half-blocks"
