"""Lines about one cell: its sum, and where its value goes."""

from dataclasses import dataclass

from emnist_tui.analysis.explain.arithmetic import Arithmetic, Kind
from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.field import destination
from emnist_tui.analysis.explain.sums import trace
from emnist_tui.analysis.network.graph import INPUT, Node
from emnist_tui.analysis.network.network import Array
from emnist_tui.text import formats
from emnist_tui.text.formats import shortened
from emnist_tui.tui.widgets.network.figures import plain, signed
from emnist_tui.tui.widgets.network.names import ACTIVATIONS, title_of
from emnist_tui.tui.widgets.network.subject import Subject

_DECIMALS = 4
_NAME = 24  # columns of an operation's name
_FLAT = 0.01  # distance from an end, as a share of the range, within which a cell is saturated


@dataclass(frozen=True)
class Fact:
    """A label and a figure."""

    label: str
    value: str
    role: str = "text"


@dataclass(frozen=True, eq=False)
class Story:
    """Arithmetic of a cell, and facts about it."""

    steps: list[Arithmetic]
    sums: list[Fact]
    """From the sum of products to the value, a step each."""
    facts: list[Fact]
    """Pooling, gradient and activity; the most important first."""
    sentence: str = ""
    """Explanation in place of arithmetic."""

    @property
    def sum(self) -> Arithmetic | None:
        """Step whose products are shown.

        The parts of a residual sum are told as they are.
        """
        first = self.steps[0] if self.steps else None
        has_products = first is not None and first.kind is Kind.SUM and first.operation != "add"
        return first if has_products else None

    @property
    def is_normed(self) -> bool:
        """Whether a norm of its own follows the sum."""
        return any(fact.label.startswith("norm") for fact in self.sums)


def story_of(subject: Subject, cell: Cell) -> Story:
    """Tell how the value of a cell came about."""
    steps = trace(subject.passed, cell, folded=subject.view.is_folded)
    sums: list[Fact] = []
    for position, step in enumerate(steps):
        following = steps[position + 1] if position + 1 < len(steps) else None
        sums += _facts_of(subject, step, following)
    sentence = ""
    if steps[0].kind is Kind.UNKNOWN:
        sentence = f"{shortened(steps[0].formula, _NAME)}: values without arithmetic"
    return Story(steps, sums, _surroundings(subject, cell), sentence)


def _facts_of(subject: Subject, step: Arithmetic, following: Arithmetic | None) -> list[Fact]:
    if step.kind is Kind.SUM and step.facts and not step.is_folded:
        name = title_of(step.operation)
        scale = Fact(f"{name} ×", plain(step.facts["scale"], _DECIMALS))
        return [
            scale,
            Fact(f"{name} +", _signed(step.bias or 0.0)),
            Fact(f"after {name}", _signed(step.value), "strong"),
        ]
    if step.kind is Kind.SUM:
        return _sum_facts(subject, step, following)
    if step.kind is Kind.PRODUCT:
        return [Fact("product of two", _signed(step.value), "strong")]
    if step.kind is Kind.LARGEST:
        return [Fact("largest", _signed(step.value), "strong")]
    if step.kind is Kind.FUNCTION:
        return [Fact(f"after {title_of(step.operation)}", plain(step.value, _DECIMALS), "strong")]
    return [] if step.kind is Kind.COPY else [Fact("value", plain(step.value, _DECIMALS), "strong")]


def _sum_facts(subject: Subject, step: Arithmetic, following: Arithmetic | None) -> list[Fact]:
    shown = step.displayed(_DECIMALS)
    count = int(sum(terms.inside.sum() for terms in step.terms))
    products = shown.total - (shown.bias or 0.0)
    if step.operation == "add":
        names = [_name(subject, terms.source) for terms in step.terms]
        parts = [Fact(name, _signed(float(part))) for name, part in zip(names, shown.products, strict=True)]
    else:
        what = "mean" if step.operation in ("avg_pool", "mean") else "sum"
        parts = [Fact(f"{what} of {formats.count(count)}", _signed(products))]
    if shown.bias is not None:
        parts.append(Fact("bias", _signed(shown.bias)))
    if following is not None and following.kind is Kind.FUNCTION:
        parts.append(Fact(f"before {title_of(following.operation)}", _signed(shown.total), "strong"))
    elif shown.bias is not None or following is None:
        parts.append(Fact("value", _signed(shown.total), "strong"))
    return parts


def _name(subject: Subject, source: str) -> str:
    for layer in subject.layers:
        if any(node.name == source for node in layer.nodes):
            return layer.title
    return "input" if source == INPUT else source


def _surroundings(subject: Subject, cell: Cell) -> list[Fact]:
    facts = []
    use = destination(subject.passed, cell) if len(cell.index) == 3 else None
    if use is not None and use.cells:
        place = f"{use.cells[0].index[1]},{use.cells[0].index[2]}"
        rank = f" {'as' if use.won[0] else 'not'} largest" if use.won else ""
        facts.append(Fact("pooled to", f"{place}{rank}"))
    gradient = subject.passed.gradients.get(cell.node)
    if gradient is not None:
        slope = float(gradient[cell.index])
        role = "positive" if slope > 0 else "negative" if slope else "quiet"
        facts.insert(0, Fact("∂loss/∂cell", _signed(slope), role))
    if not subject.is_on_input and len(cell.index) == 3:
        facts += _activity(subject, cell)
    return facts


def _activity(subject: Subject, cell: Cell) -> list[Fact]:
    node = next(node for node in subject.layers[subject.at].nodes if node.name == cell.node)
    values = subject.passed.values[node.name][cell.index[0]]
    here = activity_here(node, values) if values.size > 1 else None
    facts = [Fact(*here)] if here else []
    if lost := subject.lost(subject.at, cell.index[0]):
        facts.insert(0, Fact("this map is", lost, "bad"))
    elif (share := subject.activity(subject.at, cell.index[0])) is not None:
        sample = formats.count(subject.view.sample)
        facts.append(Fact(f"active, {sample} digits", formats.percent(share, 0)))
    return facts


def activity_here(node: Node, values: Array) -> tuple[str, str] | None:
    """Return the active share of a map, as label and figure.

    It is that of `analysis.explain.activity`: above 0, or farther than 1 % of the range from both ends.
    """
    if node.operation in ("sigmoid", "hardsigmoid", "tanh"):
        low = -1.0 if node.operation == "tanh" else 0.0
        margin = _FLAT * (1 - low)
        return "active here", formats.percent(float(((values - low > margin) & (1 - values > margin)).mean()), 0)
    if node.operation in ACTIVATIONS:
        return "active here", formats.percent(float((values > 0).mean()), 0)
    return None


def _signed(value: float) -> str:
    return signed(value, _DECIMALS)
