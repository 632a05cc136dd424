"""Networks of one's own, whose file the user named to be run."""

import hashlib
import inspect
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from emnist_tui.learning.models.device_errors import is_of_gpu
from emnist_tui.runs.errors import OWN_MODULE, EmnistTuiError, UsageError, shows_tracebacks
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import NetworkSource
from emnist_tui.runs.task import SIDE

_neighbors: set[str] = set()
"""Modules beside the last file, by name; those beside the next may have the same names."""


class UserNetwork:
    """A network whose file has been run."""

    def __init__(self, file: NetworkFile) -> None:
        """Run the file.

        Raises `UsageError`, a sentence with file and line, for any exception in it.
        """
        self.source = NetworkSource.read(file)
        """The text that was run."""
        self.source.require_name()
        module = _run(self.source)
        self._define = getattr(module, file.name, None)
        if getattr(module, "RECIPE", {}) != self.source.recipe:
            raise UsageError(f"{file.path} changes RECIPE as it runs; write it as one dictionary of plain values.")

    def build(self) -> nn.Module:
        """Build a freshly initialized network on the CPU.

        Lazy layers get their sizes from one pass of blank images. Raises `UsageError` as above.
        """
        file = self.source.file
        self._require_definition()
        with explained(file, f"{file.name} cannot be built"), _same_torch():
            network = self._define()  # type: ignore[misc] # as required above
            if inspect.iscoroutine(network):
                network.close()  # or Python warns that nobody awaited it
        if not isinstance(network, nn.Module):
            raise UsageError(f"{file} gives {describe(network)}, not an nn.Module; name a class or function of one.")
        if any(isinstance(layer, torch.jit.ScriptModule) for layer in network.modules()):
            raise UsageError(f"{file} holds TorchScript, whose layers cannot be examined; give plain modules.")
        if any(map(is_lazy, [*network.parameters(), *network.buffers()])):
            with explained(file, "the lazy layers cannot be sized"), _same_torch(), torch.no_grad():
                network.eval()(torch.zeros(2, 1, SIDE, SIDE))
                network.train()
        return network

    def _require_definition(self) -> None:
        """Raise `UsageError` unless the name can be called without arguments."""
        define, file = self._define, self.source.file
        if isinstance(define, nn.Module):
            raise UsageError(f"{file} is one network for all runs; name its class, or a function that gives a new one.")
        if not callable(define):
            raise UsageError(f"{file} is {describe(define)}; name a class or function that gives an nn.Module.")
        try:
            inspect.signature(define).bind()
        except TypeError as error:
            raise UsageError(
                f"{file} is called without arguments ({error}); give them defaults, or name a function without any."
            ) from None
        except ValueError:
            return  # no signature is known: the call will tell


@contextmanager
def explained(file: NetworkFile, what: str) -> Iterator[None]:
    """Turn any exception of the user's code into a sentence.

    It opens with file and line. Raises `UsageError`; with `EMNIST_TUI_DEBUG`, and if a GPU fails, the exception itself.
    """
    try:
        yield
    except (EmnistTuiError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if shows_tracebacks() or is_of_gpu(error):
            raise
        message = " ".join(str(error).split())[:300].rstrip(".")
        reason, advice = f"{type(error).__name__}{': ' * bool(message)}{message}", "correct the file"
        if isinstance(error, SystemExit):
            reason, advice = "it ends the program", 'put what ends it under `if __name__ == "__main__":`'
        raise UsageError(f"{_place(error, file.path)}: {what} ({reason}); {advice}.") from None


def _run(source: NetworkSource) -> ModuleType:
    """Run a file as a module of its own."""
    path = source.file.path
    source.tree  # noqa: B018 - whose syntax error is a sentence
    # A plain identifier, which no library has: the file may be called like one.
    module = ModuleType(f"{OWN_MODULE}{hashlib.sha256(str(path).encode()).hexdigest()[:8]}")
    module.__file__ = str(path)
    module.print = _print_on_stderr  # type: ignore[attr-defined] # stdout is for data
    sys.modules[module.__name__] = module
    with explained(source.file, "the file cannot be run"), _importable(path.resolve().parent), _same_torch():
        exec(compile(source.text.encode(), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


@contextmanager
def _same_torch() -> Iterator[None]:
    """Undo what a file changes of stdout, torch's defaults and its threads."""
    threads, dtype, device = torch.get_num_threads(), torch.get_default_dtype(), torch.get_default_device()
    try:
        with torch.enable_grad(), redirect_stdout(sys.stderr):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            torch.set_default_device(device)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make the modules in a folder importable.

    They come after the standard library and before installed packages.
    """
    for name in _neighbors:
        sys.modules.pop(name, None)
    _neighbors.clear()
    known, entry = set(sys.modules), str(folder)
    packages = sysconfig.get_path("purelib")
    sys.path.insert(sys.path.index(packages) if packages in sys.path else len(sys.path), entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
        for name in set(sys.modules) - known:
            if folder in Path(getattr(sys.modules[name], "__file__", None) or "/").parents:
                _neighbors.add(name)
                vars(sys.modules[name]).setdefault("print", _print_on_stderr)


def _print_on_stderr(*values: object, **options: Any) -> None:
    print(*values, **{"file": sys.stderr, **options})


def _place(error: BaseException, path: Path) -> str:
    """Return the last line of the user's files in a traceback."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno or 1}"
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == path.parent
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(path)


def describe(value: object) -> str:
    """Describe a value by its type, such as `a list`."""
    kind = type(value).__name__
    return "nothing" if value is None else f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
