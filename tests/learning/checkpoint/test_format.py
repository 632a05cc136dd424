import io
import random
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.learning.checkpoint import containers
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from tests.support.checkpoint_files import ForeignBaseline, load, pack, refusal, unpack
from tests.support.small_dataset import small_dataset, start


def test_checkpoint_holds_the_saved_training_state(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    checkpoint = load(tmp_path, interrupted_checkpoint)
    assert checkpoint.model == "baseline"
    assert checkpoint.state_dict.keys() == Baseline().state_dict().keys()
    training = checkpoint.training
    assert training is not None
    assert (training.progress.epoch, training.progress.batch, training.progress.step) == (2, 7, 27)
    assert training.data == "bars"
    assert training.metrics.keys() == {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}
    assert not training.is_tested


def test_checkpoint_is_readable_without_this_program(interrupted_checkpoint: bytes) -> None:
    content = unpack(interrupted_checkpoint)
    Baseline().load_state_dict(content["state_dict"])
    assert content["config"]["learning_rate"] == 0.01


def test_write_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, Checkpoint("baseline", Baseline().state_dict()))
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, Checkpoint("baseline", Baseline().state_dict()))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_loading_does_not_touch_the_random_state(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    theirs = pack(ForeignBaseline().state_dict())
    before = torch.get_rng_state()
    load(tmp_path, interrupted_checkpoint)
    load(tmp_path, theirs)
    assert torch.equal(torch.get_rng_state(), before)


def test_missing_file_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no checkpoint .*gone\.pt") as caught:
        load_checkpoint(tmp_path / "gone.pt")
    assert caught.value.exit_code is ExitCode.WRONG_USE


def test_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a file"):
        load_checkpoint(tmp_path)


def test_overlong_file_name_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="cannot be read"):
        load_checkpoint(tmp_path / ("long" * 100))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_file_is_refused(tmp_path: Path, interrupted_checkpoint: bytes, share: float) -> None:
    assert "is damaged (it may be cut short)" in refusal(
        tmp_path, interrupted_checkpoint[: int(len(interrupted_checkpoint) * share)]
    )


def test_changed_weight_byte_is_refused(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    place = interrupted_checkpoint.index(
        unpack(interrupted_checkpoint)["state_dict"]["layers.0.weight"].numpy().tobytes()
    )
    changed = bytearray(interrupted_checkpoint)
    changed[place + 3] ^= 1
    assert "checksum" in refusal(tmp_path, bytes(changed))


@pytest.mark.parametrize("data", [b"", b"just a text\n" * 100, bytes(1000)])
def test_other_file_types_are_refused(tmp_path: Path, data: bytes) -> None:
    assert "is not a PyTorch checkpoint; save one with `torch.save(model.state_dict(), path)`" in refusal(
        tmp_path, data
    )


def test_pickled_module_is_refused(tmp_path: Path) -> None:
    assert "save one with `torch.save(model.state_dict(), path)`" in refusal(tmp_path, pack(ForeignBaseline()))


class CodeInPickle:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return exec, ("raise SystemExit('the file ran')",)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    assert "could run code" in refusal(tmp_path, pack({"state_dict": CodeInPickle()}))


def test_torch_warnings_are_silenced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder, interrupted_checkpoint: bytes
) -> None:
    read = torch.load

    def warn(*arguments: Any, **options: Any) -> Any:
        warnings.warn("storage of an old type", stacklevel=2)
        return read(*arguments, **options)

    monkeypatch.setattr(torch, "load", warn)
    assert load(tmp_path, interrupted_checkpoint).training is not None
    assert not recwarn.list


def test_zip_bomb_is_refused_before_unpacking(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(interrupted_checkpoint)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert "is compressed or unpacks to more than 64 MB" in refusal(tmp_path, packed.getvalue())


def test_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_checkpoint: bytes) -> None:
    monkeypatch.setattr(containers, "SIZE_LIMIT", len(interrupted_checkpoint) - 1)
    assert "is compressed or unpacks to more" in refusal(tmp_path, interrupted_checkpoint)


def test_overlapping_members_are_refused_by_unpacked_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", bytes(10_000))
        archive.filelist *= 5
    data = packed.getvalue()
    monkeypatch.setattr(containers, "SIZE_LIMIT", 2 * len(data))
    assert "is compressed or unpacks to more" in refusal(tmp_path, data)


def test_newer_format_is_refused(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    newer = unpack(interrupted_checkpoint) | {"emnist_tui_format": 2}
    assert "a newer emnist-tui (format 2); update emnist-tui" in refusal(tmp_path, pack(newer))


def test_a_recipe_of_a_newer_version_is_no_damage(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    content = unpack(interrupted_checkpoint)
    content["config"]["optimizer"] = "lion"
    sentence = refusal(tmp_path, pack(content))
    assert "(Optimizer must be adam, adamw or sgd, not 'lion'); update emnist-tui" in sentence
    assert "damaged" not in sentence


def test_an_average_without_the_trained_weights_is_refused(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    content = unpack(interrupted_checkpoint)
    content["config"]["ema"] = 0.9
    assert "the weights that training continues from are missing" in refusal(tmp_path, pack(content))


def test_unknown_model_is_refused(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    assert "model 'resnet', which is not one of: baseline" in refusal(
        tmp_path, pack(unpack(interrupted_checkpoint) | {"model": "resnet"})
    )


@pytest.mark.parametrize("content", [[1], torch.zeros(3), "text", {}, {"epoch": 3}, {"state_dict": {}}])
def test_file_without_weights_is_refused(tmp_path: Path, content: object) -> None:
    assert "holds no weights" in refusal(tmp_path, pack(content))


JUNK: tuple[object, ...] = (
    None,
    -1,
    1 << 70,
    "junk",
    torch.nan,
    [],
    {},
    {"step": 1},
    {0: 1},
    torch.full((3,), torch.nan),
    torch.zeros(5056, dtype=torch.uint8),
    {"cpu": torch.zeros(5056, dtype=torch.uint8)},
    {"epochs": 0},
    OrderedDict(a=1),
)


def places(content: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every entry, at any depth."""
    if not isinstance(content, dict):
        return []
    return [path for key, value in content.items() for path in ((*prefix, key), *places(value, (*prefix, key)))]


def load_or_refuse(path: Path, data: bytes) -> Checkpoint | None:
    """Load a checkpoint, or None; other exceptions fail the test."""
    try:
        return load(path, data)
    except EmnistTuiError:
        return None


def test_junk_entries_raise_only_user_facing_errors(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    refused, dataset = 0, small_dataset()
    for number, place in enumerate(places(unpack(interrupted_checkpoint))):
        for junk in (JUNK[number % len(JUNK)], JUNK[(number * 5 + 3) % len(JUNK)]):
            content = unpack(interrupted_checkpoint)
            entries = content
            for key in place[:-1]:
                entries = entries[key]
            entries[place[-1]] = junk
            loaded = load_or_refuse(tmp_path, pack(content))
            refused += loaded is None
            if loaded and loaded.training:
                with suppress(EmnistTuiError):
                    start(tmp_path, dataset, replace(loaded.training.config, epochs=9), loaded)
    assert refused > 80


def test_missing_entry_is_reported_as_damage(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    for key in ("optimizer", "random", "config", "data", "fingerprint", "metrics", "model", "state_dict"):
        content = unpack(interrupted_checkpoint)
        del content[key]
        assert "is damaged" in refusal(tmp_path, pack(content))


def test_damaged_bytes_raise_only_user_facing_errors(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    """Every other file has repaired checksums, so that damage reaches torch."""
    chance = random.Random(0)
    refused = 0
    for number in range(300):
        data = bytearray(interrupted_checkpoint)
        for _ in range(chance.choice((1, 1, 3, 30))):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randrange(1, 200)]
                case _:
                    data[place:place] = data[place : place + chance.randrange(1, 200)]
        refused += load_or_refuse(tmp_path, bytes(data)) is None
        if number % 2:
            refused += load_or_refuse(tmp_path, change_member(interrupted_checkpoint, chance)) is None
    assert refused > 200


def change_member(data: bytes, chance: random.Random) -> bytes:
    """Change some bytes of the archive's pickle."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = bytearray(source.read(name))
            if name.endswith("data.pkl"):
                for _ in range(chance.choice((1, 2, 10))):
                    content[chance.randrange(len(content))] = chance.randrange(256)
            target.writestr(name, bytes(content))
    return packed.getvalue()
