"""Figures of a GPU: all that NVML tells, and nothing where it tells nothing."""

import sys
from pathlib import Path

import pynvml
import pytest

from emnist_tui.tui.session.nvml import Card, GpuFigures, open_card
from tests.support.fake_nvml import GIB, UUID, FakeNvml


def installed(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library)


@pytest.mark.parametrize("prefix", ["GPU-", "MIG-"])
def test_all_figures_are_read(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml(prefix)
    installed(monkeypatch, library)
    card = open_card(UUID)
    assert card is not None
    assert card.read() == GpuFigures(97, int(1.2 * GIB), int(79.6 * GIB), 54, 310.4)
    library.utilization = library.temperature = library.milliwatts = 0
    figures = card.read()
    assert (figures.utilization, figures.temperature, figures.power) == (0, 0, 0)
    card.close()
    assert not library.is_open


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("nvmlDeviceGetUtilizationRates", "utilization"),
        ("nvmlDeviceGetMemoryInfo", "total"),
        ("nvmlDeviceGetTemperature", "temperature"),
        ("nvmlDeviceGetPowerUsage", "power"),
    ],
)
@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_NOT_SUPPORTED, pynvml.NVML_ERROR_NO_PERMISSION])
def test_a_refused_figure_leaves_the_others(call: str, name: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    library.refuses[call] = code
    installed(monkeypatch, library)
    card = open_card(UUID)
    assert card is not None
    figures = card.read()
    missing = {field for field, value in vars(figures).items() if value is None}
    assert missing == ({"used", "total"} if name == "total" else {name})


def test_a_lost_card_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    installed(monkeypatch, library)
    card = open_card(UUID)
    assert card is not None
    library.refuses = dict.fromkeys(vars(FakeNvml), pynvml.NVML_ERROR_GPU_IS_LOST)
    assert card.read() == GpuFigures()
    card.close()


def test_the_newer_call_is_used_where_the_older_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    monkeypatch.setattr(FakeNvml, "nvmlDeviceGetTemperatureV", FakeNvml.nvmlDeviceGetTemperature, raising=False)
    monkeypatch.delattr(FakeNvml, "nvmlDeviceGetTemperature")
    installed(monkeypatch, library)
    card = open_card(UUID)
    assert card is not None
    assert card.read().temperature == 54


def test_a_card_of_another_machine_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    installed(monkeypatch, library)
    assert open_card("00000000-0000-4000-8000-000000000000") is None
    assert not library.is_open


def test_a_machine_without_the_driver_or_the_library_has_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml()
    library.refuses["nvmlInit"] = pynvml.NVML_ERROR_DRIVER_NOT_LOADED
    installed(monkeypatch, library)
    assert open_card(UUID) is None
    installed(monkeypatch, None)  # as if it could not be imported
    assert open_card(UUID) is None


@pytest.mark.skipif(Path("/proc/driver/nvidia").exists(), reason="an NVIDIA driver is here")
@pytest.mark.parametrize("uuid", [UUID, "", "\x00", "é" * 1000])
def test_the_real_library_without_a_driver_has_no_card(uuid: str) -> None:
    assert open_card(uuid) is None


def test_the_real_library_has_every_call_of_the_stub() -> None:
    calls = [name for name in vars(FakeNvml) if name.startswith(("nvml", "NVML"))]
    assert calls
    assert all(hasattr(pynvml, name) for name in calls)
    assert hasattr(pynvml, "nvmlDeviceGetTemperatureV")


@pytest.mark.parametrize("error", [RuntimeError("broken"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "broken")])
def test_a_broken_library_leaves_the_other_figures(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    library = FakeNvml()
    monkeypatch.setattr(library, "nvmlDeviceGetPowerUsage", fail, raising=False)
    figures = Card(library, library).read()
    assert figures.power is None
    assert figures.utilization == 97
