"""Textual's private parts: used in one module, and as the pinned version has them."""

import ast
import asyncio
import functools
import importlib
import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import textual
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate, LayoutUpdate
from textual._queue import Queue
from textual.app import App, ComposeResult, UnknownModeError
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.web_driver import WebDriver
from textual.keys import _character_to_key, _normalize_key_list
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import emnist_tui
from emnist_tui.tui.terminal import textual_private
from emnist_tui.tui.terminal.textual_private import HookedApp, HookedScreen, key_name, normalize_keys

MODULE = "emnist_tui.tui.terminal.textual_private"
PACKAGE = Path(emnist_tui.__file__).parent
ADAPT = "adapt emnist_tui/tui/terminal/textual_private.py and then the pin in pyproject.toml"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@functools.cache
def textual_names() -> frozenset[str]:
    """Private attributes and methods that any class of Textual has."""
    sources = (path.read_text(encoding="utf-8") for path in Path(textual.__file__).parent.rglob("*.py"))
    return frozenset(name for text in sources for name in re.findall(r"(?:def |self\.)(_[a-z]\w*)", text))


def _members(definition: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            yield node.attr


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_imports(tree: ast.AST) -> Iterator[str]:
    """Yield imports of private modules or names of Textual."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "textual" and any(map(is_private, name.split("."))))


def private_attributes(tree: ast.AST) -> Iterator[str]:
    """Yield uses of Textual's private attributes, methods that override one included.

    A class may use private names of its own, so in a class only names that its bases in Textual define count; see
    `inherited_names`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr in textual_names():
            is_own = _is_self(node.value) or (isinstance(node.value, ast.Call) and not node.value.args)
            is_module = isinstance(node.value, ast.Name) and node.value.id == "os"
            if not is_own and not is_module:
                yield ast.unparse(node)


@functools.cache
def inherited_names(base: type) -> frozenset[str]:
    """Private names that a class of Textual defines."""
    names = set(filter(is_private, vars(base)))
    definition = ast.parse(inspect.getsource(inspect.getmodule(base) or base))
    for node in ast.walk(definition):
        if isinstance(node, ast.ClassDef) and node.name == base.__name__:
            names.update(filter(is_private, _members(node)))
    return frozenset(names)


def overrides(module: object, tree: ast.AST) -> Iterator[str]:
    """Yield private names of Textual that a subclass in a module overrides, calls or assigns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and isinstance(cls := getattr(module, node.name, None), type):
            bases = [base for base in cls.__mro__ if base.__module__.split(".")[0] == "textual"]
            private = frozenset[str]().union(*map(inherited_names, bases))
            for found in ast.walk(node):
                if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) and found.name in private:
                    yield f"{node.name}.{found.name}"
                elif isinstance(found, ast.Attribute) and found.attr in private:
                    yield f"{node.name}: {ast.unparse(found)}"


def test_no_other_module_uses_a_private_part() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(["emnist_tui", *path.relative_to(PACKAGE).with_suffix("").parts])
        tree = ast.parse(path.read_text())
        uses = [*private_imports(tree)]
        if name.startswith(("emnist_tui.tui.", "emnist_tui.web.")):
            uses += [*private_attributes(tree), *overrides(importlib.import_module(name), tree)]
        if uses and name != MODULE:
            found[name] = uses
    assert not found, f"private parts of Textual belong in {MODULE}, not in: {found}"


def test_the_search_finds_each_kind_of_use() -> None:
    tree = ast.parse(
        "from textual._cells import cell_len\n"
        "from textual.keys import _character_to_key\n"
        "import textual._compositor\n"
        "app._driver.write('')\n"
        "self._own = os._exit\n"
    )
    assert [*private_imports(tree)] == [
        "textual._cells.cell_len",
        "textual.keys._character_to_key",
        "textual._compositor",
    ]
    assert [*private_attributes(tree)] == ["app._driver"]
    hooks = ast.parse(inspect.getsource(textual_private))
    assert "HookedApp._display" in [*overrides(textual_private, hooks)]
    assert "HookedApp: self._exit" in [*overrides(textual_private, hooks)]


def test_the_installed_version_is_the_pinned_one() -> None:
    pins = {
        match[1]
        for requirement in importlib.metadata.requires("emnist-tui") or []
        if (match := re.match(r"textual==([\w.]+)", requirement))
    }
    installed = importlib.metadata.version("textual")
    assert pins == {installed}, (
        f"Textual {installed} is installed, but pyproject.toml pins {', '.join(sorted(pins)) or 'no exact version'}: "
        f"check the private parts that the program uses, {ADAPT}."
    )


SIGNATURES: dict[str, tuple[Callable[..., Any], str]] = {
    "App._display": (App._display, "(self, screen, renderable)"),
    "App._handle_exception": (App._handle_exception, "(self, error)"),
    "App._fatal_error": (App._fatal_error, "(self)"),
    "MessagePump._close_messages_no_wait": (MessagePump._close_messages_no_wait, "(self)"),
    "App._begin_batch": (App._begin_batch, "(self)"),
    "App._end_batch": (App._end_batch, "(self)"),
    "App.delay_update": (App.delay_update, "(self, delay)"),
    "App.switch_mode": (App.switch_mode, "(self, mode)"),
    "App._get_screen": (App._get_screen, "(self, screen)"),
    "Screen._compositor_refresh": (Screen._compositor_refresh, "(self)"),
    "Screen._forward_event": (Screen._forward_event, "(self, event)"),
    "Driver.write": (Driver.write, "(self, data)"),
    "WriterThread": (WriterThread, "(file)"),
    "WriterThread.write": (WriterThread.write, "(self, text)"),
    "WriterThread.stop": (WriterThread.stop, "(self)"),
    "LayoutUpdate": (LayoutUpdate, "(strips, region)"),
    "ChopsUpdate": (ChopsUpdate, "(chops, spans, chop_ends)"),
    "CompositorUpdate.render_segments": (CompositorUpdate.render_segments, "(self, console)"),
    "_character_to_key": (_character_to_key, "(character)"),
    "_normalize_key_list": (_normalize_key_list, "(keys)"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_private_signatures_are_unchanged(name: str) -> None:
    function, expected = SIGNATURES[name]
    parameters = ", ".join(inspect.signature(function).parameters)
    version = importlib.metadata.version("textual")
    assert f"({parameters})" == expected, (
        f"Textual {version} changed {name} from {expected} to ({parameters}): {ADAPT}."
    )


ATTRIBUTES = [
    (App, "_exit"),
    (App, "_driver"),
    (App, "_batch_count"),
    (App, "_screen_stacks"),
    (App, "_current_mode"),
    (App, "_modes"),
    (MessagePump, "_closed"),
    (MessagePump, "_next_callbacks"),
    (MessagePump, "_message_queue"),
    (Queue, "ready_event"),
    (asyncio.Event, "_waiters"),
    (Screen, "_callbacks"),
    (Widget, "_layout_required"),
    (App, "_exit_renderables"),
    (App, "_css_update_count"),
    (Screen, "_css_update_count"),
    (WriterThread, "_queue"),
    (WebDriver, "_write"),
    (Widget, "_border_subtitle"),
    (LayoutUpdate, "strips"),
    (ChopsUpdate, "chop_ends"),
]


@pytest.mark.parametrize(("cls", "name"), ATTRIBUTES, ids=[f"{cls.__name__}.{name}" for cls, name in ATTRIBUTES])
def test_private_attributes_exist(cls: type, name: str) -> None:
    is_set = name in vars(cls) or f"self.{name}" in inspect.getsource(cls)
    version = importlib.metadata.version("textual")
    assert is_set, f"Textual {version} has no {cls.__name__}.{name} any more: {ADAPT}."


BROKEN = """
from emnist_tui.tui.terminal.textual_private import HookedApp
class Broken(HookedApp[None]):
    def on_mount(self) -> None:
        raise ValueError("a [red] one")
Broken().run(headless=True)
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_unexpected_error_is_one_sentence_unless_its_traceback_is_asked_for(debug: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN],
        env={**os.environ, "EMNIST_TUI_DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = "emnist-tui: Unexpected ValueError: a [red] one; set EMNIST_TUI_DEBUG=1 to see where."
    assert (" ".join(done.stderr.split()) == sentence) == (not debug)
    assert ("Traceback" in done.stderr) == bool(debug)


def test_keys_have_the_names_of_bindings() -> None:
    assert key_name("/") == "slash"
    assert key_name("Z") == "Z"
    assert normalize_keys("?,f1, ctrl+k") == ["question_mark", "f1", "ctrl+k"]


class Numbered(HookedScreen[None]):
    """A screen that says its number, in colors that only a style gives it."""

    DEFAULT_CSS = """
    Numbered { background: green; }
    Numbered.-narrow { background: blue; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        yield Static(type(self).__name__)


class First(Numbered):
    pass


class Second(Numbered):
    pass


class Modes(HookedApp[None]):
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {"first": First, "second": Second}

    def __init__(self, mode: str = "first") -> None:
        super().__init__()
        self.begin_in_mode(mode)

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())


@pytest.mark.parametrize("mode", ["first", "second"])
async def test_the_app_begins_in_the_mode_without_another_screen(mode: str) -> None:
    app = Modes(mode)
    async with app.run_test():
        assert app.current_mode == mode
        assert mode.title() in app.text
        assert [type(node).__name__ for node in app.walk_children(Screen)] == [mode.title()]


async def test_the_first_screen_is_styled_as_if_it_came_later() -> None:
    """Text without a color of its own inherits the app's."""
    app = Modes()
    async with app.run_test() as pilot:
        first = app.screen.query_one(Static).rich_style
        await app.switch_mode("second")
        await pilot.pause()
        assert app.screen.query_one(Static).rich_style == first
        assert first.color != first.bgcolor


async def test_css_is_parsed_once_for_all_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Modes()
    parsed: list[None] = []
    reparse = Stylesheet.reparse

    def counted(stylesheet: Stylesheet) -> None:
        parsed.append(None)
        reparse(stylesheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    async with app.run_test() as pilot:
        await app.switch_mode("second")
        await pilot.pause()
        assert parsed == []


async def test_a_switch_is_painted_without_a_pause() -> None:
    app = Modes()
    async with app.run_test() as pilot:
        await app.switch_mode("second")
        await pilot.pause()
        held: list[float] = []
        app.set_timer = lambda delay, *_, **__: held.append(delay)  # type: ignore[method-assign, assignment]
        app.switch_mode("first")
        await pilot.pause()
        await pilot.pause()
        assert held == []
        assert app._batch_count == 0
        assert "First" in app.text


@pytest.mark.parametrize("width", [60, 120])
async def test_a_screen_made_before_it_is_shown_is_as_if_made_then(width: int) -> None:
    app, other = Modes(), Modes()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.prepare_mode("second")
        await app.prepare_mode("second")
        assert app.current_mode == "first"
        assert "First" in app.text
        await pilot.resize_terminal(width, 24)
        await app.switch_mode("second")
        await pilot.pause()
        shown, classes, style = app.text, app.screen.classes, app.screen.query_one(Static).rich_style
        assert sorted(type(node).__name__ for node in app._registry if isinstance(node, Numbered)) == [
            "First",
            "Second",
        ]
    async with other.run_test(size=(width, 24)) as pilot:
        await other.switch_mode("second")
        await pilot.pause()
        assert (other.text, other.screen.classes) == (shown, classes)
        assert other.screen.query_one(Static).rich_style == style


async def test_no_frame_is_rendered_to_be_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    render = Compositor.render_update
    app = Modes()

    def rendered(compositor: Compositor, *arguments: Any, **options: Any) -> object:
        batches.append(app._batch_count)
        return render(compositor, *arguments, **options)

    monkeypatch.setattr(Compositor, "render_update", rendered)
    async with app.run_test() as pilot:
        await app.switch_mode("second")
        await pilot.pause()
        assert "Second" in app.text
    assert set(batches) == {0}


async def test_switches_in_one_burst_end_in_the_last_mode() -> None:
    app = Modes()
    async with app.run_test() as pilot:
        for mode in ("second", "first", "second", "second", "first", "second"):
            app.switch_mode(mode)
        await pilot.pause()
        await pilot.pause()
        assert app._batch_count == 0
        assert "Second" in app.text


async def test_an_unknown_mode_leaves_the_screen_painted() -> None:
    app = Modes()
    async with app.run_test() as pilot:
        with pytest.raises(UnknownModeError):
            app.switch_mode("third")
        await pilot.pause()
        assert app._batch_count == 0


async def test_a_hidden_screen_gets_changes_of_theme_and_size() -> None:
    """A screen that resumes keeps its styles, so they must be up to date."""
    app = Modes()
    async with app.run_test(size=(100, 24)) as pilot:
        await app.switch_mode("second")
        await pilot.pause()
        text = app.screen.query_one(Static).rich_style
        app.theme = "textual-light"
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        await app.switch_mode("first")
        await pilot.pause()
        await pilot.pause()
        assert app.screen.has_class("-narrow")
        assert app.screen.styles.background == Color.parse("blue")
        assert app.screen.query_one(Static).rich_style != text
        assert app.screen.size.width == 60
