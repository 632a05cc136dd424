"""The `help` command: pages about the program, as Markdown."""

import argparse
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from shutil import get_terminal_size

from emnist_tui.runs.errors import ExitCode, UsageError

_ENDING = ".md"
_WIDTH = 80  # columns that no line of a page exceeds
_WIDEST = 120  # columns that can be read, whatever COLUMNS says


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the topic."""
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="the page to print (a list of the pages)")


def run(options: argparse.Namespace) -> int:
    """Print a page, or the list of pages.

    Raises `UsageError` for an unknown topic.
    """
    pages = _pages()
    if options.topic is None:
        _print_topics(pages)
    elif page := pages.get(options.topic):
        _print_page(page.read_text(encoding="utf-8"))
    elif options.topic in options.commands:
        raise UsageError(f"{options.topic} is a command, not a topic; see `emnist-tui {options.topic} --help`.")
    else:
        raise UsageError(f"There is no topic {options.topic!r}; choose one of: {', '.join(pages) or 'none'}.")
    return ExitCode.DONE


def topics() -> list[str]:
    """Return the names of the pages, sorted."""
    return list(_pages())


def _pages() -> dict[str, Traversable]:
    """Return the pages by topic, sorted; none where the folder is missing."""
    folder = files("emnist_tui") / "help"
    if not folder.is_dir():
        return {}
    pages = {file.name.removesuffix(_ENDING): file for file in folder.iterdir() if file.name.endswith(_ENDING)}
    return dict(sorted(pages.items()))


def _print_topics(pages: dict[str, Traversable]) -> None:
    """Print each topic with its page's first line, the heading."""
    width = max(map(len, pages), default=0)
    for topic, page in pages.items():
        first_line = page.read_text(encoding="utf-8").lstrip().partition("\n")[0]
        print(f"{topic:{width}}  {first_line.lstrip('#').strip()}".rstrip())


def _print_page(text: str) -> None:
    """Print Markdown: formatted on a terminal, elsewhere as it is.

    A terminal narrower than 80 columns also gets it as it is: Rich cuts what does not fit a table.
    """
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        columns = get_terminal_size().columns  # of the terminal, where COLUMNS is no number
        if columns >= _WIDTH:
            Console(width=min(columns, _WIDEST)).print(Markdown(text))
            return
    print(text.rstrip("\n"))
