"""Digits by number, of the data of a run or checkpoint."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.digit_sample import read_sample
from emnist_tui.learning.data.dataset import hold_out, to_dataset
from emnist_tui.learning.data.digits import load_digits
from emnist_tui.learning.inference.digit_lookup import DataReference, DigitLookup, reference
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.support.checkpoint_files import pack, unpack, weights
from tests.support.process import environment
from tests.support.project import PROJECT

BASELINE = PROJECT / "checkpoints" / "baseline-synthetic.pt"


def ignore(phase: str) -> None:
    del phase


@pytest.fixture
def source(small_archive: Path, root: Path) -> str:
    return str(small_archive)


def test_digits_are_those_of_the_data_in_its_order(source: str) -> None:
    digits, lookup = load_digits(source, ignore), DigitLookup(ignore)
    data = DataReference(source)
    for split, images, labels in (
        ("test", digits.test_images, digits.test_labels),
        ("train", digits.train_images, digits.train_labels),
    ):
        for index in (0, len(labels) - 1):
            found = lookup.digit(data, split, index)
            assert np.array_equal(found.image, images[index])
            assert (found.label, found.index, found.split, found.count) == (labels[index], index, split, len(labels))
            assert (found.data, found.fingerprint) == (digits.name, digits.fingerprint)


def test_validation_digits_are_those_that_the_run_held_out(source: str) -> None:
    config = TrainConfig(data=source, validation=10, seed=3)
    held = hold_out(to_dataset(load_digits(source, ignore)).train, 10, 3)[1]
    found = DigitLookup(ignore).digit(DataReference(source, config=config), "validation", 7)
    assert np.array_equal(found.image, held.images[7].numpy())
    assert found.label == held.labels[7]


@pytest.mark.parametrize(("split", "index"), [("test", 20), ("test", -1), ("validation", 0), ("letters", 0)])
def test_what_does_not_exist_is_one_sentence(source: str, split: str, index: int) -> None:
    with pytest.raises(UsageError, match=r"; choose one .*\.$"):
        DigitLookup(ignore).digit(DataReference(source), split, index)


def test_other_data_than_recorded_is_refused(source: str) -> None:
    lookup = DigitLookup(ignore)
    with pytest.raises(EmnistTuiError, match="others than these were"):
        lookup.digit(DataReference(source, "EMNIST digits", "f" * 16), "test", 0)
    fingerprint = lookup.digit(DataReference(source), "test", 0).fingerprint
    lookup.digit(DataReference(source, "EMNIST digits", fingerprint), "test", 0)


def test_data_is_read_once(source: str) -> None:
    phases: list[str] = []
    lookup = DigitLookup(phases.append)
    lookup.digit(DataReference(source), "test", 0)
    lookup.digit(DataReference(source), "train", 1)
    assert len(phases) == 1
    lookup.let_go()
    lookup.digit(DataReference(source), "test", 0)
    assert len(phases) == 2


def test_a_sample_is_kept_for_the_next_time(source: str) -> None:
    sample = DigitLookup(ignore).sample(DataReference(source))
    kept = read_sample(load_digits(source, ignore).fingerprint)
    assert kept
    assert np.array_equal(kept.images, sample.images)


def test_data_of_a_checkpoint_is_recorded_in_it(tmp_path: Path) -> None:
    found = reference({"checkpoint": str(BASELINE), "source": None, "fingerprint": ""})
    assert (found.source, found.name) == ("synthetic", "synthetic digits")
    foreign = tmp_path / "foreign.pt"
    foreign.write_bytes(pack(weights()))
    assert reference({"checkpoint": str(foreign)}).source == "auto"
    foreign.write_bytes(b"no checkpoint")
    assert reference({"checkpoint": str(foreign)}).source == "auto"
    with pytest.raises(UsageError):
        reference({"checkpoint": str(tmp_path / "missing.pt")})


def test_an_unusual_checkpoint_of_this_program_records_its_data(tmp_path: Path) -> None:
    content, path = unpack(BASELINE.read_bytes()), tmp_path / "odd.pt"
    content["model"], content["more"] = "baseline", {("a", "pair"): 1}
    path.write_bytes(pack(content))
    assert reference({"checkpoint": str(path)}) == reference({"checkpoint": str(BASELINE)})


def test_a_named_source_wins(tmp_path: Path) -> None:
    found = reference({"checkpoint": str(BASELINE), "source": "emnist", "fingerprint": ""})
    assert (found.source, found.fingerprint) == ("emnist", "")
    assert reference({"source": None}).source == "auto"


def test_a_digit_needs_no_torch(source: str) -> None:
    code = (
        "import sys; from emnist_tui.learning.inference.digit_lookup import DigitLookup, DataReference; "
        f"DigitLookup(print).digit(DataReference({source!r}), 'test', 3); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment(), stdout=subprocess.DEVNULL)
