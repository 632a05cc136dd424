"""A mistake, and an app that shows one digit widget."""

import numpy as np
from rich.color import ColorSystem

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.digits.digit_widget import DigitWidget
from tests.support.widget_app import WidgetApp


def mistake(position: int) -> Mistake:
    """Return a 4 predicted as 9, whose image depends on the position."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 2 + position % 20 : 6 + position % 20] = 255
    probabilities = np.array([0.001, 0.002, 0.003, 0.004, 0.1, 0.005, 0.005, 0.005, 0.005, 0.87])
    return Mistake(1_000 + position, 4, 9, probabilities, 2.303, image)


class DigitApp(WidgetApp):
    """One widget, and the positions that a grid reported."""

    def __init__(self, widget: DigitWidget, color_system: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        super().__init__(widget, color_system=color_system)
        self.widget = widget
        self.highlighted: list[int] = []

    def on_digit_grid_digit_highlighted(self, message: DigitGrid.DigitHighlighted) -> None:
        self.highlighted.append(message.position)

    def rows(self) -> list[str]:
        return [self.widget.render_line(y).text for y in range(self.widget.size.height)]
