"""The four files are found by any usual name and at any usual place, or what is there is named."""

import gzip
import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist import archive
from emnist_tui.learning.data.emnist.archive import MNIST_NAME, MNIST_SPLIT_NAME, UNVERIFIED_NAME, read_digits
from emnist_tui.runs.data_paths import FILES, TEST_IMAGES, TEST_LABELS, TRAIN_LABELS
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.drawn_digits import assert_stored_transposed, encoded, named, write_files
from tests.support.emnist_files import compress
from tests.support.project import PROJECT

STORED = encoded(upright=False)
UPRIGHT = encoded(upright=True)
Pack = Callable[[Path, dict[str, bytes]], Path]


def as_folder(place: Path, files: dict[str, bytes]) -> Path:
    return write_files(place / "folder", files)


def as_archive(place: Path, files: dict[str, bytes]) -> Path:
    return write_files(place, {"some.zip": zipped(files)}) / "some.zip"


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return packed.getvalue()


both = pytest.mark.parametrize("pack", [as_folder, as_archive])


def spelled(spelling: str) -> dict[str, bytes]:
    """Name the plain files as `spelling` does, whose words in capitals are replaced."""
    kinds = [(part, kind, f"idx{d}") for part in ("train", "test") for kind, d in (("images", 3), ("labels", 1))]
    names = [spelling.replace("PART", part).replace("KIND", kind).replace("IDX", idx) for part, kind, idx in kinds]
    return dict(zip(names, STORED.values(), strict=True))


SPELLINGS = [
    "emnist-digits-PART-KIND-IDX-ubyte",
    "emnist-digits-PART-KIND.IDX-ubyte",
    "emnist_digits_PART_KIND_IDX_ubyte",
    "emnist-digits-PART-KIND-IDX-ubyte.idx",
    "emnist-digits-PART-KIND-IDX-ubyte (1)",
    "emnist_source_files/emnist-digits-PART-KIND-IDX-ubyte",
    "gzip/emnist-digits-PART-KIND-IDX-ubyte",
    "a/b/c/emnist-digits-PART-KIND-IDX-ubyte",
    "PART/emnist-digits-PART-KIND-IDX-ubyte",
    "emnist-digits-PART-KIND-IDX-ubyte/emnist-digits-PART-KIND-IDX-ubyte",
    "PART-KIND-IDX-ubyte",
]


@both
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_usual_spelling_is_read(tmp_path: Path, pack: Pack, spelling: str) -> None:
    stored = read_digits(pack(tmp_path, spelled(spelling)))
    assert_stored_transposed(stored.files)
    assert (stored.name, stored.official) == (UNVERIFIED_NAME, False)


@both
def test_upper_case_names_are_read(tmp_path: Path, pack: Pack) -> None:
    files = {f"{name.upper()}.GZ": content for name, content in compress(STORED).items()}
    assert_stored_transposed(read_digits(pack(tmp_path, files)).files)


@both
def test_half_gzipped_and_half_plain_files_are_read(tmp_path: Path, pack: Pack) -> None:
    gzipped = compress(STORED)
    files = {f"{name}.gz": gzipped[name] for name in FILES[:2]} | {name: STORED[name] for name in FILES[2:]}
    assert_stored_transposed(read_digits(pack(tmp_path, files)).files)


@both
def test_compression_is_recognized_by_content_not_by_name(tmp_path: Path, pack: Pack) -> None:
    for number, files in enumerate(({f"{name}.gz": content for name, content in STORED.items()}, compress(STORED))):
        assert_stored_transposed(read_digits(pack(tmp_path / str(number), files)).files)


def test_layout_of_torchvision_with_gzip_content_is_loaded(tmp_path: Path) -> None:
    from emnist_tui.learning.data.dataset import load_dataset

    raw = write_files(tmp_path / "EMNIST/raw", STORED)
    expected = load_dataset(str(tmp_path)).fingerprint
    write_files(raw, compress(STORED))
    assert load_dataset(str(tmp_path)).fingerprint == expected


@both
def test_companions_of_macos_are_left_out(tmp_path: Path, pack: Pack) -> None:
    files = {f"gzip/{name}": content for name, content in STORED.items()}
    companions = {f"__MACOSX/gzip/._{name}": b"x" for name in STORED} | {f"gzip/._{name}": b"x" for name in STORED}
    assert_stored_transposed(read_digits(pack(tmp_path, {**companions, **files})).files)


@both
def test_archive_in_an_archive_or_folder_is_read(tmp_path: Path, pack: Pack) -> None:
    for number, method in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)):
        inner = zipped(STORED, method)
        files = {"data/gzip.zip": inner, "data/matlab.zip": zipped({"emnist.mat": b""}), "data/readme.txt": b""}
        assert_stored_transposed(read_digits(pack(tmp_path / str(number), files)).files)


@both
def test_files_zipped_one_by_one_are_read(tmp_path: Path, pack: Pack) -> None:
    files = {f"{name}.zip": zipped({name: content}) for name, content in STORED.items()}
    assert_stored_transposed(read_digits(pack(tmp_path, files)).files)


def test_archive_written_by_windows_is_read(tmp_path: Path) -> None:
    path = as_archive(tmp_path, {f"gzip\\{name}": content for name, content in STORED.items()})
    assert_stored_transposed(read_digits(path).files)


@both
def test_digits_are_preferred_among_splits(tmp_path: Path, pack: Pack) -> None:
    others = {
        name.replace("digits", split): b"not read" for name in FILES for split in ("letters", "balanced", "mnist")
    }
    assert_stored_transposed(read_digits(pack(tmp_path, {**others, **STORED})).files)


MNIST_NAMES = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
    ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
]


@both
@pytest.mark.parametrize("names", MNIST_NAMES)
@pytest.mark.parametrize(("contents", "name"), [(UPRIGHT, MNIST_NAME), (STORED, UNVERIFIED_NAME)])
def test_files_with_the_names_of_mnist_are_turned_by_their_pixels(
    tmp_path: Path, pack: Pack, names: tuple[str, str, str, str], contents: dict[str, bytes], name: str
) -> None:
    stored = read_digits(pack(tmp_path, {f"MNIST/raw/{file}": c for file, c in named(contents, names).items()}))
    assert_stored_transposed(stored.files)
    assert stored.name == name


@both
def test_upright_files_with_the_names_of_emnist_are_turned(tmp_path: Path, pack: Pack) -> None:
    assert_stored_transposed(read_digits(pack(tmp_path, UPRIGHT)).files)


def test_installed_upright_files_are_turned(tmp_path: Path) -> None:
    from emnist_tui.learning.data.emnist.install import read_installed

    write_files(tmp_path / "EMNIST/raw", UPRIGHT)
    assert_stored_transposed(read_installed(tmp_path))


def test_split_of_the_size_of_mnist_is_named(tmp_path: Path) -> None:
    files = {name.replace("digits", "mnist"): content for name, content in STORED.items()}
    stored = read_digits(as_folder(tmp_path, files))
    assert_stored_transposed(stored.files)
    assert stored.name == MNIST_SPLIT_NAME


def test_clothes_with_the_names_of_mnist_are_refused(tmp_path: Path) -> None:
    """Labels moved by one are as wrong as clothes."""
    labels = {
        name: content[:8] + bytes((label + 1) % 10 for label in content[8:])
        for name, content in UPRIGHT.items()
        if "labels" in name
    }
    path = as_folder(tmp_path, named({**UPRIGHT, **labels}, MNIST_NAMES[0]))
    assert "not its digits" in problem_of(path)


def problem_of(path: Path) -> str:
    with pytest.raises(EmnistTuiError) as caught:
        read_digits(path)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


@both
@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ([name.replace("digits", "letters") for name in FILES], "EMNIST's letters split"),
        ([name.replace("digits", "byclass") for name in FILES], "EMNIST's byclass split"),
        ([f"FashionMNIST/raw/{name}" for name in MNIST_NAMES[0]], "no digits, fashionmnist"),
        ([f"kmnist/{name}" for name in MNIST_NAMES[0]], "no digits, kmnist"),
        (["emnist-digits-train.csv", "emnist-digits-test.csv"], "has the CSV form (emnist-digits-test.csv, emnist-"),
        (["matlab/emnist-digits.mat"], "has the MATLAB form (emnist-digits.mat)"),
        (["readme.txt"], "none of the EMNIST digits files, only readme.txt"),
        ([f"{number}.png" for number in range(9)], "only 0.png, 1.png, 2.png and 6 more"),
        (FILES[:3], f"has no {TEST_LABELS}, only emnist-digits-"),
        ([f"a/{FILES[0]}", f"b/{FILES[0]}"], "twice, as a/emnist"),
        ([f"{place}/{name}" for place in "ab" for name in FILES], "four files in a and in b"),
        (["a.zip", "b.zip"], "2 archives"),
    ],
)
def test_what_is_missing_and_what_is_there_is_named(tmp_path: Path, pack: Pack, names: list[str], problem: str) -> None:
    assert problem in problem_of(pack(tmp_path, dict.fromkeys(names, b"x")))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (TRAIN_LABELS, STORED[TRAIN_LABELS], "is one of the four files: give the folder"),
        (f"{TRAIN_LABELS}.gz", gzip.compress(b""), "is one of the four files: give the folder"),
        ("emnist-digits-train.csv", b"0,0", "is the CSV form"),
        ("emnist-digits.mat", b"MATLAB 5.0 MAT-file", "is the MATLAB form"),
        ("gzip.tar", b"\0" * 257 + b"ustar", "is a tar archive: unpack it"),
        ("gzip.tgz", gzip.compress(b""), "is a gzip file: unpack it"),
        ("gzip.7z", b"7z\xbc\xaf'\x1c", "is a 7z archive: unpack it"),
    ],
    ids=["labels", "gzipped labels", "CSV", "MATLAB", "tar", "tgz", "7z"],
)
def test_other_files_are_named(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    assert problem in problem_of(write_files(tmp_path, {name: content}) / name)


class TestHostile:
    def test_large_inner_archive_is_not_unpacked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "_LARGEST_INNER", 1000)
        path = as_archive(tmp_path, {"gzip.zip": random.Random(0).randbytes(1001)})
        assert "unpacks to 1,001 bytes, which is too much" in problem_of(path)

    @pytest.mark.parametrize("names", [["gzip.zip"], [f"{name}.zip" for name in FILES]])
    def test_bomb_is_not_unpacked(self, tmp_path: Path, names: list[str]) -> None:
        path = as_archive(tmp_path, dict.fromkeys(names, b"PK\3\4" + bytes(10_000_000)))
        content = path.read_bytes()
        (compressed,) = {info.compress_size for info in zipfile.ZipFile(path).infolist()}
        path.write_bytes(content.replace(struct.pack("<I", compressed), b"\0\0\0\x70"))  # as if it were 1.8 GB
        tracemalloc.start()
        try:
            assert "which is too much" in problem_of(path)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    def test_archives_are_unpacked_one_level_deep(self, tmp_path: Path) -> None:
        path = as_archive(tmp_path, {"a.zip": zipped({"b.zip": zipped({"c.zip": zipped(STORED)})})})
        assert "none of the EMNIST digits files, only b.zip" in problem_of(path)

    def test_paths_in_an_archive_lead_nowhere(self, tmp_path: Path) -> None:
        path = as_archive(tmp_path / "a/b", {f"../../{name}": content for name, content in STORED.items()})
        assert_stored_transposed(read_digits(path).files)
        assert [found.name for found in (tmp_path / "a").iterdir()] == ["b"]

    def test_circle_of_links_ends(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a/b").symlink_to(tmp_path)
        assert "none of the EMNIST digits files" in problem_of(tmp_path)

    def test_linked_folder_is_read(self, tmp_path: Path) -> None:
        write_files(tmp_path / "disk", STORED)
        (tmp_path / "data").mkdir()
        (tmp_path / "data/gzip").symlink_to(tmp_path / "disk")
        assert_stored_transposed(read_digits(tmp_path / "data").files)

    def test_names_in_messages_are_bounded(self, tmp_path: Path) -> None:
        path = as_archive(tmp_path, {"x" * 60_000: b"", **{f"{number}.png": b"" for number in range(1000)}})
        assert len(problem_of(path)) < 600


class TestSharedCases:
    @pytest.mark.parametrize("name", ["data_mixed", "data_fakegz"])
    def test_reported_folder_is_read(self, name: str) -> None:
        path = PROJECT.parent / "shared/cases/data" / name
        if not path.exists():
            pytest.skip("needs the reported cases")
        files = read_digits(path).files
        assert len(files[TEST_IMAGES]) == len(files[TEST_LABELS]) == 100
