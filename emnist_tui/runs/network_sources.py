"""Files of networks of one's own: their text, names and recipe.

They are read here, and never run: everything is taken from the syntax tree.
"""

import ast
import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.user_paths import pasted_path

LARGEST = 1 << 20
"""Largest file, in bytes; a checkpoint holds a copy of it."""
_SHOWN = 60  # characters of a line that are shown


@dataclass(frozen=True)
class NetworkSource:
    """A network's file and its text at some time."""

    file: NetworkFile
    text: str

    @staticmethod
    def read(file: NetworkFile) -> "NetworkSource":
        """Read a file.

        Raises `UsageError` if it cannot be, is too large or no text.
        """
        try:
            content = read_small(file.path, LARGEST)
        except FileNotFoundError:
            raise UsageError(f"There is no file {file.path}; check the path before :{file.name}.") from None
        except OSError as error:
            raise UsageError(f"{file.path} cannot be read ({error.strerror}); name a Python file.") from None
        try:
            return _kept(file, content.decode())
        except UnicodeDecodeError:
            raise UsageError(f"{file.path} is not text in UTF-8; save it as such.") from None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def tree(self) -> ast.Module:
        """Syntax tree. Raises `UsageError` for a syntax error."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the user sees them when the file runs
                return ast.parse(self.text.encode())
        except SyntaxError as error:
            raise UsageError(f"{self.file.path}, line {error.lineno or 1}: {error.msg}; correct the file.") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise UsageError(f"{self.file.path} is not a Python file ({error}); name another one.") from None

    @property
    def offered(self) -> list[str]:
        """Names of the public classes and functions in the file."""
        kinds = (ast.ClassDef, ast.FunctionDef)
        return [node.name for node in self.tree.body if isinstance(node, kinds) and not node.name.startswith("_")]

    def require_name(self) -> None:
        """Raise `UsageError` if the file cannot define the network's name."""
        if not {self.file.name, "*"} & self._bound:
            raise UsageError(f"{self.file.path} defines no {self.file.name}; {_advise(self.file.path, self.offered)}.")

    @cached_property
    def _bound(self) -> frozenset[str]:
        return frozenset(_bound_names(self.tree))

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """Values of the dictionary `RECIPE`, empty without one.

        Raises `UsageError` if it is not written as one literal.
        """
        values: dict[str, Any] = {}
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if not any(isinstance(target, ast.Name) and target.id == "RECIPE" for target in targets):
                continue
            value = getattr(node, "value", None)
            try:
                values = _literal_dictionary(value) if isinstance(node, ast.Assign | ast.AnnAssign) else _refuse()
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                raise UsageError(
                    f"{self.file.path}, line {node.lineno}: RECIPE is read without running the file; write it as one "
                    'dictionary of plain values, such as {"epochs": 10}.'
                ) from None
        return values

    def describe_change(self, now: "NetworkSource") -> str | None:
        """Describe, as a sentence, what has changed in the file since.

        Returns None if nothing has.
        """
        if self.text == now.text:
            return None
        before, after = Counter(self.text.splitlines()), Counter(now.text.splitlines())
        added, removed = after - before, before - after
        examples = [
            f"{sign} {_shown(line)}" for sign, lines in (("-", removed), ("+", added)) for line in _first(lines)
        ]
        lines = f"line{'s' * (added.total() != 1)}"
        counts = f"{added.total():,} {lines} added, {removed.total():,} removed" if examples else "lines reordered"
        return (
            f"{now.file.path} is not the file that the weights were trained with ({counts}"
            f"{': ' + ' / '.join(examples) if examples else ''})."
        )


@lru_cache(maxsize=8)
def _kept(file: NetworkFile, text: str) -> NetworkSource:
    """Return the same source for the same text.

    A form that looks at every key then parses it once.
    """
    return NetworkSource(file, text)


def find_network(text: str) -> NetworkFile:
    """Return the network that a user named, by its absolute path.

    Raises `UsageError` if the file is not there or cannot define it; the sentence says which names it offers.
    """
    spelled = NetworkFile.parse(text)
    if spelled is None:
        path = pasted_path(text.rstrip(":")).absolute()
        if path.suffix != ".py":
            raise UsageError(f"{text} names no network; give a Python file and a class or function, as net.py:Net.")
        offered = NetworkSource.read(NetworkFile(path, "Name")).offered
        raise UsageError(f"{text} does not say which network of the file; {_advise(path, offered)}.")
    file = NetworkFile(pasted_path(str(spelled.path)).absolute(), spelled.name)
    NetworkSource.read(file).require_name()
    return file


def _advise(path: Path, offered: list[str]) -> str:
    """Advise a name, as the end of a sentence."""
    if not offered:
        return "write a class or function there that gives an nn.Module"
    shown = [f"{path.name}:{name}" for name in offered[:5]]
    return f"name {' or '.join(filter(None, [', '.join(shown[:-1]), shown[-1]]))}"


def _bound_names(tree: ast.Module) -> Iterator[str]:
    """Yield every name bound in a file; `*` for a star import."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.alias():
                yield node.asname or node.name


def _literal_dictionary(node: ast.expr | None) -> dict[str, Any]:
    """Evaluate `{…}` or `dict(…)` of literals; raise `ValueError` for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return {keyword.arg or _refuse(): ast.literal_eval(keyword.value) for keyword in keywords}
        case ast.Dict():
            values = ast.literal_eval(node)
            return {name if isinstance(name, str) else _refuse(): value for name, value in values.items()}
    raise ValueError


def _refuse() -> Any:
    raise ValueError


def _first(lines: Counter[str]) -> list[str]:
    return [line for line in lines if line.strip()][:1]


def _shown(line: str) -> str:
    """Shorten a line, which may come from a hostile file."""
    bare = " ".join(line[: 4 * _SHOWN].split())
    return f"`{bare[:_SHOWN]}{'…' * (len(bare) > _SHOWN)}`"
