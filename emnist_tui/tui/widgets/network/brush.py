"""Drawing of pictures and figures for all parts of the screen."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from emnist_tui.analysis.network.network import Array
from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.figures import grid, round_number
from emnist_tui.tui.widgets.network.inks import Inks, tint_style
from emnist_tui.tui.widgets.network.levels import BLANK, POSITIVE, SIGNED, Scale
from emnist_tui.tui.widgets.network.messages import CellChosen, LayerChosen, MapChosen
from emnist_tui.tui.widgets.network.subject import LayerMaps, Subject
from emnist_tui.tui.widgets.network.tile import NO_MARKS, Fit, Marks, character, draw_map, fit, resized
from emnist_tui.tui.widgets.network.view import Shown

Part = tuple[str, Style]

_INK = Scale(255.0)


@dataclass
class Brush:
    """A canvas, its colors, and the subject that is drawn on it."""

    canvas: Canvas
    inks: Inks
    subject: Subject

    def text(self, x: int, y: int, text: str, role: str = "text") -> int:
        return self.canvas.text(x, y, text, self.inks[role])

    def right(self, end: int, y: int, text: str, role: str = "text") -> None:
        self.canvas.right(end, y, text, self.inks[role])

    def line(self, x: int, y: int, parts: Sequence[Sequence[Part]], end: int, gap: int = 2) -> int:
        """Put groups of texts beside each other, as many as fit whole.

        Returns the column after them.
        """
        for number, group in enumerate(parts):
            start = x + gap if number else x
            if start + sum(len(text) for text, _ in group) > end:
                break
            x = start
            for text, style in group:
                x = self.canvas.text(x, y, text, style)
        return x

    def picture(
        self, place: tuple[int, int], key: Hashable, picture: Array, size: Fit, scale: Scale, marks: Marks = NO_MARKS
    ) -> None:
        """Draw a picture in a size, a pixel being half a row."""
        levels = self.subject.memory.levels((key, size), resized(picture, size.rows, size.columns), scale)
        shape = (picture.shape[0], picture.shape[1])
        draw_map(self.canvas, self.inks, place, levels, shape, is_signed=scale.is_signed, marks=marks)

    def digit(self, place: tuple[int, int], size: Fit, marks: Marks = NO_MARKS) -> None:
        """Draw the input."""
        image = np.asarray(self.subject.passed.image, np.float64)
        levels = self.subject.memory.levels(("input", size), resized(image, size.rows, size.columns), _INK)
        shape = (image.shape[0], image.shape[1])
        draw_map(self.canvas, self.inks, place, levels, shape, is_ink=True, marks=marks)

    def map(
        self, place: tuple[int, int], maps: LayerMaps, number: int, size: Fit,
        *, marks: Marks = NO_MARKS, of: str = "",
    ) -> None:  # fmt: skip
        """Draw a map of a layer, and let it answer clicks.

        In the view of weights it is the filter. `of` tells maps of another network apart.
        """
        if self._draw_filter(place, maps, number, size):
            return
        key = ("map", maps.layer.title, maps.node.name, number, of)
        self.picture(place, key, maps.maps[0 if maps.is_vector else number], size, maps.scale, marks)
        region = Region(*place, size.columns, size.height)
        shape, index = maps.shape, maps.index

        def hit(x: int, y: int) -> CellChosen | None:
            row, column = 2 * y * shape[0] // size.rows, x * shape[1] // size.columns
            if maps.is_vector:
                return CellChosen(index, row * shape[1] + column, 0, 0)
            return CellChosen(index, number, row, column) if row < shape[0] and column < shape[1] else None

        self.canvas.spot(region, hit)

    def small_map(self, place: tuple[int, int], maps: LayerMaps, number: int, size: Fit, marks: Marks) -> None:
        """Draw a map as the strip shows it, pooled where it is."""
        if not self._draw_filter(place, maps, number, size):
            pictures = maps.maps if maps.pooled is None else maps.pooled
            key = ("strip", maps.layer.title, number)
            self.picture(place, key, pictures[0 if maps.is_vector else number], size, maps.scale, marks)

    def _draw_filter(self, place: tuple[int, int], maps: LayerMaps, number: int, size: Fit) -> bool:
        """Draw a filter's weights in a map's place, if they are shown."""
        subject = self.subject
        kernel = subject.kernels(maps.index, subject.map if maps.is_vector else number, is_wide=True)
        if subject.view.shown is not Shown.WEIGHTS or kernel is None:
            return False
        shape = (kernel.shape[0], kernel.shape[1])
        inside = fit(shape, size.columns, size.height, enlarge=8)
        if inside is not None:
            self.picture(place, ("filter", maps.index, number), kernel, inside, subject.kernel_scale(maps.index))
        self.map_spot(Region(*place, size.columns, size.height), maps.index, number)
        return True

    def numbers(
        self, place: tuple[int, int], key: Hashable, values: Array, scale: Scale, width: int,
        *, texts: Sequence[Sequence[str]] | None = None, is_ink: bool = False, tall: int = 1,
    ) -> None:  # fmt: skip
        """Draw cells of `width` columns and `tall` rows.

        They have figures where `texts` are given or the terminal has no tints.
        """
        x, y = place
        levels = self.subject.memory.levels((key, width), values, scale)
        shades = self.inks.signed if scale.is_signed else self.inks.ink if is_ink else self.inks.ramp
        shift = SIGNED if scale.is_signed else 0
        for row, line in enumerate(levels.tolist()):
            segments = []
            for column, level in enumerate(line):
                text = texts[row][column] if texts else ""
                if self.inks.has_tints:
                    style = Style.null() if level == BLANK else tint_style(shades[level + shift])
                else:
                    style = self.inks["text"]
                    text = text or self._sign(level, width, is_signed=scale.is_signed)
                segments.append(Segment(text.rjust(width), style))
            self.canvas.put(x, y + row * tall, segments)
            for below in range(1, tall):
                blanks = [Segment(" " * width, segment.style) for segment in segments]
                self.canvas.put(x, y + row * tall + below, blanks)

    def _sign(self, level: int, width: int, *, is_signed: bool) -> str:
        if abs(level) > POSITIVE:
            return ""
        if is_signed and width > 1:
            return f"{level:+d}" if level else "0"
        return character(level, is_signed=is_signed) * (1 if is_signed else width)

    def figures(self, values: Array, width: int, most: int = 2) -> list[list[str]]:
        """Format the figures of a grid, with at most `most` decimals."""
        return grid(values.tolist(), width, most)

    def legend(self, x: int, y: int, scale: Scale, end: int) -> int:
        """Draw a scale with its ends; return the column after it."""
        parts = self.legend_parts(scale)
        width = sum(len(part.text) for part in parts)
        if x + width > end:
            return x
        self.canvas.put(x, y, parts)
        return x + width

    def legend_parts(self, scale: Scale) -> list[Segment]:
        """Return a scale's colors between its ends in figures."""
        if self.inks.has_tints:
            shades = self.inks.signed if scale.is_signed else self.inks.ramp
            bar = [Segment(" ", tint_style(shade)) for shade in shades]
        else:
            levels = range(-SIGNED, SIGNED + 1) if scale.is_signed else range(POSITIVE)
            bar = [Segment("".join(character(level, is_signed=scale.is_signed) for level in levels), self.inks["text"])]
        low = f"-{round_number(scale.top)}" if scale.is_signed else "0"
        high = f"+{round_number(scale.top)}" if scale.is_signed else round_number(scale.top)
        quiet = self.inks["quiet"]
        return [Segment(f"{low} ", quiet), *bar, Segment(f" {high}", quiet)]

    def layer_spot(self, region: Region, index: int) -> None:
        """Let a click choose a layer."""
        self.canvas.spot(region, lambda _x, _y: LayerChosen(index))

    def map_spot(self, region: Region, index: int, number: int) -> None:
        """Let a click choose a map."""
        self.canvas.spot(region, lambda _x, _y: MapChosen(index, number))
