"""The misclassified digit of the help page `inside`, explained as the program prints it.

`python -m tests.support.inside_page` writes the page's pictures anew.
"""

import base64
import re
import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
from emnist_tui.runs.task import SIDE
from tests.support.markdown import HELP
from tests.support.project import SHIPPED_CHECKPOINT

PAGE = HELP / "inside.md"
TITLE = "One misclassified digit"
INDEX, TRUE = 120, 3
_TEST = 10_000, 2  # synthetic test digits and their seed, see `learning.data.digits`
_PIXELS = (
    "c-"
    "muNAQEsXYs;`>m0?tho3*|>LX8Piipik%!T<mN?=~ATV#pcvefbXp?@J}nrNqj<{fB@pM(A?Z2Y|wtjsb}Srf5>^!Pox(f6#IiC^uOFO^(BR"
    "^|R~K*Zlea|9U7Jx|ynBd1YJw{r~^7O%>C3B9@auE_vH%%z`1w9{L#U%m?)b7#`%#fcWqK<9u;+Iaa^@zkfY^1eDxni!R5k5L}!YkaFbz|0j"
    "uDsJ1CtS?fsivdETv`2V9?3|UIVqhagTN>gSA?xYw0e>Wh9sCdNE=Rg-0N;4|fef|F?n-?L);=S!NFhsu3vQkUA^#A`EPoyXmEcx{R`-"
    "Qu=W+j!M2D)>uHnMG1KmLF0ub)15&x`;6{~n9vK~5)$5C8w!)w1j<P}A$>VJNO-"
    "uw3!y|Gziifl@c>?0HfBEf{|q99%z+WT`Ww2Z~(A!S^5UY_IhY!;%1{eDcc@?WCEprcM??Q65GHq5%K^JHP4"
)
"""The digit as it was drawn on the machine that wrote the page, compressed: gray levels differ by processor."""
_BLOCK = re.compile(r"^```\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def pixels() -> NDArray[np.uint8]:
    """Return the page's digit."""
    return np.frombuffer(zlib.decompress(base64.b85decode(_PIXELS)), np.uint8).reshape(SIDE, SIDE)


def draw_blocks() -> list[str]:
    """Return the page's pictures in order, as the program prints them now."""
    graph = known_graph("baseline")
    assert graph is not None
    network = Network(graph, read_plain(SHIPPED_CHECKPOINT).weights)
    passed = examine(network, pixels(), TRUE)
    explanation = Explanation.of(passed, logits_of(network), passed.runner_up)
    lines = draw(explanation, f"#{INDEX} of test")
    starts = [0, *(lines.index(title) for title in ("why 8, not 3", "what 8 hangs on", "nearest change", "layers"))]
    parts = [lines[start:end] for start, end in pairwise(starts)]
    parts.append(draw_cell(passed, Cell("layers.5", (2, 2, 1))))
    return ["\n".join(line.rstrip() for line in part).strip("\n") + "\n" for part in parts]


def drawn_here() -> tuple[NDArray[np.uint8], int]:
    """Return the digit as this processor draws it, and its label."""
    images, labels = draw_digits(*_TEST)
    return images[INDEX], int(labels[INDEX])


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
