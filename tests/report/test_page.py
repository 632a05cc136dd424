"""Page of a report: its numbers, tables and verdicts."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.report.folder import Report
from emnist_tui.report.page import write_page
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import LearningRateChanged, RunEnded, StoppedEarly
from tests.support.scripted_runs import started
from tests.support.svg import elements, texts


def page_of(report: Report) -> str:
    return report.files()["README.md"]


def test_the_page_reports_the_metrics(report: Report) -> None:
    page, evaluation = page_of(report), report.evaluation
    low, high = evaluation.accuracy_interval
    wrong = len(evaluation.wrong)
    assert f"**{evaluation.accuracy * 100:.2f} %**: {evaluation.images - wrong} correct, {wrong} misclassified" in page
    assert f"| 95 % interval of the accuracy (Wilson) | {low * 100:.2f} % to {high * 100:.2f} % |" in page
    assert f"| macro F1 | {evaluation.macro_f1 * 100:.2f} % |" in page
    assert f"| expected calibration error, 15 bins | {evaluation.calibration_error * 100:.2f} % |" in page
    for row in evaluation.per_class():
        shares = " | ".join(f"{row[key] * 100:.2f} %" for key in ("precision", "recall", "f1"))
        assert f"| {row['class']} | {shares} | {row['support']} |" in page
    pair = evaluation.most_confused(1)[0]
    share = pair.count / evaluation.confusion[pair.true].sum() * 100
    reverse = evaluation.confusion[pair.predicted, pair.true]
    assert f"| {pair.true} → {pair.predicted} | {pair.count} | {share:.2f} % | {reverse} |" in page
    assert "baseline, 1,138 parameters; learning rate 0.01, batch size 32, 3 epochs, seed 0" in page


def test_confident_disagreements_are_no_proof_of_a_wrong_label(report: Report) -> None:
    page = page_of(report)
    surest = report.evaluation.mistakes(sort="confidence")[0]
    assert f"| {surest.index} | {surest.true} | {surest.predicted} | {surest.confidence * 100:.1f} % |" in page
    assert "worth a look" in page
    assert "label error" not in page


def test_every_table_has_rows_of_equal_length(report: Report) -> None:
    report.triage.judge(int(report.evaluation.wrong[0]), Verdict.AMBIGUOUS)
    tables = re.findall(r"(?:^\|.*\|\n?)+", page_of(report), re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        lines = table.strip().split("\n")
        assert re.fullmatch(r"\|( -+:? \|)+", lines[1])
        assert len({line.count("|") for line in lines}) == 1


def test_verdicts_are_named_as_the_users(report: Report) -> None:
    assert "No image was judged." in page_of(report)
    correct = report.evaluation.images - len(report.evaluation.wrong)
    for number, images in ((1, "1 image"), (5, "5 images")):
        for index in report.evaluation.wrong[:number]:
            report.triage.judge(int(index), Verdict.WRONG_LABEL)
        section = page_of(report).split("## Triage: the user's verdicts")[1].split("## Files")[0]
        assert f"| wrong-label | {number} | 100.0 % |" in section
        excluding = correct / (report.evaluation.images - number)
        assert f"{excluding * 100:.2f} % excluding {images} judged `wrong-label`" in section
        assert "not a measurement" in section


def test_the_reason_for_unreadable_verdicts_is_given(report: Report) -> None:
    page = page_of(replace(report, triage_problem="The file is_damaged."))
    assert "Left out: The file is\\_damaged." in page


def test_only_existing_files_are_linked(report: Report) -> None:
    page = write_page("last.pt", report.evaluation, report.triage, None, None, ["confusion.svg", "metrics.json"])
    assert "[metrics.json](metrics.json)" in page
    assert "curves.svg" not in page
    assert "parameters" not in page


def test_names_from_outside_are_escaped(report: Report) -> None:
    nasty = "a|b<script>`x`](y)\x1b[31m&\n# z"
    files = replace(report, evaluation=replace(report.evaluation, data=nasty), name=nasty).files()
    page = files["README.md"]
    assert "<script>" not in page.replace("\\<script\\>", "")
    assert page.startswith("# Evaluation of a\\|b\\<script\\>\\`x\\`\\]\\(y\\)")
    assert "\x1b" not in "".join(files.values())
    assert not re.search(r"^# z", page, re.MULTILINE)
    for name in files:
        if name.endswith(".svg"):
            assert not list(elements(files[name], "script"))
    assert any("<script>" in text for text in texts(files["confusion.svg"]))


def test_a_perfect_network_has_a_report(tmp_path: Path, triage: Triage) -> None:
    true = np.arange(20) % 10
    perfect = Evaluation("bars", "test", true, np.eye(10, dtype=np.float32)[true], np.zeros((0, 28, 28), np.uint8))
    page = Report("mine.pt", perfect, triage).write(tmp_path / "report")
    assert "No classes are confused." in page.read_text()


def test_changed_rates_and_an_early_end_are_reported(report: Report) -> None:
    assert "learning rate changed" not in page_of(report)
    assert report.record
    report.record.apply(LearningRateChanged(epoch=1, step=120, learning_rate=0.003))
    report.record.apply(started(TrainConfig(learning_rate=0.003), resumed_at_step=150))
    report.record.apply(StoppedEarly(epoch=3, step=300, best_epoch=1))
    report.record.apply(RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=1.0))
    page = page_of(report)
    assert "1,138 parameters; learning rate 0.01, batch size 32" in page
    assert "| learning rate changed | 0.003 from step 121 |" in page
    assert "| finished | early, after epoch 3 (best 1) |" in page
