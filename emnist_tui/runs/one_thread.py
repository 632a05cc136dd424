"""One thread for numpy's matrix products, whose matrices here are small.

OpenBLAS shares a product of some thousands of numbers among all cores, which takes several times as long as one core
needs. It reads its variable once, when numpy is imported; processes that this one starts do not inherit it.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_VARIABLE = "OPENBLAS_NUM_THREADS"
_OF_USER = (_VARIABLE, "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
"""Variables that OpenBLAS reads; one that the user has set decides."""


def use_one_thread() -> None:
    """Make numpy compute in one thread, from its import on.

    It is not imported here: that would delay the first frame. Where it is loaded already, nothing changes.
    """
    if not any(name in os.environ for name in _OF_USER) and "numpy" not in sys.modules:
        sys.meta_path.insert(0, _NumpyFinder())


class _NumpyFinder(MetaPathFinder):
    """Finder of numpy alone, which sets the variable while it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return numpy's spec, with a loader that sets the variable."""
        if fullname != "numpy":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_alone(module: ModuleType) -> None:
                os.environ[_VARIABLE] = "1"
                try:
                    execute(module)
                finally:
                    os.environ.pop(_VARIABLE, None)

            spec.loader.exec_module = execute_alone  # type: ignore[method-assign]
        return spec
