"""The `data` command: status, download and import of the EMNIST digits."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from emnist_tui.commands import data_download
from emnist_tui.commands import options as shared
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.pipes import input_file
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import ExitCode
from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.learning.data.emnist.install import DataStatus

_LARGEST_ARCHIVE = 2 << 30  # bytes kept of a pipe; the official archive has a fourth of that


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `data`."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    status = actions.add_parser("status", help="show which digits are installed and if they are verified")
    download = actions.add_parser("download", help="download the official EMNIST digits (70 MB) and verify them")
    data_download.add_options(download)
    importing = actions.add_parser(
        "import", help="install EMNIST digits from an archive or folder of the official form"
    )
    importing.add_argument(
        "path", type=str, metavar="PATH", help="gzip.zip, or a folder with its four digits files, or -"
    )
    for action in (status, download, importing):
        shared.add_json(action, "print the status as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Run an action and print which digits are then installed."""
    from emnist_tui.learning.data.emnist import install

    root = data_root()
    match options.action:
        case "download":
            status = data_download.download(root, options.url)
        case "import":
            status = install.import_data(input_file(options.path, _LARGEST_ARCHIVE), root)
        case _:
            status = install.data_status(root)
    if options.json:
        print_json(_to_json(status))
    else:
        print(describe_status(status))
    return ExitCode.DONE


def describe_status(status: "DataStatus") -> str:
    """Describe the installed digits, or how to install them."""
    root = formats.printable(str(status.root))
    if status.problem:
        return formats.printable(status.problem)
    if not status.present:
        return (
            f"No EMNIST digits in {root}; `emnist-tui data download` downloads the official ones (70 MB), "
            "`emnist-tui data import PATH` installs them from the archive gzip.zip. Until then runs use synthetic "
            "digits."
        )
    return (
        f"{status.name} in {root}: {formats.count(status.train_images)} train and "
        f"{formats.count(status.test_images)} test images, "
        + ("the official files by sha256." if status.verified else "not the official files by sha256.")
    )


def _to_json(status: "DataStatus") -> dict[str, object]:
    return {**asdict(status), "root": str(status.root), "name": status.name if status.present else None}
