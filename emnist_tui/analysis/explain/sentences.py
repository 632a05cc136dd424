"""Sentences about the reasons for an answer."""

from emnist_tui.analysis.explain.nearest_change import (
    LARGEST_SHIFT,
    LARGEST_THICKNESS,
    LARGEST_TURN,
    Change,
    Kind,
    NearestChange,
)
from emnist_tui.analysis.explain.occlusion import PAPER, Occlusion
from emnist_tui.analysis.explain.shares import Shares
from emnist_tui.text.formats import number

_DECIMALS = 2


def describe_shares(shares: Shares, unit: str = "map") -> str:
    """Describe which maps give a class its lead.

    Such as `8 leads 2 by +0.99: map 1 gives +1.66 of it, map 3 takes most back (-1.25)`. Maps are numbered from 0. The
    numbers are rounded so that those of all maps and the bias add up.
    """
    by_map, bias, lead = shares.displayed(_DECIMALS)
    unit = "unit" if shares.values.ndim == 1 else unit
    parts = {**{f"{unit} {at}": float(part) for at, part in enumerate(by_map)}, "the bias": bias}
    verb = "leads" if lead >= 0 else "trails"
    opening = f"{shares.answer} {verb} {shares.against} by {abs(lead):.{_DECIMALS}f}"
    sign = 1 if lead >= 0 else -1
    most = max(parts, key=lambda name: sign * parts[name])
    least = min(parts, key=lambda name: sign * parts[name])
    sentence = f"{opening}: {most} gives {parts[most]:+.{_DECIMALS}f} of it"
    if sign * parts[least] < 0:
        sentence += f", {least} takes most back ({parts[least]:+.{_DECIMALS}f})"
    return sentence


def describe_occlusion(occlusion: Occlusion) -> str:
    """Describe where covering the digit takes most of the lead.

    The most important place is given as row and column from 0.
    """
    row, column = divmod(int(occlusion.change.argmin()), occlusion.change.shape[1])
    fall = float(-occlusion.change[row, column])
    cover = "paper" if occlusion.cover == PAPER else f"gray {occlusion.cover}"
    square = f"{occlusion.size}×{occlusion.size} of {cover}"
    pair = f"{occlusion.answer} over {occlusion.against}"
    if fall <= 0:
        return f"nowhere does {square} take from the lead of {pair}"
    sentence = f"{square} at {row},{column} takes {fall:.{_DECIMALS}f} off the lead of {pair}"
    predicted = int(occlusion.predicted[row, column])
    return sentence + (f", then predicted as {predicted}" if predicted != occlusion.answer else "")


def describe_change(change: Change) -> str:
    """Describe a change: `shifted 1.5 px down and 1.5 px left`."""
    if change.kind is Kind.SHIFT:
        words = [
            f"{number(abs(length))} px {forward if length > 0 else back}"
            for length, forward, back in ((change.down, "down", "up"), (change.right, "right", "left"))
            if length
        ]
        return f"shifted {' and '.join(words)}"
    if change.kind is Kind.TURN:
        return f"turned {number(abs(change.amount))}° {'clockwise' if change.amount > 0 else 'counterclockwise'}"
    return f"with strokes {number(2 * abs(change.amount))} px {'thicker' if change.amount > 0 else 'thinner'}"


def describe_nearest(nearest: NearestChange) -> str:
    """Describe the smallest change of the answer.

    Such as `turned 6° clockwise, it is predicted as 2`.
    """
    if found := nearest.nearest:
        return f"{describe_change(found.change)}, it is predicted as {found.predicted}"
    tried = (
        f"no shift up to {number(LARGEST_SHIFT)} px, turn up to {LARGEST_TURN}° or "
        f"{number(2 * LARGEST_THICKNESS)} px of thickness"
    )
    if nearest.is_to_right:
        return f"{tried} makes it {nearest.true}"
    return f"{tried} changes the answer"
