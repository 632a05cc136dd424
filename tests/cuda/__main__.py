"""The checks of a machine with a card, within eight minutes: `python -m tests.cuda`.

Needs neither an installed package nor a network. Prints versions first, and the benchmark's tables last.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from tests.support.project import PROJECT

NEEDED = ("torch", "numpy", "rich", "PIL", "filelock", "platformdirs", "tomlkit", "pytest")
USEFUL = ("triton", "jax", "xdist", "pytest_timeout", "hypothesis", "pynvml", "textual")
_TESTS, _BENCHMARK = 190, 270  # seconds at most


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tests and benchmark; the exit code is 0 if both succeeded."""
    parser = argparse.ArgumentParser(prog="python -m tests.cuda")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="cpu tries the script itself (cuda)")
    parser.add_argument("--tests-only", action="store_true", help="without the benchmark")
    parser.add_argument("--benchmark-only", action="store_true", help="without the tests")
    parser.add_argument("benchmark", nargs="*", help="more options of the benchmark, after --")
    options = parser.parse_args(arguments)
    print_versions()
    codes = []
    if not options.benchmark_only:
        marker = "cuda" if options.device == "cuda" else "not cuda and not slow"
        codes.append(run("tests", [*pytest_command(), "-m", marker, "tests/cuda"], _TESTS))
    if not options.tests_only:
        budget = ("--budget", str(_BENCHMARK - 40))
        command = [sys.executable, "-m", "tests.benchmarks", "--device", options.device, *budget, *options.benchmark]
        codes.append(run("benchmark", command, _BENCHMARK))
    return max(codes, default=0)


def pytest_command() -> list[str]:
    """Return pytest without the project's options, whose plugins may be missing here."""
    workers = ["-n", "4"] if find_spec("xdist") else []
    reports = ["-q", "-ra", "--durations=10", "--tb=short"]
    alone = ["-c", os.devnull, f"--rootdir={PROJECT}", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *alone, *workers, *reports]


def print_versions() -> None:
    """Print the machine, and the packages that are there or missing."""
    print(platform.platform(), f"{os.cpu_count()} cores, Python {platform.python_version()}")
    for module in (*NEEDED, *USEFUL):
        there = find_spec(module) is not None
        print(f"  {module}: {_version(module) if there else 'missing' + (', needed' if module in NEEDED else '')}")
    command = "nvidia-smi", "--query-gpu=name,driver_version,memory.used,memory.total,clocks.sm", "--format=csv"
    try:
        print(subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip())
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  nvidia-smi: {error}")
    sys.stdout.flush()


def _version(module: str) -> str:
    names = {"PIL": "pillow", "xdist": "pytest-xdist", "pynvml": "nvidia-ml-py"}
    try:
        return version(names.get(module, module.replace("_", "-")))
    except PackageNotFoundError:
        return "there"


def run(title: str, command: list[str], seconds: float) -> int:
    """Run a part within its time, and return its exit code."""
    print(f"\n== {title} ==", flush=True)
    start = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    try:
        code = subprocess.run(command, cwd=PROJECT, env=environment, timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        print(f"{title}: not done within {seconds:g} s")
        code = 124
    print(f"== {title}: exit code {code} after {time.monotonic() - start:.0f} s ==", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
