"""Explanations of an answer as text, and as JSON."""

from collections.abc import Sequence

import numpy as np

from emnist_tui.analysis.explain.activity import Activity
from emnist_tui.analysis.explain.closing import rounded_to_close
from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.explain.occlusion import Occlusion
from emnist_tui.analysis.explain.sentences import (
    describe_change,
    describe_nearest,
    describe_occlusion,
    describe_shares,
)
from emnist_tui.analysis.explain.shares import Shares
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.commands.output.cell_arithmetic import place
from emnist_tui.text import ascii_art, formats
from emnist_tui.text.bars import bar

_BAR = 20  # columns; with the digit beside it and the logits a line takes 76
_GAP = "   "
_MOST_PARTS = 10  # maps that are listed one by one
_LARGEST = 10  # products that are listed
_MOST_PLACES = 9  # columns of places
_FALLS, _RISES = "123456789", "abcdefghi"


def draw(explanation: Explanation, name: str) -> list[str]:
    """Draw an explanation, `name` in the first line."""
    passed, against = explanation.passed, explanation.against
    lines = [*_draw_answer(passed, name), "", f"why {passed.predicted}, not {against}"]
    if explanation.shares:
        lines += ["", describe_shares(explanation.shares), "", *_draw_shares(explanation.shares)]
    else:
        lead = passed.logits[passed.predicted] - passed.logits[against]
        lines += ["", f"{passed.predicted} leads {against} by {lead:.2f}, not the sum of a linear layer"]
    lines += ["", f"what {passed.predicted} hangs on", "", *_draw_occlusion(passed, explanation.occlusion)]
    lines += ["", "nearest change", "", describe_nearest(explanation.nearest)]
    lines += [f"{describe_change(each.change)}: {each.predicted}" for each in explanation.nearest.found[1:]]
    return [*lines, "", "layers", "", *_draw_layers(passed, explanation.activity)]


def _draw_answer(passed: Pass, name: str) -> list[str]:
    """Draw the digit with the ten classes beside it."""
    truth = "" if passed.true is None else f"  true {passed.true}"
    loss = "" if passed.loss is None else f"  loss {formats.loss(passed.loss)}"
    confidence = formats.percent(float(passed.probabilities.max()))
    digit = ascii_art.ascii_art(passed.image)
    table = [f"class{'probability':>29}{'logit':>10}"]
    table += [
        f"{number} {bar(float(share), _BAR)}{formats.percent(float(share)):>12}{logit:>+10.4f}"
        for number, (share, logit) in enumerate(zip(passed.probabilities, passed.logits, strict=True))
    ]
    above = (len(digit) - len(table)) // 2
    return [
        f"{name}{truth}  predicted {passed.predicted}  confidence {confidence}{loss}",
        "",
        *_beside(digit, [*[""] * above, *table]),
    ]


def _beside(left: Sequence[str], right: Sequence[str]) -> list[str]:
    height, width = max(len(left), len(right)), max(map(len, left))
    padded = [[*lines, *[""] * (height - len(lines))] for lines in (left, right)]
    return [f"{one:{width}}{_GAP}{other}".rstrip() for one, other in zip(*padded, strict=True)]


def _draw_shares(shares: Shares) -> list[str]:
    """List parts that add up beside the largest products."""
    by_map, bias, lead = shares.displayed(2)
    unit = "map" if shares.values.ndim == 3 else "unit"
    order = np.argsort(-np.abs(by_map), kind="stable")
    listed = sorted(order[: _MOST_PARTS if len(by_map) <= _MOST_PARTS else _MOST_PARTS - 1].tolist())
    rows = [(f"{unit} {number}", float(by_map[number])) for number in listed]
    if len(listed) < len(by_map):
        rest = float(by_map.sum() - sum(part for _, part in rows))
        rows.append((f"{formats.count(len(by_map) - len(listed))} more {unit}s", rest))
    rows += [("bias", bias), (f"{shares.answer} over {shares.against}", lead)]
    parts = [f"{name:12}{part:>+9.2f}" for name, part in rows]
    products = [f"the largest products at {formats.printable(shares.node)}"]
    for index, product in shares.largest(_LARGEST):
        factors = f"{shares.values[index]:.4f} × {shares.weights[index]:+.4f}"
        products.append(f"{place(index):10}{factors:>19} = {product:+.4f}")
    return [*_beside(parts, products), *_draw_places(shares)]


def _draw_places(shares: Shares) -> list[str]:
    """Write the part of each place, if they fit a line.

    With the bias they add up to the lead as printed.
    """
    by_place = shares.by_place
    if by_place is None or not 1 < by_place.shape[1] <= _MOST_PLACES:
        return []
    _, bias, lead = shares.displayed(2)
    rounded = rounded_to_close(by_place, lead - bias, 2).reshape(by_place.shape)
    rows = ["".join(f"{part:>+8.2f}" for part in row) for row in rounded]
    return ["", "by place, over all maps, without the bias", *rows]


def _draw_occlusion(passed: Pass, occlusion: Occlusion) -> list[str]:
    drawn, step = change_art(occlusion.change)
    legend = [describe_occlusion(occlusion), f"1 to 9: the lead falls, a to i: it rises, in steps of {step:.2f}"]
    return [*_beside(ascii_art.ascii_art(passed.image), drawn), "", *legend]


def change_art(change: Array) -> tuple[list[str], float]:
    """Draw falls as 1 to 9 and rises as a to i.

    Two rows are drawn as one, by their mean. Returns the lines, and the size of a step.
    """
    rows, columns = change.shape
    halved = change.reshape(rows // 2, 2, columns).mean(axis=1)
    step = float(np.abs(halved).max()) / len(_FALLS)
    steps = np.rint(halved / step).astype(np.intp) if step else np.zeros(halved.shape, np.intp)
    signs = {0: " ", **{-size: sign for size, sign in enumerate(_FALLS, 1)}, **dict(enumerate(_RISES, 1))}
    return ["".join(signs[int(each)] for each in row) for row in steps], step


def _draw_layers(passed: Pass, activity: Activity | None) -> list[str]:
    header = ["layer", "node", "operation", "shape", "least", "most", "active"]
    rows = [header]
    for layer in layers_of(passed.network.graph, passed.network.weights):
        for number, node in enumerate(layer.nodes):
            values = passed.values[node.name]
            rows.append([
                "" if number else layer.title,
                formats.printable(node.name),
                str(node.settings.get("type", node.operation)) if node.operation == "unknown" else node.operation,
                formats.shape(values.shape),
                f"{values.min():.2f}",
                f"{values.max():.2f}",
                _activity(node.name, activity),
            ])  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = []
    for row in rows:
        cells = [
            f"{text:>{width}}" if column in (4, 5) else f"{text:{width}}"
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    if activity:
        lines.append(f"active: mean share of a map's cells over {formats.count(activity.images)} test digits")
    return lines


def _activity(node: str, activity: Activity | None) -> str:
    if activity is None or node not in activity.active:
        return ""
    lost = activity.lost.get(node, {})
    states = {state: sum(each == state for each in lost.values()) for state in set(lost.values())}
    parts = [formats.percent(float(np.mean(activity.active[node])), 0)]
    return ", ".join([*parts, *(f"{formats.count(count)} {state}" for state, count in states.items())])


def to_json(explanation: Explanation) -> dict[str, object]:
    """Describe an explanation by its numbers."""
    passed, shares, occlusion, nearest = (
        explanation.passed, explanation.shares, explanation.occlusion, explanation.nearest,
    )  # fmt: skip
    return {
        "true": passed.true,
        "predicted": passed.predicted,
        "confidence": float(passed.probabilities.max()),
        "loss": passed.loss,
        "logits": passed.logits.tolist(),
        "probabilities": passed.probabilities.tolist(),
        "against": explanation.against,
        "lead": float(passed.logits[passed.predicted] - passed.logits[explanation.against]),
        "shares": shares and {
            "node": shares.node,
            "by_map": shares.by_map.tolist(),
            "bias": shares.bias,
            "products": shares.products.tolist(),
        },
        "occlusion": {
            "size": occlusion.size,
            "cover": occlusion.cover,
            "change": occlusion.change.tolist(),
            "predicted": occlusion.predicted.tolist(),
        },
        "input_gradient": None if explanation.gradient is None else explanation.gradient.tolist(),
        "nearest_changes": [
            {
                "kind": str(each.change.kind),
                "down": each.change.down,
                "right": each.change.right,
                "amount": each.change.amount,
                "size": each.change.size,
                "predicted": each.predicted,
            }
            for each in nearest.found
        ],
        "layers": _layers_to_json(passed, explanation.activity),
        "pixels": passed.image.tolist(),
    }  # fmt: skip


def _layers_to_json(passed: Pass, activity: Activity | None) -> list[dict[str, object]]:
    return [
        {
            "layer": layer.title,
            "node": node.name,
            "operation": node.operation,
            "shape": list(passed.values[node.name].shape),
            "least": float(passed.values[node.name].min()),
            "most": float(passed.values[node.name].max()),
            "active": list(activity.active[node.name]) if activity and node.name in activity.active else None,
            "lost": activity.lost.get(node.name, {}) if activity else {},
        }
        for layer in layers_of(passed.network.graph, passed.network.weights)
        for node in layer.nodes
    ]
