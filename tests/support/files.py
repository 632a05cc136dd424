"""Contents of folders, to compare before and after."""

from pathlib import Path


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read every file under a folder by its relative path, except locks."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
