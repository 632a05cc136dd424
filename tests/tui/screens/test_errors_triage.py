"""Screen 3, Errors: judging misclassified digits, undo, and the file of judgments."""

import json
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.formats import percent
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import Terminal, live_run, opened_checkpoint, terminal

LAST = evaluation(seed=3)
WORST = [mistake.index for mistake in LAST.mistakes()]
MEASURED = f"Accuracy {percent(LAST.accuracy, 2)}"


def kept(path: Path) -> dict[int, str]:
    """Read the verdicts of a file by image index."""
    record: dict[str, Any] = json.loads(path.read_text())
    return {judgment["index"]: judgment["verdict"] for judgment in record["judgements"]}


def cursor(shown: Terminal) -> int:
    return shown.app.screen.query_one(DigitGrid).cursor


def titles(shown: Terminal) -> list[str]:
    grid = shown.app.screen.query_one(DigitGrid)
    return [grid.title_of(mistake) for mistake in grid._mistakes]


async def test_a_verdict_key_judges_and_advances(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows(f"{MEASURED} · w wrong label  a ambiguous  f model's fault", "not judged")
        await shown.press("w", "a", "f")
        await shown.shows("4 of")
        assert kept(folder.path / "triage.json") == dict(
            zip(WORST[:3], ("wrong-label", "ambiguous", "model-fault"), strict=True)
        )
        assert titles(shown)[:4] == ["wrong label", "ambiguous", "model's fault", ""]
        await shown.shows(" wrong label ", " ambiguous ", " model's fault ")
        await shown.press("left")
        await shown.shows("judged model's fault")
        await shown.press("left", "w")
        assert kept(folder.path / "triage.json")[WORST[1]] == "wrong-label"


async def test_a_verdict_is_not_cut_on_a_thumbnail(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        for key, words in (("w", "╭ wrong label ─╮"), ("a", "╭ ambiguous ───╮"), ("f", "╭model's fault─╮")):
            await shown.press("home", key, "home")
            await shown.shows(words)


async def test_undo_reverts_judgments_from_the_last_to_the_first(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        assert shown.keys["u"] == ("undo", False)
        await shown.press("w", "w", "end")
        assert shown.keys["u"] == ("undo", True)
        await shown.press("u")
        await shown.until(lambda: cursor(shown) == 1, "the cursor is on the second digit again")
        assert kept(folder.path / "triage.json") == {WORST[0]: "wrong-label"}
        assert titles(shown)[:2] == ["wrong label", ""]
        await shown.press("u")
        await shown.until(lambda: cursor(shown) == 0, "the cursor is on the first digit again")
        assert kept(folder.path / "triage.json") == {}
        assert shown.keys["u"] == ("undo", False)
        await shown.shows(f"{MEASURED} · w wrong label")


async def test_undo_restores_the_previous_verdict(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("3", "w", "left", "f", "u")
        assert kept(folder.path / "triage.json") == {WORST[0]: "wrong-label"}


async def test_a_judged_digit_leaves_the_unjudged_and_undo_restores_it(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("3", "j", "right", "a")
        await shown.shows(f"2 of {len(WORST) - 1} · not judged")
        assert [m.index for m in shown.app.screen.query_one(DigitGrid)._mistakes] == [WORST[0], *WORST[2:]]
        await shown.shows(f"#{WORST[2]}  loss")
        await shown.press("end", "u")
        await shown.shows(f"2 of {len(WORST)} · not judged", f"#{WORST[1]}  loss")


async def test_undo_of_a_hidden_digit_is_reported(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3", "w", "h", "u")
        await shown.until(lambda: shown.notices, "a message is shown")
        assert shown.notices == [f"The judgment of #{WORST[0]} is undone; the filter hides this digit."]
        assert shown.app.session is not None
        assert len(shown.app.session.review.triage.of(LAST) or ()) == 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_accuracy_excludes_mislabeled_images(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.press("3", "w", "w", "a", "w")
        right = 500 - len(LAST.wrong)
        await shown.shows(
            f"Accuracy {right / 5:.2f} %; {right / 4.97:.2f} % excluding 3 images judged mislabeled · u undo"
        )
        if size == (120, 40):
            await shown.shows(f"4 of {len(WORST)} judged")


async def test_accuracy_excludes_mislabeled_images_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        await shown.shows(f"{MEASURED} · w label  a ambiguous  f model")
        await shown.press("w", "w", "w")
        right = 500 - len(LAST.wrong)
        await shown.shows(f"Accuracy {right / 5:.2f} %; {right / 4.97:.2f} % excluding 3 mislabeled")


async def test_other_verdicts_do_not_change_the_accuracy(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("3", "a", "f")
        await shown.shows(f"{MEASURED} · u undo · 2 of {len(WORST)} judged")


async def test_judgments_are_kept_for_the_next_session(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("3", "w", "a")
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows("excluding 1 image judged mislabeled", "judged wrong label")
        assert titles(shown)[:3] == ["wrong label", "ambiguous", ""]
        assert shown.keys["u"] == ("undo", False)


async def test_judgments_of_a_bare_checkpoint_are_kept_beside_the_file(tmp_path: Path) -> None:
    checkpoint = tmp_path / "a [b]net.pt"
    opened = opened_checkpoint(tmp_path, checkpoint)
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3", "w")
    assert list(kept(tmp_path / "a [b]net.pt.triage.json").values()) == ["wrong-label"]


async def test_judgments_of_other_data_are_reported_and_not_overwritten(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    other = folder.path / "triage.json"
    other.write_text(
        json.dumps({"format": 1, "data": "o[/]ther", "fingerprint": "", "split": "test", "judgements": []})
    )
    before = other.read_bytes()
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("3")
        await shown.shows(f"{MEASURED} · your judgments cannot be read")
        await shown.until(lambda: shown.notices, "a message is shown")
        assert "holds judgments of o[/]ther" in shown.notices[0]
        shown.app.messages.skip()
        await shown.press("w")
        await shown.until(lambda: len(shown.notices) == 2, "a second message is shown")
        assert other.read_bytes() == before
        assert cursor(shown) == 0
        assert shown.keys["u"] == ("undo", False)
        other.unlink()
        shown.app.messages.skip()
        await shown.press("w")
        assert list(kept(other).values()) == ["wrong-label"]
        await shown.shows("excluding 1 image judged mislabeled")


async def test_an_unwritable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3", "w")
        monkeypatch.setattr("emnist_tui.analysis.triage.write_through", _full_disk)
        for key in ("a", "u"):
            await shown.press(key)
        await shown.until(lambda: len(shown.notices) == 2, "both messages are shown")
        assert all("No space left on device" in notice for notice in shown.notices)
        assert titles(shown)[:2] == ["wrong label", ""]
        assert cursor(shown) == 1
        assert shown.keys["u"] == ("undo", True)


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


async def test_verdict_keys_are_grayed_before_the_first_evaluation(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("3")
            for key in "wafuyphjo":
                assert shown.keys[key][1] is False, key
            await shown.press(*"wafuyphj")
            assert not _files(folder)


async def test_verdict_keys_are_grayed_if_no_digit_passes_the_filter(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        assert [shown.keys[key][1] for key in "wafyp"] == [True] * 5
        await shown.press("h")
        await shown.shows("none · confident mistakes")
        assert [shown.keys[key][1] for key in "wafyp"] == [False] * 5
        assert shown.keys["h"][1]
        await shown.press("escape")
        assert shown.keys["w"][1]


def _files(folder: RunFolder) -> list[str]:
    return [path.name for path in folder.path.iterdir() if path.name.startswith(("triage", "digits"))]


async def test_every_key_has_a_description_and_a_tooltip(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 50)) as shown:
        await shown.press("3")
        for key in "wafuyphjog":
            binding = shown.app.screen.active_bindings[key].binding
            assert binding.description
            assert binding.tooltip
        await shown.press("question_mark")
        await shown.shows("Show confident mistakes only", "Undo the last judgment")
