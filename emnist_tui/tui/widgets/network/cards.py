"""Cards of maps: map, pooling and weights beside each other, with facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.geometry import Region

from emnist_tui.analysis.network.network import Array
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush, Part
from emnist_tui.tui.widgets.network.figures import signed
from emnist_tui.tui.widgets.network.filters import draw_filter
from emnist_tui.tui.widgets.network.marks import marks_on
from emnist_tui.tui.widgets.network.story import activity_here
from emnist_tui.tui.widgets.network.subject import LayerMaps, Subject
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.view import Shown

_GAP = 2
_LARGE = 16  # columns of a map beside which there is room for its weights below its pooling
_BETWEEN = 3  # columns between two layers, or two columns of cards
_TIMES = (2, 3)
_HEADING = 1  # rows above all cards


@dataclass(frozen=True)
class Card:
    """Sizes of one map's parts."""

    map: Fit
    pool: Fit | None
    kernel: Fit | None

    @property
    def is_large(self) -> bool:
        """Whether the weights are below the pooling, not left of the map."""
        return self.map.columns >= _LARGE and self.pool is not None

    @property
    def width(self) -> int:
        pool, kernel = (part.columns if part else 0 for part in (self.pool, self.kernel))
        parts = [self.map.columns, max(pool, kernel)] if self.is_large else [kernel, self.map.columns, pool]
        return sum(parts) + _GAP * (sum(part > 0 for part in parts) - 1)

    @property
    def height(self) -> int:
        pool, kernel = (part.height if part else 0 for part in (self.pool, self.kernel))
        beside = pool + 1 + kernel if self.is_large else max(pool, kernel)
        return max(self.map.height, beside) + 1


@dataclass(frozen=True)
class Stack:
    """A layer's cards below each other, in one or more columns."""

    layer: int
    card: Card
    count: int
    across: int = 1

    @property
    def width(self) -> int:
        return self.across * (self.card.width + _BETWEEN) - _BETWEEN

    @property
    def down(self) -> int:
        return -(-self.count // self.across)

    def height(self, gap: int) -> int:
        return 1 + self.down * (self.card.height + gap) - gap


def arrange_cards(subject: Subject, width: int, height: int) -> list[Stack] | None:
    """Choose sizes with which all cards fit; None if there are none."""
    stacks = []
    for index in subject.hidden:
        maps = subject.maps(index)
        if maps is None:
            return None
        kernel = subject.kernels(index, 0)
        stack = next(
            (found for across in range(1, maps.count + 1)
             if (found := Stack(index, _card(maps, kernel, 1), maps.count, across)).height(0) <= height), None
        )  # fmt: skip
        if stack is None:
            return None
        stacks.append(stack)
    if not stacks or _total(stacks) > width:
        return None
    for times in _TIMES:
        for place, stack in enumerate(stacks):
            maps = subject.maps(stack.layer)
            assert maps is not None
            larger = Stack(stack.layer, _card(maps, subject.kernels(stack.layer, 0), times), stack.count, stack.across)
            tried = [*stacks[:place], larger, *stacks[place + 1 :]]
            if larger.height(0) <= height and _total(tried) <= width:
                stacks = tried
    return stacks


def _total(stacks: Sequence[Stack]) -> int:
    return sum(stack.width for stack in stacks) + _BETWEEN * (len(stacks) - 1)


def _card(maps: LayerMaps, kernel: Array | None, times: int) -> Card:
    rows, columns = maps.shape
    pool = None
    if maps.pooled is not None:
        pool = Fit(maps.pooled.shape[1] * times, maps.pooled.shape[2] * times)
    size = Fit(rows * times, columns * times)
    return Card(size, pool, None if kernel is None else _kernel_fit(kernel, size, pool))


def _kernel_fit(kernel: Array, size: Fit, pool: Fit | None) -> Fit | None:
    """Return the size of the weights beside a map.

    Small ones are twice as wide as they should be.
    """
    rows, columns = kernel.shape
    is_below_pool = pool is not None and size.columns >= _LARGE
    room = 2 * (size.height - (pool.height + 1 if pool is not None and is_below_pool else 0))
    limit = max(pool.columns, 10) if pool is not None and is_below_pool else 14
    times = next((times for times in (3, 2, 1) if times * rows <= room and times * columns <= limit), 0)
    if not times or 2 * columns > limit:
        return Fit(rows, columns) if rows <= room and columns <= limit else None
    return Fit(times * rows, max(2, times) * columns)


def draw_cards(brush: Brush, area: Region, stacks: Sequence[Stack]) -> bool:
    """Draw the layers beside each other; return whether all have their scales."""
    spare = area.width - _total(stacks)
    between = _BETWEEN + min(4, spare // max(1, len(stacks) - 1) if len(stacks) > 1 else 0)
    x = area.x
    has_legends = True
    for stack in stacks:
        gap = 1 if stack.height(1) <= area.height else 0
        _draw_title(brush, x, area.y, stack)
        for number in range(stack.count):
            across, down = divmod(number, stack.down)
            place = (x + across * (stack.card.width + _BETWEEN), area.y + 1 + down * (stack.card.height + gap))
            draw_card(brush, place, stack.layer, number, stack.card)
        if area.y > _HEADING:
            _draw_legends(brush, x, area.y - 1, stack)
        elif gap:
            _draw_legends(brush, x, area.y + 1 + stack.card.height, stack)
        else:
            has_legends = False
        x += stack.width + between
    return has_legends


def _draw_legends(brush: Brush, x: int, y: int, stack: Stack) -> None:
    """Draw the scales of maps and weights."""
    subject, end = brush.subject, x + stack.width
    maps = subject.maps(stack.layer)
    if maps is None:
        return
    if subject.view.shown is not Shown.WEIGHTS:
        x = brush.legend(x, y, maps.scale, end) + _BETWEEN
    if stack.card.kernel or subject.view.shown is Shown.WEIGHTS:
        brush.legend(x, y, subject.kernel_scale(stack.layer), end)


def _draw_title(brush: Brush, x: int, y: int, stack: Stack) -> None:
    subject, card = brush.subject, stack.card
    maps = subject.maps(stack.layer)
    assert maps is not None
    chosen = subject.at == stack.layer
    chain = maps.layer.chain.removeprefix(maps.layer.title).removeprefix(" → ")
    rows, columns = maps.shape
    end = brush.text(x, y, maps.layer.title, "title" if chosen else "strong")
    brush.layer_spot(Region(x, y, end - x, 1), stack.layer)
    names = chain.split(" → ") if chain else []
    if subject.view.shown is Shown.WEIGHTS:
        brush.line(end + 1, y, [[(maps.layer.kind, brush.inks["quiet"])]], x + stack.width)
        return
    pool = ""
    if maps.pooled is not None and names:
        pool = f"{names[-1]} {maps.pooled.shape[1]}×{maps.pooled.shape[2]}"
        names = names[:-1]
    texts = [" → ".join([*names, f"{rows}×{columns}"]), f"{rows}×{columns}"]
    pool_x = x + card.map.columns + _GAP + (0 if card.is_large or not card.kernel else card.kernel.columns + _GAP)
    limit = (pool_x if pool and card.is_large else x + stack.width) - 1
    texts = [text.replace(" → ", " ", 1) if names else text for text in texts]
    for text in texts:
        if end + 1 + len(text) <= limit:
            end = brush.text(end + 1, y, text, "quiet")
            break
    for text in (pool, pool.split(" ")[0]):
        if pool and end < pool_x and pool_x + len(text) <= x + stack.width:
            brush.text(pool_x, y, text, "quiet")
            break


def draw_card(brush: Brush, place: tuple[int, int], index: int, number: int, card: Card) -> None:
    """Draw a map with its pooling, weights and facts."""
    subject = brush.subject
    maps = subject.maps(index)
    assert maps is not None
    x, y = place
    inside = Region(x, y, card.width, card.height - 1)
    brush.map_spot(inside, index, number)
    if subject.view.shown is Shown.WEIGHTS and draw_filter(brush, inside, index, number):
        _draw_facts(brush, place, index, number, card)
        return
    shows_weights = subject.view.shown is Shown.WEIGHTS
    kernel = subject.kernels(index, number) if card.kernel and not shows_weights else None
    if card.kernel and not card.is_large:
        if kernel is not None:
            brush.picture((x, y), ("kernel", index, number), kernel, card.kernel, subject.kernel_scale(index))
        x += card.kernel.columns + _GAP
    brush.map((x, y), maps, number, card.map, marks=marks_on(subject, maps, number))
    pool_x = x + card.map.columns + _GAP
    if card.pool and maps.pooled is not None and not shows_weights:
        marks = marks_on(subject, maps, number, is_pooled=True)
        brush.picture((pool_x, y), ("pool", index, number), maps.pooled[number], card.pool, maps.scale, marks)
        if card.is_large and card.kernel and kernel is not None:
            title = _kernel_title(subject, index, card.width - card.map.columns - _GAP)
            brush.text(pool_x, y + card.pool.height, title, "quiet")
            at = (pool_x, y + card.pool.height + 1)
            brush.picture(at, ("kernel", index, number), kernel, card.kernel, subject.kernel_scale(index))
    _draw_facts(brush, place, index, number, card)


def _draw_facts(brush: Brush, place: tuple[int, int], index: int, number: int, card: Card) -> None:
    x, y = place[0], place[1] + card.height - 1
    brush.line(x, y, facts_of(brush, index, number), x + card.width + 1)
    brush.map_spot(Region(x, y, card.width, 1), index, number)


def _kernel_title(subject: Subject, index: int, room: int) -> str:
    name = {Shown.GRADIENTS: "gradients", Shown.MOVED: "moved"}.get(subject.view.shown, "weights")
    weighted = subject.weighted(index)
    shape = subject.passed.network.weights[weighted.weights["weight"]].shape[1:] if weighted else ()
    texts = (f"{name} {'×'.join(str(size) for size in shape if size > 1)}", name)
    return next((text for text in texts if len(text) <= room), "")


def facts_of(brush: Brush, index: int, number: int) -> list[list[Part]]:
    """Return a map's number and facts, the most important first."""
    subject, inks = brush.subject, brush.inks
    maps = subject.maps(index)
    assert maps is not None
    chosen = subject.at == index and subject.map == number
    parts: list[list[Part]] = [[(str(number), inks["title" if chosen else "strong"])]]
    if lost := subject.lost(index, number):
        parts.append([(lost, inks["bad"])])
    values = subject.passed.values[maps.node.name]
    here = activity_here(maps.node, values[number]) if not maps.is_vector and number < len(values) else None
    facts: list[list[Part]] = []
    if here:
        facts.append([(f"{here[0].removesuffix(' here')} {here[1]}", inks["quiet"])])
    if not subject.lost(index, number) and (share := subject.activity(index, number)) is not None:
        facts.append([(f"test {formats.percent(share, 0)}", inks["quiet"])])
    weighted = subject.weighted(index)
    bias = weighted.weights.get("bias") if weighted else None
    weights = subject.passed.network.weights.get(bias) if bias else None
    if weights is not None and number < len(weights):
        facts.append([(f"bias {signed(float(weights[number]))}", inks["quiet"])])
    parts += reversed(facts) if subject.view.shown is Shown.WEIGHTS else facts
    return parts
