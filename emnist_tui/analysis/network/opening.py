"""Networks opened from checkpoint files, without torch."""

from dataclasses import dataclass
from pathlib import Path

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import check
from emnist_tui.runs.checkpoint_file.reader import PlainCheckpoint, read_plain
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.errors import EmnistTuiError


class TorchNeededError(Exception):
    """A network that only a process with torch can open.

    The text is a clause that says why, such as `its model is unknown`.
    """


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """A checkpoint's network, and the training that it comes from."""

    network: Network
    model: str
    """Name of the model in `MODELS`, or the label of a network of one's own."""
    epoch: int | None = None
    """None for weights of another program."""
    step: int | None = None
    needs_torch: bool = False
    """Whether numpy cannot compute it, or not in reasonable time."""
    orientation: str = "upright"
    """How an upright image is to be laid before the network takes it, as `--input-scaling` names it."""
    input: str = ""
    """Input that a network of another program was trained on, in words."""
    warning: str | None = None
    """Doubt about the input, or a change of the network's file, as a sentence."""


def open_network(checkpoint: Path, graph: Graph | None = None) -> OpenedNetwork:
    """Open the network of a checkpoint of this program, in milliseconds.

    A network of one's own has the `graph` that its run's recording holds. Raises `TorchNeededError` if torch is needed,
    `EmnistTuiError` if the file is missing or not readable.
    """
    return _open(_read(checkpoint), graph)


def _read(path: Path) -> PlainCheckpoint:
    try:
        return read_plain(path)
    except UnusualFileError as error:
        raise TorchNeededError(str(error)) from None
    except FileNotFoundError:
        raise EmnistTuiError(f"There is no checkpoint {path}; choose another one.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmnistTuiError(f"{path} cannot be read ({reason}); check its name and permissions.") from None


def _open(found: PlainCheckpoint, graph: Graph | None) -> OpenedNetwork:
    graph = known_graph(found.model) or graph
    if graph is None or not graph.is_computable:
        raise TorchNeededError("its network is one of your own")
    network = Network(graph, found.weights)
    try:
        check(network)
    except ValueError as error:
        raise TorchNeededError(str(error)) from None
    return OpenedNetwork(network, found.model, found.epoch, found.step)
