"""The question for the learning rate of a run that trains."""

from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.schedule import course_of
from emnist_tui.tui.screens.learning_rate import LearningRateDialog
from tests.support.terminal import Terminal, terminal


async def ask(shown: Terminal, config: TrainConfig | None = None, rate: float = 0.01) -> list[float | None]:
    """Show the dialog; the list receives its answer."""
    answers: list[float | None] = []
    shown.app.push_screen(LearningRateDialog("mine[b]", config or TrainConfig(), rate), answers.append)
    is_constant = config is None or course_of(config) is None
    await shown.shows(
        f"mine[b] {'trains with' if is_constant else 'has a peak learning rate of'} {rate:g}", "enter set · esc cancel"
    )
    await shown.settle()
    return answers


@pytest.mark.parametrize(("typed", "rate"), [("0.003", 0.003), ("1e-4", 1e-4), (".5", 0.5), ("", 0.01)])
async def test_enter_answers_with_the_typed_rate_or_the_one_shown(tmp_path: Path, typed: str, rate: float) -> None:
    async with terminal(tmp_path) as shown:
        answers = await ask(shown)
        await shown.press_at_once(*typed, "enter")
        await shown.until(lambda: answers == [rate], "the rate is answered")


async def test_enter_keeps_every_digit_of_the_rate(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        answers: list[float | None] = []
        shown.app.push_screen(LearningRateDialog("mine", TrainConfig(), 0.01234567890123456), answers.append)
        await shown.shows("mine trains with 0.0123457 now")
        await shown.press("enter")
        await shown.until(lambda: answers == [0.01234567890123456], "the rate is answered")


async def test_escape_answers_nothing(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        answers = await ask(shown)
        await shown.press("5", "escape")
        await shown.until(lambda: answers == [None], "the dialog is closed")


@pytest.mark.parametrize("typed", ["0", "-1", "101", "1e-10", "1e", "--"])
async def test_a_bad_rate_is_refused_with_the_sentence_of_the_config(tmp_path: Path, typed: str) -> None:
    try:
        value: object = float(typed)
    except ValueError:
        value = typed
    with pytest.raises(UsageError) as refused:
        TrainConfig(learning_rate=value)  # type: ignore[arg-type]
    async with terminal(tmp_path) as shown:
        answers = await ask(shown)
        await shown.press(*typed, "enter")
        await shown.says(str(refused.value).rpartition(", ")[0])
        assert isinstance(shown.app.screen, LearningRateDialog)
        assert answers == []


async def test_only_characters_of_numbers_are_taken(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        answers = await ask(shown)
        await shown.press_at_once("0", "x", ".", "q", "2", "?", "enter")
        await shown.until(lambda: answers == [0.2], "the rate is answered")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (TrainConfig(), "It holds until you change it again."),
        (TrainConfig(warmup=0.1), "It is the peak learning rate of the warm-up schedule."),
        (TrainConfig(schedule="one-cycle"), "It is the peak learning rate of the one-cycle schedule."),
    ],
)
async def test_the_effect_is_explained(tmp_path: Path, config: TrainConfig, words: str) -> None:
    async with terminal(tmp_path) as shown:
        await ask(shown, config)
        await shown.says(words)
