import io
import pickle
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
from torch import Tensor, nn

from emnist_tui.learning.checkpoint import format as checkpoints
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from tests.support.small_dataset import at_step, run_until, small_dataset, start

ADVICE = (
    "save one with",
    "choose ",
    "update emnist-tui",
    "copy it again",
    "lists those that are",
    "name a checkpoint",
    "check its",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A checkpoint of a run that was stopped in its second epoch."""
    path = tmp_path_factory.mktemp("run")
    trainer = start(path, small_dataset())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("emnist_tui.learning.training.trainer._REPORT_EVERY", 0.0)
        run_until(trainer, at_step(27), trainer.request_stop)
    return (path / "last.pt").read_bytes()


def unpack(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
    return content


def pack(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def load(path: Path, data: bytes) -> Checkpoint:
    (path / "some.pt").write_bytes(data)
    return load_checkpoint(path / "some.pt")


def refusal(path: Path, data: bytes) -> str:
    """The one sentence that loading `data` ends in."""
    with pytest.raises(EmnistTuiError) as caught:
        load(path, data)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert any(advice in sentence for advice in ADVICE), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_it_holds_what_was_saved(tmp_path: Path, whole: bytes) -> None:
    checkpoint = load(tmp_path, whole)
    assert checkpoint.model == "baseline"
    assert checkpoint.state_dict.keys() == Baseline().state_dict().keys()
    training = checkpoint.training
    assert training is not None
    assert (training.progress.epoch, training.progress.batch, training.progress.step) == (2, 7, 27)
    assert training.data == "bars"
    assert training.metrics.keys() == {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}
    assert not training.is_finished


def test_others_read_it_without_this_program(whole: bytes) -> None:
    content = unpack(whole)
    Baseline().load_state_dict(content["state_dict"])
    assert content["config"]["learning_rate"] == 0.01


def test_it_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


class Theirs(nn.Module):
    """The same network as somebody else writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.fc = nn.Conv2d(1, 2, 5), nn.Conv2d(2, 4, 3), nn.Linear(100, 10)

    def forward(self, images: Tensor) -> Tensor:
        pooled = nn.functional.max_pool2d(self.conv1(images).relu(), 2)
        logits: Tensor = self.fc(nn.functional.max_pool2d(self.conv2(pooled).sigmoid(), 2).flatten(1))
        return logits


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"model_state_dict": weights, "epoch": 3, "optimizer_state_dict": {"state": {}, "lr": 0.1}},
        lambda weights: {"epoch": 3, "rng": torch.zeros(8), "state_dict": weights},
        lambda weights: {**weights, "comment": "mine", "epoch": 3},
        lambda weights: dict(weights),
        lambda weights: {key: nn.Parameter(value) for key, value in weights.items()},
    ],
    ids=["plain", "nested", "beside a tensor", "with other entries", "a dict", "parameters"],
)
def test_somebodys_state_dict_is_read(tmp_path: Path, wrap: Callable[[Any], Any]) -> None:
    theirs = Theirs()
    checkpoint = load(tmp_path, pack(wrap(theirs.state_dict())))
    assert (checkpoint.model, checkpoint.training) == ("baseline", None)
    ours = Baseline()
    ours.load_state_dict(checkpoint.state_dict)
    images = torch.rand(5, 1, 28, 28)
    assert torch.equal(ours(images), theirs(images))
    assert not any(weight.requires_grad for weight in checkpoint.state_dict.values())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_are_converted(tmp_path: Path, dtype: torch.dtype) -> None:
    checkpoint = load(tmp_path, pack(Theirs().to(dtype).state_dict()))
    assert {weight.dtype for weight in checkpoint.state_dict.values()} == {torch.float32}


def test_loading_leaves_the_random_numbers_alone(tmp_path: Path, whole: bytes) -> None:
    theirs = pack(Theirs().state_dict())
    before = torch.get_rng_state()
    load(tmp_path, whole)
    load(tmp_path, theirs)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_missing_file_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no checkpoint .*gone\.pt") as caught:
        load_checkpoint(tmp_path / "gone.pt")
    assert caught.value.exit_code is ExitCode.WRONG_USE


def test_a_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a file"):
        load_checkpoint(tmp_path)


def test_a_name_that_no_disk_takes(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="cannot be read"):
        load_checkpoint(tmp_path / ("long" * 100))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_short(tmp_path: Path, whole: bytes, share: float) -> None:
    assert "is damaged (it may be cut short)" in refusal(tmp_path, whole[: int(len(whole) * share)])


def test_a_changed_byte_of_the_weights(tmp_path: Path, whole: bytes) -> None:
    place = whole.index(unpack(whole)["state_dict"]["layers.0.weight"].numpy().tobytes())
    changed = bytearray(whole)
    changed[place + 3] ^= 1
    assert "checksum" in refusal(tmp_path, bytes(changed))


@pytest.mark.parametrize("data", [b"", b"just a text\n" * 100, pickle.dumps([1, 2]), bytes(1000)])
def test_foreign_content(tmp_path: Path, data: bytes) -> None:
    assert "is not a PyTorch checkpoint; save one with `torch.save(model.state_dict(), path)`" in refusal(
        tmp_path, data
    )


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"no weights")
    assert "is not a checkpoint that can be read" in refusal(tmp_path, (tmp_path / "photos.zip").read_bytes())


def test_a_whole_module(tmp_path: Path) -> None:
    assert "save one with `torch.save(model.state_dict(), path)`" in refusal(tmp_path, pack(Theirs()))


class Attack:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return exec, ("raise SystemExit('the file ran')",)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    assert "could run code" in refusal(tmp_path, pack({"state_dict": Attack()}))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused(tmp_path: Path) -> None:
    traced = torch.jit.trace(Theirs(), torch.rand(1, 1, 28, 28))  # type: ignore[no-untyped-call]
    buffer = io.BytesIO()
    torch.jit.save(traced, buffer)
    refusal(tmp_path, buffer.getvalue())


def test_a_warning_of_torch_is_not_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder, whole: bytes
) -> None:
    read = torch.load

    def warn(*given: Any, **named: Any) -> Any:
        warnings.warn("storage of an old type", stacklevel=2)
        return read(*given, **named)

    monkeypatch.setattr(torch, "load", warn)
    assert load(tmp_path, whole).training is not None
    assert not recwarn.list


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, whole: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert "is compressed or unpacks to more than 64 MB" in refusal(tmp_path, packed.getvalue())


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    monkeypatch.setattr(checkpoints, "SIZE_LIMIT", len(whole) - 1)
    assert "is compressed or unpacks to more" in refusal(tmp_path, whole)


def test_members_that_overlap_are_refused_by_what_they_unpack_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", bytes(10_000))
        archive.filelist *= 5
    data = packed.getvalue()
    monkeypatch.setattr(checkpoints, "SIZE_LIMIT", 2 * len(data))
    assert "is compressed or unpacks to more" in refusal(tmp_path, data)


def test_a_small_file_of_a_huge_tensor_is_refused(tmp_path: Path) -> None:
    huge = torch.zeros(1).expand(1 << 40)
    assert "fits none of the models" in refusal(tmp_path, pack({"weight": huge}))


def test_a_newer_format(tmp_path: Path, whole: bytes) -> None:
    newer = unpack(whole) | {"emnist_tui_format": 2}
    assert "a newer emnist-tui (format 2); update emnist-tui" in refusal(tmp_path, pack(newer))


def test_an_unknown_model(tmp_path: Path, whole: bytes) -> None:
    assert "model 'resnet', which is not one of: baseline" in refusal(
        tmp_path, pack(unpack(whole) | {"model": "resnet"})
    )


def test_weights_of_another_shape(tmp_path: Path, whole: bytes) -> None:
    content = unpack(whole)
    content["state_dict"]["layers.0.weight"] = torch.zeros(3, 1, 5, 5)
    assert "layers.0.weight is 3×1×5×5, not 2×1×5×5" in refusal(tmp_path, pack(content))
    assert "fits none of the models baseline (its weights are 5×4, 5)" in refusal(
        tmp_path, pack(nn.Linear(4, 5).state_dict())
    )


@pytest.mark.parametrize("content", [[1], torch.zeros(3), "text", {}, {"epoch": 3}, {"state_dict": {}}])
def test_no_weights(tmp_path: Path, content: object) -> None:
    assert "holds no weights" in refusal(tmp_path, pack(content))


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e300])
def test_weights_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    weights = Theirs().double().state_dict()
    weights["conv2.bias"][2] = value
    assert "not finite numbers (layers.3.bias); choose an earlier checkpoint" in refusal(tmp_path, pack(weights))


@pytest.mark.parametrize("odd", [lambda t: t.to_sparse(), lambda t: t.to("meta"), lambda t: t.long()])
def test_tensors_of_another_kind(tmp_path: Path, odd: Callable[[Tensor], Tensor]) -> None:
    weights = Theirs().state_dict()
    weights["fc.bias"] = odd(weights["fc.bias"])
    assert "not of plain floating-point weights" in refusal(tmp_path, pack(weights))


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
    """The path of every entry, at any depth."""
    if not isinstance(content, dict):
        return []
    return [path for key, value in content.items() for path in ((*prefix, key), *places(value, (*prefix, key)))]


def load_or_refuse(path: Path, data: bytes) -> Checkpoint | None:
    """Any other exception than the one that users see fails the test."""
    try:
        return load(path, data)
    except EmnistTuiError:
        return None


def test_no_entry_can_make_it_raise_anything_else(tmp_path: Path, whole: bytes) -> None:
    refused, dataset = 0, small_dataset()
    for number, place in enumerate(places(unpack(whole))):
        for junk in (JUNK[number % len(JUNK)], JUNK[(number * 5 + 3) % len(JUNK)]):
            content = unpack(whole)
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


def test_a_missing_entry_is_damage(tmp_path: Path, whole: bytes) -> None:
    for key in ("optimizer", "random", "config", "data", "fingerprint", "metrics", "model", "state_dict"):
        content = unpack(whole)
        del content[key]
        assert "is damaged" in refusal(tmp_path, pack(content))


def test_no_bytes_can_make_it_raise_anything_else(tmp_path: Path, whole: bytes) -> None:
    """Bytes changed, cut out and doubled; with checksums made right again, so that torch sees them as well."""
    chance = random.Random(0)
    refused = 0
    for number in range(300):
        data = bytearray(whole)
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
            refused += load_or_refuse(tmp_path, change_member(whole, chance)) is None
    assert refused > 200


def change_member(data: bytes, chance: random.Random) -> bytes:
    """The archive with some bytes of its pickle changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = bytearray(source.read(name))
            if name.endswith("data.pkl"):
                for _ in range(chance.choice((1, 2, 10))):
                    content[chance.randrange(len(content))] = chance.randrange(256)
            target.writestr(name, bytes(content))
    return packed.getvalue()
