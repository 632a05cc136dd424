"""Networks of the frames of a recording."""

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import check
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.weights_recording import Frame, Layout
from emnist_tui.text.formats import printable


def graph_of(layout: Layout) -> Graph:
    """Return the graph of a recording.

    Raises `EmnistTuiError` if it has none, or an invalid one.
    """
    if not layout.graph:
        raise EmnistTuiError("The recording does not hold the network's graph; open a checkpoint of the run instead.")
    try:
        graph = Graph.from_json(layout.graph)
    except (ValueError, KeyError, TypeError):
        raise EmnistTuiError("The graph in the recording is damaged; open a checkpoint of the run instead.") from None
    keys = {key for node in graph.nodes for key in node.weights.values()}
    if not keys <= layout.weights.keys() | layout.statistics.keys():
        raise EmnistTuiError("The recording lacks weights of the network; open a checkpoint of the run instead.")
    return graph


def network_of(layout: Layout, frame: Frame) -> Network:
    """Return the network of a frame.

    Raises `EmnistTuiError` as `graph_of` does, and if the weights do not fit the graph.
    """
    network = Network(graph_of(layout), frame.weights)
    try:
        check(network)
    except ValueError as error:
        raise EmnistTuiError(
            f"The network in the recording cannot be computed ({printable(str(error))}); open a checkpoint of the run "
            "instead."
        ) from None
    return network
