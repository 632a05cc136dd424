"""The program for which small files are the official ones: `python -m tests.support.official_program DIGESTS …`.

DIGESTS is a JSON object: size and sha256 by the plain names of the four files.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from emnist_tui.cli import main
from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile


def write_digests(path: Path, members: Mapping[str, bytes]) -> Path:
    digests = {name: (len(member), hashlib.sha256(member).hexdigest()) for name, member in members.items()}
    path.write_text(json.dumps(digests))
    return path


if __name__ == "__main__":
    digests = json.loads(Path(sys.argv[1]).read_text())
    OFFICIAL.update({name: OfficialFile(*digest) for name, digest in digests.items()})
    sys.exit(main(sys.argv[2:]))
