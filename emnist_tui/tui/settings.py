"""How the app looks and behaves for this user: a TOML file that may be edited by hand."""

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs
from textual.theme import BUILTIN_THEMES

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.config import TrainConfig, explain_bad_value
from emnist_tui.tui import keymap
from emnist_tui.tui.theme import DARK, THEMES

SETTINGS_VARIABLE = "EMNIST_TUI_SETTINGS"
THEME_NAMES = (*(theme.name for theme in THEMES), *BUILTIN_THEMES)
_MOST_BYTES = 1 << 16
"""That are read of the file."""


def _setting(default: Any, words: str, *choices: str) -> Any:
    return field(default=default, metadata={"words": words, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """What can be chosen; each is checked where it is read."""

    theme: str = _setting(DARK.name, "emnist-dark, emnist-light, emnist-contrast, or one of Textual's; ctrl+p, Theme")
    palette: str = _setting("blue-orange", "of right and wrong", "blue-orange", "green-red")
    glyphs: str = _setting("ascii", "how digits are drawn", "ascii", "half-blocks")
    characters: str = _setting("auto", "what the terminal can draw; auto looks at TERM", "auto", "unicode", "ascii")
    refresh: int = _setting(8, "frames a second at most, 1 to 30")
    bell: bool = _setting(False, "ring when a run ends")
    title: bool = _setting(False, "say in the terminal's title how a run ended")
    keys: Mapping[str, str] = field(default_factory=dict)
    """Other keys than `keys.DEFAULTS`, by the same names."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """The values of `TrainConfig` that the last new run was started with."""

    @property
    def recipe(self) -> TrainConfig:
        """What the form of a new run begins with."""
        return TrainConfig(**self.form)


class SettingsFile:
    """The settings of a file, and what of it had to be ignored."""

    def __init__(self, path: Path | None) -> None:
        """Without a path: the defaults, and nothing is kept."""
        self.path = path
        self.problems: list[str] = []
        """A sentence each."""
        self._is_damaged = False
        self.settings = self._checked(self._read())

    def keep(self, name: str, value: Any) -> None:
        """Puts one setting into the file and leaves the rest of it as the user wrote it.

        Raises nothing: what cannot be kept is only not there the next time. A file that cannot be read stays as it is.
        """
        if self.path is None or self._is_damaged:
            return
        import tomlkit  # takes longer to import than the file takes to read

        with suppress(OSError, ValueError):
            document = tomlkit.parse(self.path.read_text()) if self.path.exists() else tomlkit.document()
            document[name] = value
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(self.path, tomlkit.dumps(document))

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            with self.path.open("rb") as file:
                return tomllib.loads(file.read(_MOST_BYTES).decode())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._is_damaged = True
            self.problems.append(f"{self.path} cannot be read ({error}): mend or delete it.")
            return {}

    def _checked(self, found: dict[str, Any]) -> Settings:
        good: dict[str, Any] = {}
        known = {each.name: each for each in fields(Settings)}
        for name, value in found.items():
            if name not in known:
                self._ignore(f"There is no setting {name}.")
            elif name in ("keys", "form"):
                good[name] = self._checked_table(name, value)
            elif problem := _problem(name, value, known[name].metadata["choices"]):
                self._ignore(f"The setting {name} {problem}, not {value!r}.")
            else:
                good[name] = value
        return Settings(**good)

    def _checked_table(self, name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._ignore(f"The setting {name} must be a table, [{name}].")
            return {}
        if name == "keys":
            chosen, problems = keymap.check(value)
            for problem in problems:
                self._ignore(problem)
            return chosen
        known = TrainConfig().to_json()
        good = {}
        for key, entry in value.items():
            if wrong := explain_bad_value(key, entry) if key in known else "is not in the form of a new run":
                self._ignore(f"The setting form.{key} {wrong}.")
            else:
                good[key] = entry
        return good

    def _ignore(self, problem: str) -> None:
        self.problems.append(f"{problem} It is ignored; see {self.path}.")


def settings_path() -> Path:
    """The file: `EMNIST_TUI_SETTINGS`, or one in the platform's folder for configurations."""
    if chosen := os.environ.get(SETTINGS_VARIABLE):
        return Path(chosen)
    return platformdirs.user_config_path("emnist-tui") / "settings.toml"


def as_toml(settings: Settings) -> str:
    """A whole file with these settings, and every key under its name."""
    import tomlkit

    document = tomlkit.document()
    for each in fields(Settings):
        if each.name in ("keys", "form"):
            continue
        value = tomlkit.item(getattr(settings, each.name))
        choices = each.metadata["choices"]
        value.comment(each.metadata["words"] + (f": {', '.join(choices)}" if choices else ""))
        document.add(each.name, value)
    document.add("keys", tomlkit.item({**keymap.DEFAULTS, **settings.keys}))
    document.add("form", tomlkit.item({name: each for name, each in settings.form.items() if each is not None}))
    return tomlkit.dumps(document)


def _problem(name: str, value: Any, choices: tuple[str, ...]) -> str | None:
    """What is wrong, as the end of a sentence."""
    if choices:
        return None if value in choices else f"must be {', '.join(choices[:-1])} or {choices[-1]}"
    if name == "refresh":
        is_good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 30
        return None if is_good else "must be a whole number, 1 to 30"
    if name in ("bell", "title"):
        return None if isinstance(value, bool) else "must be true or false"
    return None if value in THEME_NAMES else "must be a theme's name, as ctrl+p, Theme lists them"
