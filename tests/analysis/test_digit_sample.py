"""The sample of test digits that is kept on disk."""

from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis import digit_sample
from emnist_tui.analysis.digit_sample import SAMPLED, DigitSample, draw_sample, keep_sample, keep_sample_of, read_sample
from emnist_tui.runs.task import CLASSES

FINGERPRINT = "0123456789abcdef"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path))
    return tmp_path


def drawn(count: int = 5_000) -> DigitSample:
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return draw_sample(images, np.arange(count) % CLASSES)


def test_a_sample_is_always_the_same_and_of_all_classes() -> None:
    sample, again = drawn(), drawn()
    assert len(sample.labels) == SAMPLED
    assert np.array_equal(sample.indices, again.indices)
    assert np.all(np.diff(sample.indices) > 0)
    assert np.array_equal(sample.labels, sample.indices % CLASSES)
    assert np.bincount(sample.labels, minlength=CLASSES).min() > SAMPLED / CLASSES / 1.5


def test_a_small_split_is_taken_whole() -> None:
    assert np.array_equal(drawn(30).indices, np.arange(30))


def test_a_kept_sample_is_read_by_the_fingerprint_of_its_data() -> None:
    sample = drawn()
    assert read_sample(FINGERPRINT) is None
    keep_sample(FINGERPRINT, sample)
    found = read_sample(FINGERPRINT)
    assert found
    for kept, expected in zip(vars(found).values(), vars(sample).values(), strict=True):
        assert kept.dtype == expected.dtype
        assert np.array_equal(kept, expected)
    assert read_sample("f" * 16) is None


def test_the_sample_of_a_split_is_kept_once(root: Path) -> None:
    images, labels = np.zeros((30, 28, 28), np.uint8), np.zeros(30, np.int64)
    keep_sample_of(FINGERPRINT, images, labels)
    (path,) = root.rglob("*.bin")
    written = path.stat().st_mtime_ns
    keep_sample_of(FINGERPRINT, images + 1, labels)
    assert path.stat().st_mtime_ns == written
    keep_sample_of("no fingerprint", images, labels)
    assert [each.name for each in root.rglob("*.bin")] == [path.name]


def test_names_that_are_no_fingerprint_are_never_a_path(root: Path) -> None:
    for name in ("", "../escaped", "0123456789abcde/", "a" * 17):
        keep_sample(name, drawn(10))
        assert read_sample(name) is None
    assert list(root.rglob("*.bin")) == []


def test_a_damaged_sample_is_drawn_again(root: Path) -> None:
    keep_sample(FINGERPRINT, drawn(20))
    (path,) = root.rglob("*.bin")
    content = path.read_bytes()
    indices = 8 * 20
    for damaged in (b"", content[:-1], content[:indices] + b"\xff" + content[indices + 1 :], bytes(len(content))):
        path.write_bytes(damaged)
        assert read_sample(FINGERPRINT) is None
    path.write_bytes(bytes(5 << 20))
    assert read_sample(FINGERPRINT) is None


def test_a_sample_that_cannot_be_kept_is_no_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "file").write_text("")
    monkeypatch.setenv("EMNIST_TUI_DATA", str(root / "file"))
    keep_sample(FINGERPRINT, drawn(10))
    assert read_sample(FINGERPRINT) is None
    assert digit_sample.SAMPLED == 2_000
