"""How fast and how light the program is, as ratios within one run: `python -m tests.benchmarks`."""
