"""The misclassified digit of the help page `inside`, explained as the program prints it.

`python -m tests.support.inside_page` writes the page's pictures anew.
"""

import re
from itertools import pairwise

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.explain.occlusion import logits_of
from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.commands.output.cell_arithmetic import draw_cell
from emnist_tui.commands.output.explanations import draw
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.runs.checkpoint_file.reader import read_plain
from tests.support.markdown import HELP
from tests.support.project import SHIPPED_CHECKPOINT

PAGE = HELP / "inside.md"
TITLE = "One misclassified digit"
INDEX = 120
_TEST = 10_000, 2  # synthetic test digits and their seed, see `learning.data.digits`
_BLOCK = re.compile(r"^```\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def draw_blocks() -> list[str]:
    """Return the page's pictures in order, as the program prints them now."""
    images, labels = draw_digits(*_TEST)
    graph = known_graph("baseline")
    assert graph is not None
    network = Network(graph, read_plain(SHIPPED_CHECKPOINT).weights)
    passed = examine(network, images[INDEX], int(labels[INDEX]))
    explanation = Explanation.of(passed, logits_of(network), passed.runner_up)
    lines = draw(explanation, f"#{INDEX} of test")
    starts = [0, *(lines.index(title) for title in ("why 8, not 3", "what 8 hangs on", "nearest change", "layers"))]
    parts = [lines[start:end] for start, end in pairwise(starts)]
    parts.append(draw_cell(passed, Cell("layers.5", (2, 2, 1))))
    return ["\n".join(line.rstrip() for line in part).strip("\n") + "\n" for part in parts]


def blocks_of_page() -> list[str]:
    """Return the page's pictures in order."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {TITLE}\n")[1].split("\n## ")[0]
    return _BLOCK.findall(text)


def rewrite() -> None:
    """Write the pictures as the program prints them now."""
    before, text = PAGE.read_text(encoding="utf-8").split(f"\n## {TITLE}\n")
    story, *after = text.split("\n## ", 1)
    blocks = iter(draw_blocks())
    story = _BLOCK.sub(lambda _: f"```\n{next(blocks)}```\n", story)
    PAGE.write_text("\n## ".join([before + f"\n## {TITLE}\n" + story, *after]), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
