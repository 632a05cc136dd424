"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    faults = parser.getgroup("faults")
    faults.addoption("--fault-rounds", default="6", help="how often each fault is injected (6)")
    faults.addoption("--fault-seed", default="1", help="what decides when (1)")
