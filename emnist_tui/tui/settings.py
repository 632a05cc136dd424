"""The user's settings: a TOML file that may be edited by hand."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from textual.theme import BUILTIN_THEMES

from emnist_tui.runs.atomic_files import write_through
from emnist_tui.runs.config import AUTOMATIC, TrainConfig, explain_bad_value
from emnist_tui.runs.recipe import recipe_values
from emnist_tui.runs.user_paths import typed_path
from emnist_tui.tui import keymap, toml_edit
from emnist_tui.tui.theme import DARK, THEMES

SETTINGS_VARIABLE = "EMNIST_TUI_SETTINGS"
THEME_NAMES = (*(theme.name for theme in THEMES), *BUILTIN_THEMES)
_MOST_BYTES = 1 << 16
"""Most bytes read from the file."""


class DigitStyle(StrEnum):
    """Characters that digits are drawn with."""

    ASCII = "ascii"
    HALF_BLOCK = "half-blocks"


def _setting(default: Any, description: str, *choices: str) -> Any:
    return field(default=default, metadata={"description": description, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """Settings of the app, checked where they are read."""

    theme: str = _setting(DARK.name, "emnist-dark, emnist-light, emnist-contrast, or one of Textual's; ctrl+p, Theme")
    palette: str = _setting("blue-orange", "colors of right and wrong", "blue-orange", "green-red")
    glyphs: str = _setting("ascii", "how digits are drawn", *DigitStyle)
    characters: str = _setting(
        "auto", "what the terminal can draw; auto reads TERM and the locale", "auto", "unicode", "ascii"
    )
    refresh: int = _setting(8, "frames a second at most, 1 to 30")
    bell: bool = _setting(False, "ring when a run ends")
    title: bool = _setting(False, "report in the terminal's title how a run ended")
    keys: Mapping[str, str] = field(default_factory=dict)
    """Changed keys, by the names in `keymap.DEFAULTS`."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """Values of `TrainConfig` that the last new run was started with."""

    @property
    def recipe(self) -> TrainConfig:
        """Initial values of the form, completed by the model's readable recipe."""
        values = {**recipe_values(self.form.get("model", TrainConfig.model)), **self.form}
        if not values.get("validation"):
            values["patience"] = 0  # it counts epochs by the validation accuracy
        return TrainConfig(**values)


class SettingsFile:
    """Settings read from a file, and the problems found in it."""

    def __init__(self, path: Path | None) -> None:
        """Read the file `path`; without one, use the defaults and save nothing."""
        self.path = path
        self.problems: list[str] = []
        """One sentence for each invalid setting."""
        self._is_damaged = False
        self.settings = self._check(self._read())

    def keep(self, name: str, value: Any) -> str | None:
        """Save one setting and leave every other byte unchanged.

        A setting that cannot be saved holds until the app exits; returns why as a sentence, once. A file that could not
        be read is not overwritten, and neither is a device or pipe.
        """
        if self.path is None or self._is_damaged or (self.path.exists() and not self.path.is_file()):
            return None
        try:
            before = self.path.read_bytes() if self.path.exists() else b""
            after = toml_edit.change(before, name, _as_written(value), TrainConfig().to_json())
            if after != before:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_through(self.path, after)
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            problem = f"{self.path} cannot be changed ({reason}), so the setting {name} holds until the app exits."
            if problem not in self.problems:
                self.problems.append(problem)
                return problem
        return None

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            with open(self.path, "rb", opener=_open_at_once) as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ValueError(f"it is longer than {_MOST_BYTES >> 10} KiB")
            return toml_edit.parse(content)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._is_damaged = True
            self.problems.append(f"{self.path} cannot be read ({error}): fix or delete it.")
            return {}

    def _check(self, values: dict[str, Any]) -> Settings:
        good: dict[str, Any] = {}
        known = {each.name: each for each in fields(Settings)}
        for name, value in values.items():
            if name not in known:
                self._ignore(f"The setting {name} does not exist.")
            elif name in ("keys", "form"):
                good[name] = self._check_table(name, value)
            elif problem := _problem(name, value, known[name].metadata["choices"]):
                self._ignore(f"The setting {name} {problem}, not {value!r}.")
            else:
                good[name] = value
        return Settings(**good)

    def _check_table(self, name: str, value: Any) -> dict[str, Any]:
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
        for key, written in value.items():
            entry = None if written == AUTOMATIC and key in known and known[key] is None else written
            if wrong := explain_bad_value(key, entry) if key in known else "is not a field of the form":
                self._ignore(f"The setting form.{key} {wrong}.")
            else:
                good[key] = entry
        if good.get("patience") and not good.get("validation"):
            self._ignore("The setting form.patience needs form.validation, the images whose accuracy it watches.")
            del good["patience"]
        return good

    def _ignore(self, problem: str) -> None:
        self.problems.append(f"{problem} It is ignored; see {self.path}.")


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a named pipe that nobody writes to is empty."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(descriptor, True)
    return descriptor


def settings_path() -> Path:
    """Return `EMNIST_TUI_SETTINGS`, or the file in the platform's configuration folder.

    Raises `UsageError` if the variable names the home folder of an unknown user.
    """
    if chosen := os.environ.get(SETTINGS_VARIABLE):
        return typed_path(chosen)
    import platformdirs  # here, since the variable spares it

    return platformdirs.user_config_path("emnist-tui") / "settings.toml"


def as_toml(settings: Settings) -> str:
    """Return a complete settings file, with every key under its name."""
    import tomlkit

    document = tomlkit.document()
    for each in fields(Settings):
        if each.name in ("keys", "form"):
            continue
        value = tomlkit.item(getattr(settings, each.name))
        choices = each.metadata["choices"]
        value.comment(each.metadata["description"] + (f": {', '.join(choices)}" if choices else ""))
        document.add(each.name, value)
    document.add("keys", tomlkit.item({**keymap.DEFAULTS, **settings.keys}))
    document.add("form", tomlkit.item(_as_written(settings.form)))
    return tomlkit.dumps(document)


def _as_written(value: Any) -> Any:
    """Spell each None of a table, which TOML does not have."""
    if not isinstance(value, Mapping):
        return value
    return {name: AUTOMATIC if each is None else each for name, each in value.items()}


def _problem(name: str, value: Any, choices: tuple[str, ...]) -> str | None:
    """Return the problem of a value as the end of a sentence."""
    if choices:
        return None if value in choices else f"must be {', '.join(choices[:-1])} or {choices[-1]}"
    if name == "refresh":
        is_good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 30
        return None if is_good else "must be a whole number, 1 to 30"
    if name in ("bell", "title"):
        return None if isinstance(value, bool) else "must be true or false"
    return None if value in THEME_NAMES else "must be a theme's name, as ctrl+p, Theme lists them"
