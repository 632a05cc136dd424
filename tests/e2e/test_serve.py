"""`emnist-tui serve` in a real browser."""

import importlib.util
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emnist_tui.runs.control import Desired, ask_for
from tests.e2e.program import PROGRAM, events, last_step, only_run, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="needs playwright"),
    pytest.mark.skipif(importlib.util.find_spec("textual_serve") is None, reason="needs the extra serve"),
]

# The page does not expose its terminal, but xterm.js sets `_core` on each one it creates.
_CATCH_TERMINAL = """
Object.defineProperty(Object.prototype, "_core", { configurable: true, set(core) {
  Object.defineProperty(this, "_core", { value: core, writable: true, configurable: true, enumerable: true });
  if (this.loadAddon) window.caught = this;
} });
"""
_READ_TERMINAL = """() => {
  if (!window.caught) return "";
  const { rows, buffer: { active } } = window.caught;
  return Array.from({ length: rows }, (_, y) => active.getLine(y).translateToString()).join("\\n");
}"""


class Browser:
    """One tab and its terminal."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self.problems: list[str] = []
        page.add_init_script(_CATCH_TERMINAL)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self._note(request.url, address))
        page.goto(address)

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:")):
            self.problems.append(url)

    def screen(self) -> str:
        return str(self.page.evaluate(_READ_TERMINAL))

    def wait_for(self, expected: str | Callable[[str], object], timeout: float = 60) -> str:
        end = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if expected in screen if isinstance(expected, str) else expected(screen):
                return screen
            assert time.monotonic() < end, f"{expected!r} not on the screen within {timeout:g} s:\n{screen}"
            self.page.wait_for_timeout(50)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)


@pytest.fixture
def server(variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server, and return its process and address."""
    command = [*PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+/", process.stderr.readline())
        assert found
        yield process, found[0]
        process.terminate()


@pytest.fixture
def browser(server: tuple[subprocess.Popen[str], str]) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, nor in most containers.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Browser(chromium.new_page(viewport={"width": 1200, "height": 800}), server[1])
        chromium.close()


def apps(server: subprocess.Popen[str]) -> list[str]:
    """Return the process ids of the server's apps."""
    return Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()


def is_whole(screen: str) -> bool:
    rows = screen.split("\n")
    return rows[0].startswith("  1 Train  2 Confusion  3 Errors  4 Runs") and "q Quit" in rows[-1]


def test_keys_start_a_run_and_show_its_confusion_matrix(
    browser: Browser, server: tuple[subprocess.Popen[str], str], root: Path
) -> None:
    browser.wait_for("no run open")
    browser.press("n")
    browser.wait_for("New run")
    browser.press("Enter")
    browser.wait_for("baseline-001")
    run = only_run(root)
    wait_until(lambda: run.events.exists() and events(run, "run_ended"), timeout=60)
    browser.press("2")
    accuracy = events(run, "run_ended")[0]["test_accuracy"]
    browser.wait_for(lambda screen: f"epoch 3 of 3 · accuracy {accuracy * 100:.2f} %" in screen and is_whole(screen))

    browser.page.set_viewport_size({"width": 900, "height": 600})
    narrower = browser.wait_for(lambda screen: len(screen.split("\n")) < 35 and is_whole(screen))
    assert "Confusion" in narrower
    browser.press("q")
    browser.page.wait_for_selector("text=The app or its server has ended")
    wait_until(lambda: not apps(server[0]))
    browser.press("Enter")  # the button has the focus
    browser.page.wait_for_selector("body:not(.-closed)")
    browser.wait_for(is_whole)
    assert browser.problems == []


def test_closing_the_tab_ends_its_app_and_not_the_training(
    browser: Browser, server: tuple[subprocess.Popen[str], str], root: Path
) -> None:
    browser.wait_for("no run open")
    browser.press("n")
    browser.wait_for("New run")
    browser.page.keyboard.press("Control+u")
    browser.page.keyboard.type("1000")
    browser.wait_for(lambda screen: re.search(r"epochs 1000 +passes", screen))
    browser.press("Enter")
    browser.wait_for("● training")
    run = only_run(root)
    (before,) = apps(server[0])

    browser.page.reload()
    browser.wait_for(lambda screen: "● training" in screen and "baseline-001" in screen and is_whole(screen))
    wait_until(lambda: before not in apps(server[0]), timeout=10)

    browser.page.close()
    wait_until(lambda: not apps(server[0]), timeout=10)
    step = last_step(run)
    wait_until(lambda: last_step(run) > step)

    server[0].terminate()  # the training outlives the server too
    assert server[0].wait(timeout=30) == 130
    step = last_step(run)
    wait_until(lambda: last_step(run) > step)
    ask_for(run.control, Desired.STOP)
    wait_until(lambda: events(run, "run_ended"))
