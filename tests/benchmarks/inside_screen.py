"""Times of what the Inside screen computes, in a process like the app's: without torch, in one thread.

What is timed stands in `inside_rows`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from tests.support.process import environment

_SECONDS = 0.4  # of a row per network and round


def measure(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each row, a median per round, by network, measured in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.inside_screen",
        "--rounds",
        str(rounds),
        "--seconds",
        str(_SECONDS),
    ]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    found: dict[str, dict[str, list[float]]] = json.loads(done.stdout)
    return found


def main() -> None:
    from emnist_tui.runs.one_thread import use_one_thread

    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    use_one_thread()
    from tests.benchmarks.inside_rows import ROWS
    from tests.support.networks_in_numpy import NETWORKS

    assert "torch" not in sys.modules
    found: dict[str, dict[str, list[float]]] = {}
    for _turn in range(options.rounds):
        for name, build in NETWORKS.items():
            for row, prepare in ROWS.items():
                seconds = _median_time(prepare(build()), options.seconds)
                found.setdefault(name, {}).setdefault(row, []).append(seconds)
    print(json.dumps(found))


def _median_time(call: Callable[[], object], seconds: float) -> float:
    """Return the median time of the processor of calls that take so many seconds together, at least three."""
    call()
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        begun = time.process_time()
        call()
        times.append(time.process_time() - begun)
    return median(times)


if __name__ == "__main__":
    main()
