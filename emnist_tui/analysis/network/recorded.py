"""Networks of the frames of a recording."""

from functools import lru_cache

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import check
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.weights_recording import Frame, Layout
from emnist_tui.text.formats import printable

_INSTEAD = "open a checkpoint of the run instead"


@lru_cache(4)
def graph_of(layout: Layout) -> Graph:
    """Return the graph of a recording.

    Raises `EmnistTuiError` if it has none, or an invalid one.
    """
    if not layout.graph:
        raise EmnistTuiError(f"The recording does not hold the network's graph; {_INSTEAD}.")
    try:
        return Graph.from_json(layout.graph)
    except ValueError:
        raise EmnistTuiError(f"The graph in the recording is damaged; {_INSTEAD}.") from None


def network_of(layout: Layout, frame: Frame) -> Network:
    """Return the network of a frame.

    Raises `EmnistTuiError` as `graph_of` does, and if the weights do not fit the graph.
    """
    network = Network(graph_of(layout), frame.weights)
    try:
        check(network)
    except ValueError as error:
        raise EmnistTuiError(
            f"The recorded weights do not fit the network ({printable(str(error))}); {_INSTEAD}."
        ) from None
    return network
