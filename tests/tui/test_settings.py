"""The settings file: read, invalid and ignored, saved by the app."""

import errno
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import RunEnded
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import Settings, SettingsFile, as_toml, settings_path
from emnist_tui.tui.theme import THEMES
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.process import environment
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, terminal


def read(path: Path, text: str) -> SettingsFile:
    path.write_text(text)
    return SettingsFile(path)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    assert file.settings == Settings()
    assert not file.problems
    assert file.settings.recipe == TrainConfig()


def test_every_setting_is_read(tmp_path: Path) -> None:
    file = read(
        tmp_path / "settings.toml",
        """
        theme = "nord"
        palette = "green-red"
        glyphs = "half-blocks"
        characters = "ascii"
        refresh = 2
        bell = true
        title = true
        keys = { new = "ctrl+n" }
        form = { epochs = 7, learning_rate = 0.5 }
        """,
    )
    assert not file.problems
    assert file.settings == Settings(
        "nord",
        "green-red",
        "half-blocks",
        "ascii",
        2,
        True,
        True,
        {"new": "ctrl+n"},
        {"epochs": 7, "learning_rate": 0.5},
    )
    assert file.settings.recipe == TrainConfig(epochs=7, learning_rate=0.5)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("refresh = 0", "refresh must be a whole number, 1 to 30, not 0"),
        ("refresh = true", "refresh must be a whole number"),
        ('palette = "pink"', "palette must be blue-orange or green-red, not 'pink'"),
        ("glyphs = 3", "glyphs must be ascii or half-blocks"),
        ("bell = 1", "bell must be true or false"),
        ("theme = []", "theme must be a theme's name"),
        ('color = "red"', "The setting color does not exist"),
        ('keys = "n"', "keys must be a table"),
        ('keys = { fly = "n" }', "key fly does not exist"),
        ('keys = { new = "x" }', "key new cannot be x, which is the key of stop"),
        ("form = { epochs = 0 }", "form.epochs must be a whole number"),
        ("form = { speed = 1 }", "form.speed is not a field of the form"),
        ("form = { schedule = 'linear' }", "form.schedule must be constant, cosine or one-cycle"),
        ("form = { ema = 1 }", "form.ema must be a number from 0 to 0.99999"),
        ("form = { patience = 3 }", "form.patience needs form.validation"),
    ],
)
def test_an_invalid_setting_is_reported_and_the_others_hold(tmp_path: Path, text: str, named: str) -> None:
    file = read(tmp_path / "settings.toml", f"title = true\n{text}")
    (problem,) = file.problems
    assert named in problem
    assert str(tmp_path / "settings.toml") in problem
    assert file.settings == Settings(title=True)


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"a = " + b"[" * 60_000])
def test_a_damaged_file_is_reported_and_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    file = SettingsFile(path)
    assert "cannot be read" in file.problems[0]
    file.keep("theme", "nord")
    assert path.read_bytes() == content


def test_saving_a_setting_leaves_the_rest_of_the_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    file = read(path, "# mine\nbell = true   # loud\n\n[keys]\nnew = 'b'\n")
    file.keep("theme", "nord")
    file.keep("form", {"epochs": 5})
    text = path.read_text()
    assert "# mine\nbell = true   # loud" in text
    again = SettingsFile(path)
    assert not again.problems
    assert again.settings == Settings(theme="nord", bell=True, keys={"new": "b"}, form={"epochs": 5})


def test_a_value_left_to_the_program_is_kept_whatever_the_recipe_says(tmp_path: Path) -> None:
    net, path = tmp_path / "net.py", tmp_path / "settings.toml"
    net.write_text("RECIPE = dict(warmup=0.1, threads=2)\ndef Net(): ...\n")
    config = TrainConfig.of(model=f"{net}:Net", warmup=None, threads=None)
    SettingsFile(path).keep("form", config.to_json())
    again = SettingsFile(path)
    assert (again.problems, again.settings.recipe) == ([], config)
    path.write_text(as_toml(again.settings))
    assert SettingsFile(path).settings.recipe == config


def test_a_setting_that_cannot_be_saved_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = SettingsFile(tmp_path / "new" / "settings.toml")
    (tmp_path / "new").symlink_to(tmp_path / "file")
    problem = file.keep("theme", "nord")
    assert problem is not None
    assert "cannot be changed (" in problem
    assert "the setting theme holds until the app exits" in problem
    assert file.keep("theme", "dracula") is None


def test_a_write_protected_file_is_said_and_left(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("bell = true\n")
    path.chmod(0o444)
    problem = SettingsFile(path).keep("theme", "nord")
    assert (
        problem == f"{path} cannot be changed (it is write-protected), so the setting theme holds until the app exits."
    )
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("bell = true\n", 0o444)


def test_saving_keeps_links_and_permissions(tmp_path: Path) -> None:
    """Managers of dotfiles link the file into a folder of their own."""
    real = tmp_path / "dotfiles" / "emnist.toml"
    real.parent.mkdir()
    real.write_text("bell = true\n")
    real.chmod(0o600)
    path = tmp_path / "settings.toml"
    path.symlink_to(Path("dotfiles") / "emnist.toml")
    assert SettingsFile(path).keep("theme", "nord") is None
    assert path.is_symlink()
    assert SettingsFile(real).settings == Settings(theme="nord", bell=True)
    assert real.stat().st_mode & 0o777 == 0o600


def test_saving_creates_the_file_that_a_link_names(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.symlink_to(tmp_path / "other.toml")
    SettingsFile(path).keep("theme", "nord")
    assert SettingsFile(tmp_path / "other.toml").settings.theme == "nord"


def test_saving_keeps_a_file_with_two_names_one_file(tmp_path: Path) -> None:
    path, other = tmp_path / "settings.toml", tmp_path / "other.toml"
    path.write_text("bell = true\n")
    other.hardlink_to(path)
    SettingsFile(path).keep("theme", "nord")
    assert path.samefile(other)
    assert SettingsFile(other).settings == Settings(theme="nord", bell=True)


def test_a_file_mounted_by_itself_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("bell = true\n# " + "x" * 100 + "\n")

    def refuse(*_: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(Path, "replace", refuse)
    assert SettingsFile(path).keep("bell", False) is None
    assert path.read_text() == "bell = false\n# " + "x" * 100 + "\n"


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfbell = true\r\n", b"# caf\xe9\nbell = true\n", "# größer\nbell = true\n".encode()]
)
@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1", "C.UTF-8"])
def test_the_file_is_read_and_kept_in_any_locale(tmp_path: Path, content: bytes, locale: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    code = (
        f"from pathlib import Path; from emnist_tui.tui.settings import SettingsFile as S; f = S(Path({str(path)!r}))\n"
    )
    code += "assert f.settings.bell and not f.problems, f.problems; assert f.keep('theme', 'nord') is None"
    variables = {**environment(), "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code], env=variables, check=True, timeout=60)
    end = b"\r\n" if b"\r\n" in content else b"\n"
    assert path.read_bytes() == content + b'theme = "nord"' + end


def test_a_device_is_no_file_to_write(tmp_path: Path) -> None:
    file = SettingsFile(Path(os.devnull))
    assert file.keep("theme", "nord") is None
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_and_one_without_a_writer_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert SettingsFile(tmp_path / "pipe").settings == Settings()
    reader, writer = os.pipe()
    os.write(writer, b"refresh = 3\n")
    os.close(writer)
    try:
        assert SettingsFile(Path(f"/dev/fd/{reader}")).settings.refresh == 3
    finally:
        os.close(reader)


def test_a_file_that_is_too_long_is_left(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    file = read(path, "# x\n" * 20_000 + "bell = true\n")
    assert "longer than 64 KiB" in file.problems[0]
    file.keep("theme", "nord")
    assert path.read_text().endswith("bell = true\n")


async def test_the_app_says_that_a_setting_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("bell = false\n")
    path.chmod(0o444)
    async with terminal(tmp_path / "runs", preferences=SettingsFile(path)) as shown:
        shown.app.theme = "emnist-light"
        await shown.until(lambda: shown.notices, "it is said")
        assert "write-protected" in shown.notices[0]
        assert shown.app.theme == "emnist-light"


def test_printed_settings_are_read_back(tmp_path: Path) -> None:
    settings = Settings(theme="nord", refresh=3, keys={"new": "ctrl+n"}, form={"data": 'a "b"', "epochs": 2})
    printed = as_toml(settings)
    assert read(tmp_path / "settings.toml", printed).settings == settings
    assert not SettingsFile(tmp_path / "settings.toml").problems
    assert tomllib.loads(printed)["keys"]["quit"] == "q"


def test_the_environment_can_name_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(tmp_path / "mine.toml"))
    assert settings_path() == tmp_path / "mine.toml"
    monkeypatch.delenv("EMNIST_TUI_SETTINGS")
    assert settings_path().name == "settings.toml"
    assert settings_path().parent.name == "emnist-tui"


@pytest.mark.parametrize("name", [*(theme.name for theme in THEMES), *BUILTIN_THEMES])
def test_every_theme_can_be_chosen(tmp_path: Path, name: str) -> None:
    file = read(tmp_path / "settings.toml", f'theme = "{name}"')
    assert EmnistApp(tmp_path, preferences=file).theme == name
    assert not file.problems


async def test_an_unknown_theme_is_reported_and_the_app_runs(tmp_path: Path) -> None:
    file = read(tmp_path / "settings.toml", 'theme = "[b]mine[/b]"\nrefresh = 99')
    async with terminal(tmp_path / "runs", preferences=file) as shown:
        await shown.until(lambda: len(shown.notices) == 2, "both are reported")
        assert shown.app.theme == "emnist-dark"
        assert "not '[b]mine[/b]'" in "".join(shown.notices)


async def test_many_problems_are_one_message(tmp_path: Path) -> None:
    file = read(tmp_path / "settings.toml", "a = 1\nb = 2\nc = 3")
    async with terminal(tmp_path / "runs", preferences=file) as shown:
        await shown.until(lambda: shown.notices, "it is reported")
        assert shown.notices == ["3 settings are invalid and ignored; `emnist-tui settings` lists them."]


async def test_theme_and_glyphs_are_kept_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    root = tmp_path / "runs"
    async with terminal(root, RunSession(write_run(root)), preferences=SettingsFile(path)) as shown:
        shown.app.theme = "emnist-light"
        await shown.press("3", "g")
        await shown.until(lambda: shown.app.screen.query_one(DigitGrid).style == "half-blocks", "the style changes")
    async with terminal(root, RunSession(RunFolder(root / "scripted")), preferences=SettingsFile(path)) as shown:
        assert shown.app.theme == "emnist-light"
        await shown.press("3")
        await shown.until(lambda: shown.app.screen.query_one(DigitGrid).style == "half-blocks", "it was kept")


async def test_the_form_begins_with_the_last_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(EmnistApp, "start_run", lambda *_: None)
    path = tmp_path / "settings.toml"
    async with terminal(tmp_path, preferences=SettingsFile(path)) as shown:
        await shown.press("n")
        await shown.shows("New run")
        await shown.press("backspace", "5", "enter")
        await shown.until(path.exists, "it is kept")
    assert tomllib.loads(path.read_text())["form"]["epochs"] == 5
    async with terminal(tmp_path, preferences=SettingsFile(path)) as shown:
        await shown.press("n")
        await shown.shows("New run")
        assert shown.app.screen.query_one("#epochs", Input).value == "5"
        await shown.press("ctrl+r")
        await shown.until(
            lambda: shown.app.screen.query_one("#epochs", Input).value == "3", "the documented recipe is back"
        )


async def test_bell_and_title_report_the_end_of_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(EmnistApp, "bell", lambda self: rung.append(True))
    file = read(tmp_path / "settings.toml", "bell = true\ntitle = true")
    root = tmp_path / "runs"
    with live_run(root, epochs=1) as (folder, log):
        async with terminal(root, RunSession(folder), preferences=file) as shown:
            written: list[str] = []
            monkeypatch.setattr(shown.app._driver, "write", written.append)
            await shown.shows("training")
            assert not rung
            log.write(RunEnded(reason="finished", step=100, seconds=1.0, images_per_second=3200.0))
            await shown.until(lambda: rung, "it rings")
            assert "\x1b]2;scripted finished\x07" in "".join(written)


async def test_the_palette_setting_chooses_green_and_red(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    folder = write_run(root)
    colors = []
    for palette in ("blue-orange", "green-red"):
        file = read(tmp_path / "settings.toml", f'palette = "{palette}"')
        async with terminal(root, RunSession(folder), preferences=file) as shown:
            await shown.press("2")
            await shown.shows("Most confused")
            matrix = shown.app.screen.query_one("ConfusionMatrix")
            colors.append([matrix.get_component_styles(f"matrix--{kind}").color.hex for kind in ("right", "wrong")])
    variables = EmnistApp(root).theme_variables
    assert colors[0] != colors[1]
    async with terminal(tmp_path, RunSession(folder), (120, 40), file) as shown:
        shown.app.push_screen(CompareScreen(ComparisonSide(folder.path), ComparisonSide(folder.path)))
        await shown.shows("green is better, red is worse")
    assert colors[1] == [variables["success"].upper(), variables["error"].upper()]


def test_reading_settings_writes_nothing(tmp_path: Path) -> None:
    SettingsFile(tmp_path / "settings.toml")
    assert not list(tmp_path.iterdir())


def test_a_model_in_the_form_brings_its_recipe() -> None:
    assert Settings(form={"model": "compact", "epochs": 7}).recipe == TrainConfig.of(model="compact", epochs=7)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"model": "/gone/net.py:Net", "epochs": 7}, TrainConfig(model="/gone/net.py:Net", epochs=7)),
        ({"model": "removed"}, TrainConfig(model="removed")),
        ({"patience": 3}, TrainConfig()),
        ({"patience": 3, "validation": 500}, TrainConfig(patience=3, validation=500)),
    ],
)
def test_any_form_of_valid_values_is_a_configuration(form: dict[str, object], expected: TrainConfig) -> None:
    assert Settings(form=form).recipe == expected


@pytest.mark.parametrize("text", ['RECIPE = {"epochs": EPOCHS}', 'RECIPE = {"lr": 1}', "RECIPE = {", None])
async def test_the_form_explains_the_last_network_that_is_no_longer_usable(tmp_path: Path, text: str | None) -> None:
    network = tmp_path / "net.py"
    if text is not None:
        network.write_text(f"class Net: ...\n{text}\n")
    preferences = read(tmp_path / "settings.toml", f'[form]\nmodel = "{network}:Net"\nepochs = 7')
    async with terminal(tmp_path / "runs", preferences=preferences) as shown:
        await shown.press("n")
        await shown.shows("New run")
        assert shown.app.screen.query_one("#epochs", Input).value == "7"
        row = shown.app.screen.rows["model"]  # type: ignore[attr-defined]
        assert ("There is no file" if text is None else "net.py") in row.fields["model"].words
