"""Messages of clicks on a network."""

from textual.message import Message


class LayerChosen(Message):
    """A click on a layer's title, or on the input."""

    def __init__(self, layer: int) -> None:
        super().__init__()
        self.layer = layer
        """Index into the layers; their number is the input."""


class MapChosen(Message):
    """A click on a map's number."""

    def __init__(self, layer: int, map: int) -> None:
        super().__init__()
        self.layer = layer
        self.map = map


class CellChosen(Message):
    """A click on a cell of a map."""

    def __init__(self, layer: int, map: int, row: int, column: int) -> None:
        super().__init__()
        self.layer = layer
        self.map = map
        self.row = row
        self.column = column


class ClassChosen(Message):
    """A click on a class of the answer."""

    def __init__(self, digit: int) -> None:
        super().__init__()
        self.digit = digit


class ViewChosen(Message):
    """A click on the name of a view, such as `weights`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class FrameChosen(Message):
    """A click on the strip of frames."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position
