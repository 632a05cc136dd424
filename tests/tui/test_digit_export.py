"""A digit copied as text and saved as a picture."""

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emnist_tui.tui.digit_export import as_text, save_picture
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import opened_checkpoint, terminal

LAST = evaluation(seed=3)
WORST = LAST.mistakes()[0]
NAME = f"true-{WORST.true}-predicted-{WORST.predicted}-index-{WORST.index}.png"


def test_the_text_has_a_caption_and_every_pixel() -> None:
    caption, *lines = as_text(WORST).splitlines()
    assert caption.startswith(f"#{WORST.index}  true {WORST.true}  predicted {WORST.predicted} (")
    assert len(lines) == 28
    inked = np.array([[line.ljust(56)[2 * column] != " " for column in range(28)] for line in lines])
    assert (inked == (WORST.image > 40)).all()
    assert not any(line.endswith(" ") for line in lines)


def test_the_picture_is_ten_times_as_large_and_dark_on_white(tmp_path: Path) -> None:
    path = save_picture(tmp_path, WORST)
    assert path == tmp_path / "digits" / NAME
    with Image.open(path) as picture:
        assert picture.size == (280, 280)
        pixels = np.asarray(picture.convert("L"))
    assert (pixels[::10, ::10] == 255 - WORST.image).all()
    assert (pixels == pixels[::10, ::10].repeat(10, axis=0).repeat(10, axis=1)).all()


async def test_the_copy_key_copies_through_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        assert shown.app._driver is not None
        written: list[str] = []
        monkeypatch.setattr(shown.app._driver, "write", written.append)
        await shown.press("y")
        sent = next(text for text in written if text.startswith("\x1b]52;c;"))
        assert base64.b64decode(sent.removeprefix("\x1b]52;c;").rstrip("\a")).decode() == as_text(WORST)
        assert shown.notices == [f"Copied #{WORST.index} as text, if your terminal supports OSC 52."]


async def test_the_picture_key_saves_in_the_folder_of_the_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "a[b]c")
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("3", "p")
        await shown.until(lambda: shown.notices, "it is said")
        assert shown.notices == [f"Saved {folder.path / 'digits' / NAME}"]
        assert (folder.path / "digits" / NAME).exists()
        await shown.shows("a[b]c")


async def test_the_picture_key_saves_beside_a_checkpoint(tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    place.mkdir()
    async with terminal(tmp_path, opened_checkpoint(tmp_path, place / "net.pt")) as shown:
        await shown.press("3", "p")
        await shown.until(lambda: shown.notices, "it is said")
    assert len(list((place / "digits").glob("true-*-predicted-*-index-*.png"))) == 1


async def test_a_picture_that_cannot_be_saved_is_reported(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    (folder.path / "digits").touch()
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("3", "p")
        await shown.until(lambda: shown.notices, "it is said")
        assert "cannot be written" in shown.notices[0]
