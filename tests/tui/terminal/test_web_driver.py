"""The driver of an app behind the web server."""

import importlib
import os
import threading

import pytest
from textual.app import App

from emnist_tui.tui.terminal.web_driver import DRIVER, QueuedWebDriver


def test_the_name_of_the_driver_names_the_driver() -> None:
    module, _, name = DRIVER.partition(":")
    assert getattr(importlib.import_module(module), name) is QueuedWebDriver


def driver_to(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> QueuedWebDriver:
    with open(os.dup(descriptor), "wb") as stdout:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr("sys.__stdout__", stdout)
        monkeypatch.setattr("textual.drivers.web_driver.InputReader", lambda: None)  # needs a pipe as stdin
        driver = QueuedWebDriver(App())
        driver._writer._file._descriptor = descriptor  # type: ignore[attr-defined]
    return driver


async def test_packets_are_written_in_order_by_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    driver = driver_to(writer, monkeypatch)
    driver._writer.start()
    driver.write("a" * 100_000)  # more than a pipe holds: this call would block without the thread
    driver.write("b")
    received = bytearray()
    while not received.endswith(b"D\0\0\0\1b"):
        received += os.read(reader, 1 << 16)
    driver._writer.stop()
    assert bytes(received) == b"D\0\1\x86\xa0" + b"a" * 100_000 + b"D\0\0\0\1b"
    os.close(reader)
    os.close(writer)


async def test_writes_are_dropped_after_the_server_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    driver = driver_to(writer, monkeypatch)
    driver._writer.start()
    driver.write("lost")
    driver._writer.stop()
    assert not any(thread.name == "textual-output" and thread.is_alive() for thread in threading.enumerate())
    os.close(writer)
