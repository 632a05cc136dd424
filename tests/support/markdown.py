"""Sections, tables, code and links of Markdown pages."""

import re
from pathlib import Path

import emnist_tui
from tests.support.project import PROJECT

README = PROJECT / "README.md"
PACKAGE = Path(emnist_tui.__file__).parent
"""The imported package, which may be an installed wheel outside the project."""

HELP = PACKAGE / "help"
PAGES = sorted(HELP.glob("*.md"))


def section(page: Path, title: str) -> str:
    """Return the text between the heading `## title` and the next one."""
    return page.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(text: str, number: int = 0) -> list[list[str]]:
    """Return the cells of a table, row by row, without its header.

    `number` counts the tables in `text` from 0.
    """
    blocks = re.findall(r"(?:^\|.*\|\n)+", text + "\n", re.MULTILINE)
    rows = [re.split(r"(?<!\\)\|", line.strip("|")) for line in blocks[number].splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def code(text: str) -> list[str]:
    """Return every piece of inline code in order, without its backticks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def links(page: Path) -> list[str]:
    """Return the targets of all links and pictures."""
    return re.findall(r"\]\(([^)]+)\)", page.read_text())


def linked_file(target: str) -> Path:
    """Return the file that a link of the README names."""
    path = target.partition("#")[0]
    if not path:
        return README
    inside = path.removeprefix("emnist_tui/")
    return PACKAGE / inside if inside != path else PROJECT / path


def headings(page: Path) -> set[str]:
    """Return the anchors of the page's headings, as forges derive them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in found}


def shell_commands(page: Path) -> list[str]:
    """Return what follows `emnist-tui` in the fenced shell blocks, without redirections."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removeprefix("emnist-tui ").partition(" > ")[0] for line in lines if line.startswith("emnist-tui ")]


def inline_commands(page: Path) -> list[str]:
    """Return what follows `emnist-tui` in inline code that is a complete command."""
    found = [text for text in code(page.read_text()) if text.startswith("emnist-tui ") and "…" not in text]
    return [text.removeprefix("emnist-tui ") for text in found]
