"""Two runs or checkpoints on the same images, side by side."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import OptionList

from emnist_tui.analysis.comparison import Comparison, DifferentImagesError
from emnist_tui.analysis.disagreements import Disagreements, moved
from emnist_tui.analysis.predictions import Evaluation, Integers
from emnist_tui.runs.errors import EmnistTuiError, NetworkNeededError
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.choose_data import ChooseDataDialog, DataOffer
from emnist_tui.tui.screens.disagreements import DisagreementsScreen
from emnist_tui.tui.screens.inside_pair import WayInsidePair
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.border import write_on_border
from emnist_tui.tui.widgets.comparison_facts import ClassChanges, ComparisonFacts, ImageSet, SetList, describe_cell
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix
from emnist_tui.tui.widgets.matrix.difference_matrix import DifferenceMatrix
from emnist_tui.tui.widgets.matrix.matrix_colors import palette

_EPOCH_OF_A = Binding.Group("A's epoch")
_EPOCH_OF_B = Binding.Group("B's epoch")
_TITLES = ("B − A · {} is better, {} is worse", "B − A · {} better, {} worse", "B − A")


class CompareScreen(WayInsidePair):
    """Gains and losses of B over A.

    The screen closes both sides when it is removed.
    """

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [*RunScreen.VERTICAL_BREAKPOINTS, (45, "-high")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("test", "run_network", "Test", tooltip="Run the file of a network of your own, after a question"),
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the previous screen"),
        bind(
            "epoch-before", "look(0, -1)", "Previous epoch of A", group=_EPOCH_OF_A, tooltip="A's previous evaluation"
        ),
        bind("epoch-after", "look(0, 1)", "Next epoch of A", group=_EPOCH_OF_A, tooltip="A's next evaluation"),
        Binding(
            "left_curly_bracket",
            "look(1, -1)",
            "Previous epoch of B",
            group=_EPOCH_OF_B,
            tooltip="B's previous evaluation",
        ),
        Binding(
            "right_curly_bracket", "look(1, 1)", "Next epoch of B", group=_EPOCH_OF_B, tooltip="B's next evaluation"
        ),
    ]

    def __init__(self, a: ComparisonSide, b: ComparisonSide, *, about: tuple[str, str] | None = None) -> None:
        """Compare two sides; `about` tells them apart besides their names."""
        super().__init__()
        self._about = about
        self._sides = (a, b)
        self._compared: tuple[Evaluation | None, ...] = (None, None)
        self._comparison: Comparison | None = None
        self._refusal = ""
        self._source: str | None = None
        """Data that the user chose to evaluate both on."""
        self._question: Callable[[], object] | None = None
        """Dialog to push once none is on top."""

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="comparison", can_focus=False):
            yield ComparisonFacts()
            with Container(id="differences"):
                with Container(id="beside-difference"):
                    yield SetList()
                    yield ClassChanges()
                    with Vertical(id="changed"):
                        yield DigitGrid(id="changed-digits")
                with Vertical(id="difference"):
                    yield DifferenceMatrix("The differences appear once both are evaluated.")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(DigitGrid).can_focus = False
        self.query_one(SetList).focus()

    def on_unmount(self) -> None:
        for side in self._sides:
            side.close()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._show_cell)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "run_network":
            return self._network_to_ask_for is not None
        if action == "look":
            return True if len(self._sides[int(str(parameters[0]))].evaluations) > 1 else None
        return super().check_action(action, parameters)

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen shows its own two sides
        for side in self._sides:
            side.poll()
        self._run_agreed_networks()
        found = tuple(side.evaluation for side in self._sides)
        if found != self._compared:
            self._compared = found
            self._compare(*found)
        # Wait until a dialog on top is closed: dismissing now would close the dialog.
        if self.app.screen is self:
            self._ask_or_refuse()

    def _ask_or_refuse(self) -> None:
        if self._refusal:
            self.notify(self._refusal, severity="error", timeout=10, markup=False)
            self.dismiss()
        elif ask := self._question:
            self._question = None
            ask()

    def _ask_for_data(self, reason: str, offers: list[DataOffer]) -> None:
        self.app.push_screen(ChooseDataDialog(reason, offers), self._choose_data)

    def _choose_data(self, source: str | None) -> None:
        """Evaluate both on the chosen data, or return to the list."""
        if source is None:
            self.dismiss()
        else:
            self._source = source
            self._evaluate_on(source, keep=True)

    def _evaluate_on(self, source: str, *, keep: bool) -> None:
        """Evaluate the sides on the test split of a source.

        With `keep`, those that were evaluated on it stay.
        """
        old, sides = self._sides, []
        try:
            for side in old:
                is_kept = keep and side.source == source and side.evaluation and side.evaluation.split == "test"
                sides.append(side if is_kept else side.on(source))
        except NetworkNeededError as error:
            for side in {*sides} - {*old}:
                side.close()
            needy = old[len(sides)]

            def evaluate_with(file: str) -> None:
                needy.use_network(file)
                self._evaluate_on(source, keep=keep)

            self._question = partial(networks_of(self.app).ask, error.network, evaluate_with)
            return
        except EmnistTuiError as error:
            self._refusal = printable(str(error))
        else:
            self._sides = (sides[0], sides[1])
        for side in {*old, *sides} - {*self._sides}:
            side.close()
        self._compared = (None, None)

    def _run_agreed_networks(self) -> None:
        """Evaluate again the sides whose network's file may be run by now."""
        for side in self._sides:
            file = networks_of(self.app).agreed(side.network_to_ask_for)
            if file is None or self._refusal:
                continue
            side.use_network(file)
            try:
                a, b = (each.again() if each is side else each for each in self._sides)
            except EmnistTuiError as error:
                self._refusal = printable(str(error))
                return
            self._sides = (a, b)
            side.close()

    def _settle_difference(self, error: DifferentImagesError) -> None:
        """Ask on which data to evaluate both, unless that is settled."""
        if self._source and any(side.session is None for side in self._sides):
            self._evaluate_on(self._source, keep=False)  # the images have changed since the run's own evaluation
        elif self._source or any(side.is_of_open_run for side in self._sides) or not (offers := _offers(self._sides)):
            self._refusal = printable(error.reason)
        else:
            self._question = partial(self._ask_for_data, error.reason, offers)

    def noticed(self, opened: RunSession | None) -> RunSession | None:
        waited_for = (side.session for side in self._sides if side.session and not side.evaluation)
        return next(waited_for, super().noticed(opened))

    def on_set_list_set_chosen(self, message: SetList.SetChosen) -> None:
        if self._comparison:
            self._open(message.chosen.description, message.chosen.of(self._comparison))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the images of the set under the cursor.

        Small windows hide them.
        """
        shown = list(ImageSet)[event.option_index]
        self.query_one("#changed").border_title = shown.description
        if self._comparison:
            self.query_one(DigitGrid).show(Disagreements(self._comparison, shown.of(self._comparison)))

    def on_confusion_matrix_cell_chosen(self, message: ConfusionMatrix.CellChosen) -> None:
        if self._comparison:
            cell = message.true, message.predicted
            self._open(_name_cell(*cell), moved(self._comparison, *cell))

    def on_confusion_matrix_cell_highlighted(self) -> None:
        self._show_cell()

    def action_back(self) -> None:
        self.dismiss()

    def action_run_network(self) -> None:
        """Ask for the first network's file that a side needs."""
        if needed := self._network_to_ask_for:
            networks_of(self.app).ask(needed, lambda _: self.show_body(None))

    def action_look(self, side: int, by: int) -> None:
        self._sides[side].evaluations.move(by)
        self.show_body(None)

    @property
    def pair_inside(self) -> tuple[Comparison, Disagreements, int] | None:
        """First digit of the chosen set or cell, else a changed one."""
        if not (comparison := self._comparison):
            return None
        matrix, sets = self.query_one(DifferenceMatrix), self.query_one(SetList)
        chosen = moved(comparison, *matrix.cursor) if matrix.has_focus else sets.chosen.of(comparison)
        indices = next((some for some in (chosen, comparison.changed, comparison.both_wrong) if len(some)), None)
        return None if indices is None else (comparison, Disagreements(comparison, indices), 0)

    @property
    def _network_to_ask_for(self) -> str | None:
        return next((needed for side in self._sides if (needed := side.network_to_ask_for)), None)

    @property
    def _names(self) -> tuple[str, str]:
        return self._sides[0].name, self._sides[1].name

    def _compare(self, a: Evaluation | None, b: Evaluation | None) -> None:
        try:
            self._comparison = Comparison(a, b) if a and b else None
        except DifferentImagesError as error:
            self._settle_difference(error)
            return
        except EmnistTuiError as error:
            self._refusal = printable(str(error))
            return
        models = self._about or (self._sides[0].model, self._sides[1].model)
        self.query_one(ComparisonFacts).show(self._names, self._comparison, models)
        self.query_one(SetList).show(self._comparison)
        self.query_one(ClassChanges).show(self._comparison)
        self.query_one(DifferenceMatrix).show(self._comparison.difference if self._comparison else None)
        self._show_cell()
        self.refresh_bindings()
        # The new content moved the focused list; scroll back to the accuracies.
        self.call_after_refresh(self.query_one("#comparison").scroll_home, animate=False)

    def _show_cell(self) -> None:
        """Write the color legend and the selected cell on the matrix border."""
        frame, matrix = self.query_one("#difference"), self.query_one(DifferenceMatrix)
        room = frame.size.width - 2
        titles = [title.format(*palette(self.app)) for title in _TITLES]
        cell = describe_cell(self._comparison, *matrix.cursor) if self._comparison else ""
        write_on_border(frame, next((title for title in titles if len(title) <= room), titles[-1]), cell)

    def _open(self, name: str, indices: Integers) -> None:
        """Show the images at `indices`, or a message if there are none."""
        if self._comparison and len(indices):
            screen = DisagreementsScreen(self._comparison, self._names, name, indices, self._sides)
            screen.about = self.about
            self.app.push_screen(screen)
        else:
            self.notify(f"No images: {name}.")


def _offers(sides: Sequence[ComparisonSide]) -> list[DataOffer]:
    """Return the data of each side that can be loaded again.

    There is one offer if both have the same.
    """
    offers: dict[str, DataOffer] = {}
    for letter, side in zip("AB", sides, strict=True):
        if side.evaluation and (source := side.source):
            offers.setdefault(source, DataOffer(source, letter, side.evaluation.data, side.test_images))
    return list(offers.values())


def _name_cell(true: int, predicted: int) -> str:
    if true == predicted:
        return f"{true} correct in only one"
    return f"{true} predicted as {predicted} by only one"
