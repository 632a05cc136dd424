"""The report: its numbers, its tables, and what its pictures show."""

import base64
import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.report.figures.curves import draw_curves
from emnist_tui.report.figures.svg import ORANGE, PALE_BLUE, blend
from emnist_tui.report.folder import Report
from emnist_tui.runs import atomic_files
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import Batches, Evaluated
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.runs.record import RunRecord
from tests.support.scripted_runs import STEPS_PER_EPOCH, epoch_events, evaluation, started, write_run

SVG = "{http://www.w3.org/2000/svg}"
ALWAYS = {
    "README.md",
    "metrics.json",
    "predictions.csv",
    "confusion.svg",
    "worst-mistakes.svg",
    "confident-disagreements.svg",
}


@pytest.fixture
def triage(tmp_path: Path) -> Triage:
    found = evaluation()
    return Triage(tmp_path / "triage.json", found.data, found.fingerprint, found.split)


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    """Of a run of three epochs."""
    run = write_run(tmp_path / "runs")
    record = RunRecord()
    for event in read_events(run.events):
        record.apply(event)
    return record


@pytest.fixture
def report(triage: Triage, record: RunRecord) -> Report:
    return Report("scripted/last.pt", evaluation(), triage, record)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_is_a_folder_whose_page_shows_every_file(report: Report, tmp_path: Path) -> None:
    page = report.write(tmp_path / "made" / "report")
    assert page == tmp_path / "made/report/README.md"
    names = set(tree(page.parent))
    assert names == ALWAYS | {"curves.svg"}
    linked = set(re.findall(r"\]\(([^)]+)\)", page.read_text()))
    assert linked == names - {"README.md"}
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text()))
    assert shown == {name for name in names if name.endswith(".svg")}


def test_it_comes_out_the_same_again_and_replaces_itself(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    report.triage.judge(int(report.evaluation.wrong[0]), Verdict.AMBIGUOUS)
    report.write(folder)
    first = tree(folder)
    assert {"triage.csv", "triage.json"} < first.keys()
    (folder / "notes.txt").write_text("mine")
    report.write(folder)
    assert tree(folder) == {**first, "notes.txt": b"mine"}
    report.triage.undo()
    replace(report, record=None).write(folder)
    assert set(tree(folder)) == ALWAYS | {"notes.txt"}


@pytest.mark.parametrize("content", ["", "[]", "7", '{"accuracy": 0.9}', "["])
def test_a_folder_that_is_no_report_is_left_alone(report: Report, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "metrics.json").write_text(content)
    with pytest.raises(UsageError, match="mine holds other files already and is not a report; choose another --output"):
        report.write(folder)
    assert tree(folder) == {"metrics.json": content.encode()}
    (folder / "metrics.json").unlink()
    assert report.write(folder).exists()


def test_a_folder_that_cannot_be_written_is_named(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EmnistTuiError, match=r"file.* cannot be written .*; choose another --output"):
            report.write(folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_page_comes_last(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a page never shows pictures that are not there."""
    written: list[str] = []

    def note(path: Path, text: str) -> None:
        written.append(path.name)
        atomic_files.replace_text(path, text)

    monkeypatch.setattr("emnist_tui.report.folder.replace_text", note)
    report.write(tmp_path / "report")
    assert written[-1] == "README.md"


def test_metrics_are_those_of_the_evaluation(report: Report) -> None:
    found = json.loads(report.files()["metrics.json"])
    assert report.evaluation.to_json().items() <= found.items()
    assert (found["checkpoint"], found["triage"]) == ("scripted/last.pt", None)
    pairs = report.evaluation.most_confused(10)
    assert found["most_confused"] == [{"true": p.true, "predicted": p.predicted, "count": p.count} for p in pairs]


def test_predictions_are_of_every_image(report: Report) -> None:
    judged = int(report.evaluation.wrong[3])
    report.triage.judge(judged, Verdict.WRONG_LABEL)
    rows = list(csv.DictReader(report.files()["predictions.csv"].splitlines()))
    found = report.evaluation
    assert [int(row["index"]) for row in rows] == list(range(found.images))
    assert [int(row["true"]) for row in rows] == found.true.tolist()
    assert [int(row["predicted"]) for row in rows] == found.predicted.tolist()
    shares = [[float(row[f"p{digit}"]) for digit in range(10)] for row in rows]
    np.testing.assert_allclose(shares, found.probabilities, rtol=1e-5)
    np.testing.assert_allclose([float(row["loss"]) for row in rows], found.losses, rtol=1e-5)
    assert {row["index"]: row["verdict"] for row in rows if row["verdict"]} == {str(judged): "wrong-label"}


def test_the_page_tells_the_numbers(report: Report) -> None:
    page, found = report.files()["README.md"], report.evaluation
    low, high = found.accuracy_interval
    assert (
        f"**{found.accuracy * 100:.2f} %**: {found.images - len(found.wrong)} right, {len(found.wrong)} wrong" in page
    )
    assert f"| 95 % interval of the accuracy (Wilson) | {low * 100:.2f} % to {high * 100:.2f} % |" in page
    assert f"| macro F1 | {found.macro_f1 * 100:.2f} % |" in page
    assert f"| expected calibration error, 15 bins | {found.calibration_error * 100:.2f} % |" in page
    for row in found.per_class():
        shares = " | ".join(f"{row[key] * 100:.2f} %" for key in ("precision", "recall", "f1"))
        assert f"| {row['class']} | {shares} | {row['support']} |" in page
    pair = found.most_confused(1)[0]
    share = pair.count / found.confusion[pair.true].sum() * 100
    back = found.confusion[pair.predicted, pair.true]
    assert f"| {pair.true} → {pair.predicted} | {pair.count} | {share:.2f} % | {back} |" in page
    surest = found.mistakes(sort="confidence")[0]
    assert f"| {surest.index} | {surest.true} | {surest.predicted} | {surest.confidence * 100:.1f} % |" in page
    assert "baseline, 1,138 parameters; learning rate 0.01, batch size 32, 3 epochs, seed 0" in page
    assert "worth a look" in page
    assert "label error" not in page
    assert "No image was judged." in page


def test_every_table_of_the_page_is_whole(report: Report) -> None:
    report.triage.judge(int(report.evaluation.wrong[0]), Verdict.AMBIGUOUS)
    tables = re.findall(r"(?:^\|.*\|\n?)+", report.files()["README.md"], re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        lines = table.strip().split("\n")
        assert re.fullmatch(r"\|( -+:? \|)+", lines[1])
        assert len({line.count("|") for line in lines}) == 1


def test_the_judgment_is_the_users(report: Report) -> None:
    right = report.evaluation.images - len(report.evaluation.wrong)
    for index in report.evaluation.wrong[:5]:
        report.triage.judge(int(index), Verdict.WRONG_LABEL)
    atomic_files = report.files()
    without = right / (report.evaluation.images - 5)
    section = atomic_files["README.md"].split("## Triage: the user's judgment")[1].split("## Files")[0]
    assert "| wrong-label | 5 | 100.0 % |" in section
    assert f"Without the 5 images judged `wrong-label`: {without * 100:.2f} %" in section
    assert "no measurement" in section
    judged = json.loads(atomic_files["metrics.json"])["triage"]
    assert judged["counts"] == {"wrong-label": 5, "ambiguous": 0, "model-fault": 0}
    assert judged["accuracy_without_mislabelled"] == pytest.approx(without)
    rows = json.loads(atomic_files["triage.json"])
    assert [row["index"] for row in rows] == report.evaluation.wrong[:5].tolist()
    assert len(atomic_files["triage.csv"].splitlines()) == 6
    left_out = replace(report, triage_problem="The file is_damaged.").files()["README.md"]
    assert "Left out: The file is\\_damaged." in left_out


def test_names_from_outside_do_nothing(report: Report) -> None:
    nasty = "a|b<script>`x`](y)\x1b[31m&\n# z"
    found = replace(report.evaluation, data=nasty)
    atomic_files = replace(report, evaluation=found, name=nasty).files()
    page = atomic_files["README.md"]
    assert "<script>" not in page.replace("\\<script\\>", "")
    assert page.startswith("# What a\\|b\\<script\\>\\`x\\`\\]\\(y\\)")
    assert "\x1b" not in "".join(atomic_files.values())
    assert not re.search(r"^# z", page, re.MULTILINE)
    for name in atomic_files:
        if name.endswith(".svg"):
            assert "script" not in {element.tag for element in ElementTree.fromstring(atomic_files[name]).iter()}
    assert any("<script>" in text for text in texts(atomic_files["confusion.svg"]))


def test_the_confusion_picture_has_every_count(report: Report) -> None:
    shown = texts(report.files()["confusion.svg"])
    confusion = report.evaluation.confusion
    cells = [text for text in shown if text.isdigit() or text == "·"]
    headings = [str(digit) for digit in range(10)]
    expected = [str(number) if number else "·" for number in confusion.ravel().tolist()]
    totals = [str(n) for n in [*confusion.sum(axis=0), *confusion.sum(axis=1)]]
    assert sorted(cells) == sorted([*expected, *headings, *headings, *totals])


def fills(report: Report) -> list[str]:
    """Of the hundred cells, row by row."""
    root = ElementTree.fromstring(report.files()["confusion.svg"])
    rectangles = [element.get("fill") or "" for element in root.iter(f"{SVG}rect")]
    return rectangles[1:101]


def test_the_largest_share_of_errors_has_the_deepest_color(report: Report) -> None:
    colors = fills(report)
    shares = report.evaluation.normalized_by_true()
    off = [(t, p) for t in range(10) for p in range(10) if t != p]

    def green(cell: tuple[int, int]) -> int:
        return int(colors[10 * cell[0] + cell[1]][3:5], 16)

    worst = max(off, key=lambda cell: shares[cell])
    assert green(worst) == min(green(cell) for cell in off)
    assert colors[10 * worst[0] + worst[1]] == blend(ORANGE, 0.9)
    assert all(colors[10 * t + p] == "#ffffff" for t, p in off if not shares[t, p])
    assert len({colors[11 * digit] for digit in range(10)} & {colors[10 * t + p] for t, p in off}) == 0


def test_the_contact_sheet_shows_the_worst_mistakes(report: Report) -> None:
    svg = report.files()["worst-mistakes.svg"]
    images = list(ElementTree.fromstring(svg).iter(f"{SVG}image"))
    mistakes = report.evaluation.mistakes()[: len(images)]
    assert len(images) == min(42, len(report.evaluation.wrong)) > 20
    for image, mistake in zip(images, mistakes, strict=True):
        encoded = (image.get("href") or "").removeprefix("data:image/png;base64,")
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
        np.testing.assert_array_equal(255 - pixels[::4, ::4], mistake.image)
    assert [text for text in texts(svg) if text.startswith("#")] == [f"#{mistake.index}" for mistake in mistakes]


def test_a_network_without_mistakes_has_a_report(tmp_path: Path, triage: Triage) -> None:
    true = np.arange(20) % 10
    perfect = Evaluation("bars", "test", true, np.eye(10, dtype=np.float32)[true], np.zeros((0, 28, 28), np.uint8))
    page = Report("mine.pt", perfect, triage).write(tmp_path / "report")
    assert "Nothing is confused." in page.read_text()
    assert "Nothing was misclassified." in texts((page.parent / "worst-mistakes.svg").read_text())


def paths(svg: str, stroke: str) -> list[list[tuple[float, float]]]:
    """The points of each line of this color."""
    found = [element for element in ElementTree.fromstring(svg).iter(f"{SVG}path") if element.get("stroke") == stroke]
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", element.get("d") or "")]
        for element in found
    ]


def test_the_curves_show_the_mean_and_every_evaluation(record: RunRecord) -> None:
    svg = draw_curves(record)
    assert svg is not None
    loss, accuracy = paths(svg, "#1769aa")[:2]
    steps = record.history.steps
    for line, values, name in ((loss, record.history.loss, "loss"), (accuracy, record.history.accuracy, "accuracy")):
        smoothed = record.history.smoothed(values)
        assert len(line) == len(steps)
        order = np.corrcoef([-y for _, y in line], np.log(smoothed) if name == "loss" else smoothed)[0, 1]
        assert order == pytest.approx(1, abs=1e-4)
        assert np.corrcoef([x for x, _ in line], steps)[0, 1] == pytest.approx(1, abs=1e-6)
    dots = list(ElementTree.fromstring(svg).iter(f"{SVG}circle"))
    assert len(dots) == 2 * len(record.evaluations) + 1 == 7  # and one of the legend
    assert f"mean of the last {SMOOTHING} batches" in texts(svg)
    assert [text for text in texts(svg) if text.startswith("epoch")] == ["epoch 1", "epoch 2", "epoch 3"] * 2


def labeled_rows(svg: str, name: str) -> dict[float, float]:
    """The value that each label of the upper (loss) or lower (accuracy) chart's axis names, by its height."""
    found = {}
    for element in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        text, is_percent = element.text or "", (element.text or "").endswith(" %")
        if element.get("x") == "58" and is_percent == (name == "accuracy"):
            found[float(element.get("y") or 0) - 4] = float(text.removesuffix(" %")) / (100 if is_percent else 1)
    return found


@pytest.mark.parametrize("level", [0.1, 0.65, 0.85, 0.97])
def test_evaluations_lie_where_the_axes_say(level: float) -> None:
    chance = np.random.default_rng(0)
    accuracy = (level + (1 - level) * chance.random(500)).tolist()
    record = RunRecord()
    record.apply(started())
    record.apply(Batches(epoch=1, step=500, loss=(0.01 + 3 * chance.random(500)).tolist(), accuracy=accuracy))
    record.apply(Evaluated(split="test", epoch=1, step=250, loss=0.3, accuracy=0.98, images=9, file="x"))
    svg = draw_curves(record)
    assert svg is not None
    heights = [float(dot.get("cy") or 0) for dot in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    for name, expected, height in (("loss", 0.3, heights[0]), ("accuracy", 0.98, heights[1])):
        labels = labeled_rows(svg, name)
        assert 3 <= len(labels) <= 12
        scale = np.log if name == "loss" else np.asarray
        slope, offset = np.polyfit(list(labels), scale(list(labels.values())), 1)
        assert slope * height + offset == pytest.approx(scale(expected), abs=0.01)
    bands = [e.get("d") or "" for e in ElementTree.fromstring(svg).iter(f"{SVG}path") if e.get("fill") == PALE_BLUE]
    for band, top in zip(bands, (52, 352), strict=True):
        assert min(float(y) for y in re.findall(r" ([\d.]+)", band)) == pytest.approx(top, abs=1)


@pytest.mark.parametrize(
    "losses", [[2.3], [2.3, 2.3], [0.0, 0.0, 0.0], [5.0] * 50 + [1e6], list(np.geomspace(3, 1e-7, 5000))]
)
def test_no_run_is_too_odd_for_the_curves(losses: list[float]) -> None:
    record = RunRecord()
    record.apply(started())
    record.apply(Batches(epoch=1, step=len(losses), loss=losses, accuracy=[0.0] * len(losses)))
    record.apply(Evaluated(split="test", epoch=1, step=len(losses), loss=0.0, accuracy=0.0, images=9, file="x"))
    svg = draw_curves(record)
    assert svg is not None
    height = float(ElementTree.fromstring(svg).get("height") or 0)
    points = [place for line in paths(svg, "#1769aa") for place in line]
    assert points
    assert all(0 <= x <= 920 and 0 <= y <= height for x, y in points)
    assert not re.search(r"nan|inf", svg)


def test_a_long_run_does_not_make_a_long_picture(tmp_path: Path) -> None:
    record = RunRecord()
    record.apply(started())
    chance = np.random.default_rng(0)
    for last in range(1000, 30_001, 1000):
        values = chance.random(1000)
        record.apply(Batches(epoch=1, step=last, loss=values.tolist(), accuracy=values.tolist()))
    svg = draw_curves(record)
    assert svg is not None
    assert len(svg) < 200_000


def test_a_record_without_batches_has_no_curves(tmp_path: Path, report: Report) -> None:
    assert draw_curves(RunRecord()) is None
    run = write_run(tmp_path, "unheard", epochs=0)
    record = RunRecord()
    for event in [started(), *(event for event in epoch_events(run, 1) if not isinstance(event, Batches))]:
        record.apply(event)
    assert record.evaluations
    atomic_files = replace(report, record=record).files()
    assert "curves.svg" not in atomic_files
    assert "curves.svg" not in atomic_files["README.md"]


def test_the_epochs_are_where_they_ended(record: RunRecord) -> None:
    svg = draw_curves(record)
    assert svg is not None
    lines = paths(svg, "#9aa5b1")
    (mean, *_) = paths(svg, "#1769aa")
    assert [line[0][0] for line in lines] == [mean[STEPS_PER_EPOCH - 1][0], mean[2 * STEPS_PER_EPOCH - 1][0]] * 2


def test_pictures_are_whole_xml(report: Report) -> None:
    for name, text in report.files().items():
        if name.endswith(".svg"):
            root = ElementTree.fromstring(text)
            assert root.tag == f"{SVG}svg"
            assert root.find(f"{SVG}title") is not None
            assert not re.search(r'href="(?!data:)', text)
