"""Page of a report, in Markdown that forges and editors render."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.report.markdown import plain, table
from emnist_tui.runs.record import RunRecord
from emnist_tui.text.formats import count, loss, number, percent

MOST_PAIRS = 10
"""Rows of the table of confused pairs."""
_CONFIDENT = 10  # rows of the table of confident disagreements
_FILES = {
    "metrics.json": "all numbers on this page, and the confusion matrix",
    "predictions.csv": "all images: true and predicted class, ten probabilities, loss (nats), verdict",
    "triage.csv": "the judged images, with the same columns",
    "triage.json": "the judged images as JSON",
    "confusion.svg": "the confusion matrix",
    "curves.svg": "loss and accuracy during training",
    "worst-mistakes.svg": "the misclassified images with the largest loss",
    "confident-disagreements.svg": "the misclassified images with the most confident predictions",
}


def write_page(
    name: str,
    evaluation: Evaluation,
    triage: Triage,
    record: RunRecord | None,
    triage_problem: str | None,
    files: Sequence[str],
    trained_on: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Write the page of the checkpoint `name`, linking `files` in its folder.

    `trained_on` are the facts about the weights and input of a foreign network.
    """
    sections = [
        f"# Evaluation of {plain(name)}",
        _summary(evaluation, record, trained_on),
        "## Confusion\n\n![Confusion matrix](confusion.svg)",
        _pairs(evaluation),
        _classes(evaluation),
    ]
    if "curves.svg" in files:
        sections.append("## Training\n\n![Loss and accuracy over the steps of training](curves.svg)")
    sections += [
        "## Worst mistakes\n\nThe misclassified images with the largest loss. Below each image: true → predicted "
        "class, confidence, index in the split and loss.\n\n![The worst mistakes](worst-mistakes.svg)",
        _disagreements(evaluation, triage),
        _judgments(evaluation, triage, triage_problem),
        "## Files\n\n" + table(["file", "contents"], [(f"[{file}]({file})", _FILES[file]) for file in files]),
    ]
    return "\n\n".join(sections) + "\n"


def _summary(evaluation: Evaluation, record: RunRecord | None, trained_on: Mapping[str, object]) -> str:
    low, high = evaluation.accuracy_interval
    correct, wrong = evaluation.images - len(evaluation.wrong), len(evaluation.wrong)
    known = f" (fingerprint `{evaluation.fingerprint}`)" if re.fullmatch("[0-9a-f]+", evaluation.fingerprint) else ""
    rows = [
        (
            "data",
            f"{plain(evaluation.data)}, {plain(evaluation.split)} split, {count(evaluation.images)} images{known}",
        ),
        (
            "accuracy",
            f"**{percent(evaluation.accuracy, 2)}**: {count(correct)} correct, {count(wrong)} misclassified",
        ),
        ("95 % interval of the accuracy (Wilson)", f"{percent(low, 2)} to {percent(high, 2)}"),
        ("macro F1", percent(evaluation.macro_f1, 2)),
        ("loss", f"{loss(evaluation.loss)} nats"),
        ("expected calibration error, 15 bins", percent(evaluation.calibration_error, 2)),
    ]
    if record and record.started and record.config:
        config = record.config
        rows.insert(
            0,
            (
                "network",
                f"{plain(record.started.model)}, {count(record.started.parameters)} parameters; learning rate "
                f"{number(record.first_rate)}, batch size {config.batch_size}, {config.epochs} epochs, seed "
                f"{config.seed}",
            ),
        )
        rows[1:1] = _course(record)
    labels = {
        "weights": "weights",
        "input_scaling": "input scaling",
        "orientation": "orientation",
        "warning": "warning",
    }
    rows += [(label, plain(str(trained_on[key]))) for key, label in labels.items() if trained_on.get(key)]
    return table(["", ""], rows)


def _course(record: RunRecord) -> list[tuple[str, str]]:
    """Return what happened in the training besides its recipe."""
    changes = [f"{number(each.learning_rate)} from step {count(each.step + 1)}" for each in record.learning_rates]
    facts = [("learning rate changed", ", ".join(changes))] if changes else []
    return [*facts, ("finished", record.early_end)] if record.early_end else facts


def _pairs(evaluation: Evaluation) -> str:
    confusion, shares = evaluation.confusion, evaluation.normalized_by_true()
    rows = [
        (
            f"{pair.true} → {pair.predicted}",
            count(pair.count),
            percent(float(shares[pair.true, pair.predicted]), 2),
            count(confusion[pair.predicted, pair.true]),
        )
        for pair in evaluation.most_confused(MOST_PAIRS)
    ]
    if not rows:
        return "No classes are confused."
    return "### Most confused\n\n" + table(["true → predicted", "images", "of the true class", "reverse"], rows)


def _classes(evaluation: Evaluation) -> str:
    rows = [
        (
            str(row["class"]),
            *(percent(row[key], 2) for key in ("precision", "recall", "f1")),
            count(row["support"]),
        )
        for row in evaluation.per_class()
    ]
    return "### By class\n\n" + table(["class", "precision", "recall", "F1", "images"], rows)


def _disagreements(evaluation: Evaluation, triage: Triage) -> str:
    rows = [
        (
            count(mistake.index),
            str(mistake.true),
            str(mistake.predicted),
            percent(mistake.confidence),
            loss(mistake.loss),
            triage.verdict(mistake.index) or "",
        )
        for mistake in evaluation.mistakes(sort="confidence")[:_CONFIDENT]
    ]
    disagreements = table(["image", "label", "prediction", "confidence", "loss", "verdict"], rows)
    return (
        "## Confident disagreements with the label\n\n"
        "The most confident predictions that differ from the label. They are worth a look, but a network this small is "
        "a weak judge: its disagreement does not make a label wrong.\n\n"
        f"![Confident disagreements](confident-disagreements.svg)\n\n{disagreements}"
    )


def _judgments(evaluation: Evaluation, triage: Triage, problem: str | None) -> str:
    head = "## Triage: the user's verdicts\n\n"
    if problem:
        return head + f"Left out: {plain(problem)}"
    if not len(triage):
        return head + "No image was judged."
    rows = [(verdict.value, count(number), percent(number / len(triage))) for verdict, number in triage.counts.items()]
    without = triage.accuracy_without_mislabeled(evaluation)
    mislabeled = triage.counts[Verdict.WRONG_LABEL]
    return (
        head
        + table(["verdict", "images", "of the judged"], rows)
        + f"\n\nAccuracy **{percent(evaluation.accuracy, 2)}**; {percent(without, 2)} excluding {count(mislabeled)} "
        f"{'image' if mislabeled == 1 else 'images'} judged `wrong-label`. The second figure depends on a person's "
        "verdicts about misclassified images; it is not a measurement."
    )
