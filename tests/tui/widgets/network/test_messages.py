"""Messages of clicks."""

from emnist_tui.tui.widgets.network.messages import CellChosen, ClassChosen, FrameChosen, LayerChosen, MapChosen


def test_messages_carry_what_was_clicked() -> None:
    cell = CellChosen(1, 2, 3, 4)
    assert (cell.layer, cell.map, cell.row, cell.column) == (1, 2, 3, 4)
    assert (LayerChosen(5).layer, MapChosen(1, 7).map, ClassChosen(8).digit, FrameChosen(9).position) == (5, 7, 8, 9)
