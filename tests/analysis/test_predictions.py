"""Evaluations: derived metrics, mistakes, and their file."""

import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics

from emnist_tui.analysis import predictions as evaluations
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.errors import EmnistTuiError


def random_evaluation(images: int = 500, seed: int = 0, classes: int = 10) -> Evaluation:
    """Classify about half of the images correctly, in a split with `classes` of the ten digits."""
    chance = np.random.default_rng(seed)
    true = chance.integers(0, classes, images)
    logits = chance.normal(0, 1, (images, 10)).astype(np.float32)
    logits[np.arange(images), true] += 1.5
    wrong = (logits.argmax(axis=1) != true).sum()
    return Evaluation("bars", "test", true, logits, chance.integers(0, 256, (wrong, 28, 28), dtype=np.uint8))


@pytest.mark.parametrize("classes", [10, 3])
def test_metrics_agree_with_scikit_learn_and_scipy(classes: int) -> None:
    evaluation = random_evaluation(classes=classes)
    true, predicted = evaluation.true, evaluation.predicted
    labels = list(range(10))
    assert 0.2 < evaluation.accuracy < 0.9
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(true, predicted))
    np.testing.assert_array_equal(evaluation.confusion, metrics.confusion_matrix(true, predicted, labels=labels))
    columns = metrics.precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    for digit, row in enumerate(evaluation.per_class()):
        assert row["class"] == digit
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == pytest.approx(
            [column[digit] for column in columns]
        )
    shares = np.exp(evaluation.logits.astype(np.float64))
    shares /= shares.sum(axis=1, keepdims=True)
    assert evaluation.loss == pytest.approx(metrics.log_loss(true, shares, labels=labels))
    np.testing.assert_allclose(evaluation.probabilities, shares)
    assert evaluation.macro_f1 == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
    for normalized, by in (
        (evaluation.normalized_by_true(), "true"),
        (evaluation.normalized_by_predicted(), "pred"),
    ):
        expected = metrics.confusion_matrix(true, predicted, labels=labels, normalize=by)
        np.testing.assert_allclose(normalized, expected)
    correct = len(true) - len(evaluation.wrong)
    interval = binomtest(correct, len(true)).proportion_ci(0.95, method="wilson")
    assert evaluation.accuracy_interval == pytest.approx((interval.low, interval.high))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.lists(st.floats(-20, 20, width=32), min_size=10, max_size=10)), min_size=1)
)
def test_counts_add_up_to_the_images(answers: list[tuple[int, list[float]]]) -> None:
    true, logits = np.array([true for true, _ in answers]), np.array([row for _, row in answers], np.float32)
    wrong = (logits.argmax(axis=1) != true).sum()
    evaluation = Evaluation("bars", "test", true, logits, np.zeros((wrong, 28, 28), np.uint8))
    assert evaluation.confusion.sum() == evaluation.images == len(answers)
    assert sum(row["support"] for row in evaluation.per_class()) == len(answers)
    assert evaluation.confusion.trace() + len(evaluation.mistakes()) == len(answers)
    assert sum(pair.count for pair in evaluation.most_confused(90)) == len(evaluation.wrong)
    for shares, counts in (
        (evaluation.normalized_by_true().sum(axis=1), evaluation.confusion.sum(axis=1)),
        (evaluation.normalized_by_predicted().sum(axis=0), evaluation.confusion.sum(axis=0)),
    ):
        assert shares == pytest.approx((counts > 0).astype(float))
    low, high = evaluation.accuracy_interval
    assert 0 <= low <= evaluation.accuracy <= high <= 1
    assert 0 <= evaluation.calibration_error <= 1
    np.testing.assert_allclose(evaluation.probabilities.sum(axis=1), 1)


def test_calibration_uses_the_predicted_classes() -> None:
    logits = np.log(np.array([[0.91] + [0.01] * 9, [0.55] + [0.05] * 9], np.float32))
    evaluation = Evaluation("bars", "test", np.array([0, 1]), logits, np.zeros((1, 28, 28), np.uint8))
    assert evaluation.calibration_error == pytest.approx((0.09 + 0.55) / 2, abs=1e-6)


def test_a_loss_beyond_the_range_of_probabilities_is_finite() -> None:
    logits = np.full((1, 10), -1000.0, np.float32)
    logits[0, 3] = 1000.0
    evaluation = Evaluation("bars", "test", np.array([5]), logits, np.zeros((1, 28, 28), np.uint8))
    assert evaluation.loss == 2000.0


def test_the_lowest_class_wins_a_tie() -> None:
    evaluation = Evaluation(
        "bars", "test", np.array([0, 9]), np.zeros((2, 10), np.float32), np.zeros((1, 28, 28), np.uint8)
    )
    assert evaluation.predicted.tolist() == [0, 0]
    assert evaluation.wrong.tolist() == [1]


def test_mistakes_of_a_cell_are_sorted_worst_first() -> None:
    evaluation = random_evaluation()
    everything = evaluation.mistakes()
    assert len(everything) == len(evaluation.wrong)
    assert [mistake.loss for mistake in everything] == sorted((m.loss for m in everything), reverse=True)
    surest = evaluation.mistakes(sort="confidence")
    assert [mistake.confidence for mistake in surest] == sorted((m.confidence for m in surest), reverse=True)
    for true, predicted in ((3, 5), (3, None), (None, 5)):
        cell = evaluation.mistakes(true, predicted)
        assert {m.index for m in cell} == {
            m.index for m in everything if true in (None, m.true) and predicted in (None, m.predicted)
        }
        assert cell


def test_mistakes_are_sorted_by_margin_and_by_index() -> None:
    evaluation = random_evaluation()
    everything = list(evaluation.mistakes())
    unsure = evaluation.mistakes(sort="margin")
    assert [mistake.margin for mistake in unsure] == sorted((m.margin for m in everything), reverse=True)
    assert [m.index for m in unsure] != [m.index for m in evaluation.mistakes(sort="confidence")]
    assert [mistake.index for mistake in evaluation.mistakes(sort="index")] == evaluation.wrong.tolist()
    with pytest.raises(ValueError, match="unknown order 'name'"):
        evaluation.mistakes(sort="name")


def test_mistakes_are_filtered_by_confidence_and_by_index() -> None:
    evaluation = random_evaluation()
    everything = list(evaluation.mistakes())
    limit = sorted(mistake.confidence for mistake in everything)[len(everything) // 2]
    sure = evaluation.mistakes(min_confidence=limit)
    assert [m.index for m in sure] == [m.index for m in everything if m.confidence >= limit]
    assert 0 < len(sure) < len(everything)
    places = {everything[0].index, everything[3].index, int(np.flatnonzero(evaluation.predicted == evaluation.true)[0])}
    assert [m.index for m in evaluation.mistakes(indices=places)] == [everything[0].index, everything[3].index]
    assert len(evaluation.mistakes(indices=[])) == 0
    both = evaluation.mistakes(everything[0].true, min_confidence=limit, indices=places)
    assert {m.index for m in both} == {
        m.index for m in (everything[0], everything[3]) if m.confidence >= limit and m.true == everything[0].true
    }


def test_a_mistake_has_its_own_image_and_probabilities() -> None:
    evaluation = random_evaluation()
    for mistake in evaluation.mistakes()[::20]:
        row = evaluation.wrong.tolist().index(mistake.index)
        np.testing.assert_array_equal(mistake.image, evaluation.wrong_images[row])
        assert mistake.probabilities.sum() == pytest.approx(1)
        assert mistake.probabilities.argmax() == mistake.predicted != mistake.true
        assert mistake.loss == pytest.approx(-np.log(mistake.probabilities[mistake.true]))
        assert mistake.confidence == mistake.probabilities.max()
        assert mistake.margin == pytest.approx(mistake.confidence - np.exp(-mistake.loss))


def test_an_evaluation_is_read_back_exactly(tmp_path: Path) -> None:
    evaluation = replace(random_evaluation(), data="Ziffern, größer", fingerprint="0a1b")
    evaluation.save(tmp_path / "evaluation.npz")
    loaded = Evaluation.load(tmp_path / "evaluation.npz")
    assert (loaded.data, loaded.split, loaded.fingerprint) == ("Ziffern, größer", "test", "0a1b")
    np.testing.assert_array_equal(loaded.true, evaluation.true)
    np.testing.assert_array_equal(loaded.logits, evaluation.logits)
    np.testing.assert_array_equal(loaded.wrong_images, evaluation.wrong_images)
    assert loaded.to_json() == evaluation.to_json()


def test_the_json_object_has_the_keys_that_scripts_rely_on() -> None:
    found = random_evaluation().to_json()
    assert found.keys() == {
        "dataset",
        "split",
        "images",
        "accuracy",
        "accuracy_interval",
        "loss",
        "macro_f1",
        "calibration_error",
        "confusion",
        "per_class",
    }
    assert np.array(found["confusion"]).shape == (10, 10)
    assert np.array(found["confusion"]).sum() == found["images"] == 500


def test_a_file_without_a_fingerprint_is_read(tmp_path: Path) -> None:
    write(tmp_path / "old.npz")
    assert Evaluation.load(tmp_path / "old.npz").fingerprint == ""


def write(path: Path, **arrays: npt.NDArray[Any]) -> None:
    sound = random_evaluation(20)
    whole = {
        "data": np.frombuffer(b"bars", np.uint8),
        "split": np.frombuffer(b"test", np.uint8),
        "true": sound.true.astype(np.uint8),
        "logits": sound.logits,
        "wrong_images": sound.wrong_images,
    }
    np.savez_compressed(path, **(whole | arrays))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arrays",
    [
        {"true": np.full(20, 10, np.uint8)},
        {"true": np.zeros((0,), np.uint8), "logits": np.zeros((0, 10), np.float32)},
        {"true": np.zeros((20, 1), np.uint8)},
        {"logits": np.zeros((20, 9), np.float32)},
        {"logits": np.zeros((20, 10), np.float64)},
        {"logits": np.full((20, 10), np.nan, np.float32)},
        {"wrong_images": np.zeros((1, 28, 28), np.uint8)},
        {"wrong_images": np.zeros((20, 28, 28), np.float32)},
        {"data": np.array([255], np.uint8)},
    ],
)
def test_mismatched_arrays_are_refused(tmp_path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    write(tmp_path / "sound.npz")
    assert Evaluation.load(tmp_path / "sound.npz").images == 20
    write(tmp_path / "broken.npz", **arrays)
    with pytest.raises(EmnistTuiError, match=r"broken\.npz is not a readable evaluation .*evaluate the checkpoint"):
        Evaluation.load(tmp_path / "broken.npz")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match=r"gone\.npz does not exist; evaluate the checkpoint again"):
        Evaluation.load(tmp_path / "gone.npz")


def test_a_huge_unpacked_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "_MOST_IMAGES", 100)
    random_evaluation(50).save(tmp_path / "small.npz")
    assert Evaluation.load(tmp_path / "small.npz").images == 50
    write(tmp_path / "bomb.npz", true=np.zeros(200_000, np.uint8))
    with pytest.raises(EmnistTuiError, match="too large"):
        Evaluation.load(tmp_path / "bomb.npz")


def test_a_small_member_that_declares_a_huge_array_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "sound.npz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 60,)})
    with zipfile.ZipFile(tmp_path / "sound.npz") as source, zipfile.ZipFile(tmp_path / "huge.npz", "w") as target:
        for name in source.namelist():
            target.writestr(name, header.getvalue() if name == "true.npy" else source.read(name))
    with pytest.raises(EmnistTuiError, match=r"huge\.npz is not a readable evaluation"):
        Evaluation.load(tmp_path / "huge.npz")


def test_damaged_files_are_user_facing_errors(tmp_path: Path) -> None:
    random_evaluation(100).save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    chance = random.Random(0)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        (tmp_path / "damaged.npz").write_bytes(data)
        try:
            Evaluation.load(tmp_path / "damaged.npz")
        except EmnistTuiError:
            refused += 1
    assert refused > 200
    for foreign in (b"", b"text", np.zeros(3).tobytes()):
        (tmp_path / "damaged.npz").write_bytes(foreign)
        with pytest.raises(EmnistTuiError):
            Evaluation.load(tmp_path / "damaged.npz")
    lone = io.BytesIO()
    np.save(lone, np.zeros(3))
    (tmp_path / "damaged.npz").write_bytes(lone.getvalue())
    with pytest.raises(EmnistTuiError):
        Evaluation.load(tmp_path / "damaged.npz")
