"""The official EMNIST archive: its address and sizes."""

import os
import re

from emnist_tui.runs.task import SIDE

URL_VARIABLE = "EMNIST_TUI_URL"
"""Environment variable with the address of a mirror."""
OFFICIAL_URL = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
"""Address of the official archive, from `torchvision.datasets.EMNIST.url`."""
ARCHIVE_SIZE = 561_753_746
"""Bytes of the archive."""
DIGITS_SIZE = 69_558_117
"""Bytes of its four members with the digits split."""
INSTALLED_SIZE = 280_000 * (SIDE**2 + 1)
"""Bytes of these files uncompressed: all images, each with its label."""


def source_url(requested: str | None = None) -> str:
    """Return the address `requested`, the environment's, or the official one."""
    return requested or os.environ.get(URL_VARIABLE) or OFFICIAL_URL


def without_password(url: str) -> str:
    """Remove user and password from a URL."""
    return re.sub(r"^(\w+:)?//[^/?#]*@", r"\1//", url)
