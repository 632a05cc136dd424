"""Advice in the words of the app."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import emnist_tui
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.lookup import find_checkpoint, find_run
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.remedies import in_the_app

PACKAGE = Path(emnist_tui.__file__).parent
BELOW = ("learning", "runs", "analysis", "tui")
OWN = ("--checkpoints", "--key", "--input-scaling", "--low-bandwidth")
"""Options of the app itself."""
NOT_SHOWN = ("learning/export", "tui/exit_summary.py", "tui/remedies.py")
"""Sentences of commands that the app never starts, or printed once the app has exited."""
OPTION = re.compile(r"(?<![-\\w])--[a-z][a-z-]+")


def text(node: ast.expr) -> str:
    """Return the text of a literal with X in place of its values."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "X"


def sentences() -> list[str]:
    """Return every literal with spaces that names an option in the rooms whose sentences the app shows."""
    found = set()
    for path in (path for room in BELOW for path in (PACKAGE / room).rglob("*.py")):
        if path.relative_to(PACKAGE).as_posix().startswith(NOT_SHOWN):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in documents | parts:
                sentence = text(node)
                if " " in sentence and OPTION.search(sentence) and "{" not in sentence:
                    found.add(sentence)
    return sorted(found)


def test_no_sentence_in_the_app_names_an_option_that_it_lacks() -> None:
    shown = {sentence: in_the_app(f"{sentence}.".replace("..", "."), Keymap()) for sentence in sentences()}
    assert len(shown) > 10
    assert {sentence for sentence, text in shown.items() if not set(OPTION.findall(text)) <= set(OWN)} == set()


def test_the_keys_of_the_settings_are_named() -> None:
    sentence = "The run finished its 3 epochs; resume with --epochs 4 or more."
    assert in_the_app(sentence, Keymap()) == "The run finished its 3 epochs; press t to train longer."
    assert in_the_app(sentence, Keymap({"longer": "backslash"})).endswith("press \\ to train longer.")


def test_other_sentences_stay() -> None:
    for sentence in ("Plain.", "/a/--data/b is damaged; choose one with `--key NAME`."):
        assert in_the_app(sentence, Keymap()) == sentence


@pytest.mark.parametrize("find", [find_run, find_checkpoint])
def test_what_is_missing_is_looked_for_on_a_screen_and_not_by_a_command(find: Callable[..., object]) -> None:
    with pytest.raises(UsageError) as refusal:
        find(Path("nowhere"), "absent")
    assert in_the_app(str(refusal.value), Keymap()).endswith("; 4 lists what there is.")
