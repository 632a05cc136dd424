"""The program with small files as the official ones.

Run `python -m tests.support.official_program DIGESTS …`. DIGESTS is a JSON file: an object of size and sha256 by the
plain names of the four files.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from emnist_tui.cli import main
from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile
from tests.support.emnist_files import official_files


def write_digests(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write the digests of .gz members, by plain name; returns the path."""
    path.write_text(json.dumps({name: astuple(file) for name, file in official_files(members).items()}))
    return path


if __name__ == "__main__":
    digests = json.loads(Path(sys.argv[1]).read_text())
    OFFICIAL.update({name: OfficialFile(*digest) for name, digest in digests.items()})
    sys.exit(main(sys.argv[2:]))
