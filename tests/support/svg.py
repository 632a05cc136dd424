"""Reading of SVG figures in tests."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

_NAMESPACE = "{http://www.w3.org/2000/svg}"


def elements(svg: str, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of one tag, in the order of the file."""
    return ElementTree.fromstring(svg).iter(f"{_NAMESPACE}{tag}")


def texts(svg: str) -> list[str]:
    """Return the content of every text element."""
    return [element.text or "" for element in elements(svg, "text")]


def paths(svg: str, stroke: str) -> list[list[tuple[float, float]]]:
    """Return the points of each line of one color."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", element.get("d") or "")]
        for element in elements(svg, "path")
        if element.get("stroke") == stroke
    ]
