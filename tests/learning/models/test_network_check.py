"""Checks of a network of one's own: each fault is a sentence that names the layer."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.models.network_check import check_evaluation, check_training, check_weights
from emnist_tui.learning.models.user_file import UserNetwork
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from tests.support.fake_cuda import ILLEGAL_ACCESS
from tests.support.own_networks import STYLES, write_network

FILE = NetworkFile(Path("/nets/net.py"), "Net")


class Stem(nn.Module):
    """A good network, of which the others are faulty kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(1, 4, 5, stride=4), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(144, 10)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.block(images).flatten(1))
        return logits


class Narrow(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(144, 7)


class Unfitting(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(100, 10)


class Double(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.block.double()


class Widened(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).double()


class Pair(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return (super().forward(images), images)  # type: ignore[return-value]


class Infinite(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images / 0)


class Unused(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.aux = nn.Linear(3, 3)


class Detached(Stem):
    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.block(images).flatten(1).detach())
        return logits


class Ungraded(Stem):
    def forward(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            return super().forward(images)


class Rooted(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) + self.head.weight.mul(0).sum().sqrt()


class Frozen(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.requires_grad_(False)


class Aliased(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.twin = nn.Linear(144, 10)
        self.twin.weight.data = self.head.weight.data

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = super().forward(images) + self.twin(self.block(images).flatten(1))
        return logits


class Remembering(Stem):
    def get_extra_state(self) -> list[int]:
        return [1]

    def set_extra_state(self, state: object) -> None: ...


class Restless(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(images), 0.5)


class Crowded(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.block[1] = nn.BatchNorm2d(4, track_running_stats=False)


class Squeezing(Stem):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).squeeze()


class Sparse(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("links", torch.eye(3).to_sparse())


class Absent(Stem):
    def __init__(self) -> None:
        super().__init__()
        self.head.to("meta")


class Closed(Stem):
    def state_dict(self, *_arguments: object, **_options: object) -> dict[str, Tensor]:  # type: ignore[override]
        raise ValueError("no")


class Ending(Stem):
    def forward(self, images: Tensor) -> Tensor:
        raise SystemExit(0)


class OnBrokenGpu(Stem):
    def forward(self, images: Tensor) -> Tensor:
        raise torch.AcceleratorError(ILLEGAL_ACCESS)


class Caching(Stem):
    """A network whose table has no values before the first pass."""

    def __init__(self) -> None:
        super().__init__()
        self.block[2].register_buffer("table", None)

    def forward(self, images: Tensor) -> Tensor:
        self.block[2].table = torch.ones(10)
        logits: Tensor = super().forward(images) * self.block[2].table
        return logits


class Following(Stem):
    """A network that keeps the last batch, which is one image at first."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(1, 10))

    def forward(self, images: Tensor) -> Tensor:
        self.last = super().forward(images).detach()
        return super().forward(images)


class Retyping(Stem):
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(10, dtype=torch.float64))

    def forward(self, images: Tensor) -> Tensor:
        self.scale = self.scale.float()
        logits: Tensor = super().forward(images) * self.scale
        return logits


class Growing(Stem):
    def forward(self, images: Tensor) -> Tensor:
        self.extra = nn.Parameter(torch.ones(10))
        return super().forward(images) * self.extra


class Lazy(Stem):
    """A good network, whose table no checkpoint holds."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", None, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        self.table = torch.ones(len(images), 1)
        return super().forward(images) * self.table


FAULTS: list[tuple[type[Stem], str]] = [
    (Narrow, "Layer head of /nets/net.py:Net gives [8, 7], not [8, 10]"),
    (Unfitting, "Layer head fails on a batch of 8 images (RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
    (Double, "Layer block.0 (weight) of /nets/net.py:Net is float64, not float32"),
    (Widened, "The network of /nets/net.py:Net gives float64, not float32"),
    (Pair, "The network of /nets/net.py:Net gives a tuple, not a tensor; return the logits [8, 10] alone"),
    (Infinite, "Layer block.0 of /nets/net.py:Net gives values that are not finite"),
    (Unused, "No gradient reaches layer aux (weight), layer aux (bias) of /nets/net.py:Net"),
    (Detached, "No gradient reaches layer block.0 (weight), layer block.0 (bias), layer block.1 (weight), 1 more"),
    (Ungraded, "No gradient reaches layer block.0 (weight)"),
    (Rooted, "The gradient of layer head (weight) of /nets/net.py:Net is not finite"),
    (Frozen, "has no trainable parameters"),
    (Aliased, "Layer head (weight) and layer twin (weight) of /nets/net.py:Net are two parameters in the same memory"),
    (Remembering, "keeps a list, which no checkpoint holds"),
    (Sparse, "The parameter links of /nets/net.py:Net keeps a Tensor, which no checkpoint holds"),
    (Absent, "Layer head (weight), layer head (bias) of /nets/net.py:Net has no values on the device meta"),
    (Closed, "the weights cannot be collected (ValueError: no)"),
    (Ending, "The network fails on a batch of 8 images (it ends the program)"),
    (Restless, "gives other logits for the same images in evaluation mode"),
    (Crowded, "gives an image other logits if it is alone"),
    (Caching, "Layer block.2 (table) of /nets/net.py:Net has another shape or type once the network has computed"),
    (Following, "The parameter last of /nets/net.py:Net has another shape or type"),
    (Retyping, "The parameter scale of /nets/net.py:Net has another shape or type"),
    (Growing, "The parameter extra of /nets/net.py:Net has another shape or type"),
    (Squeezing, "gives [10], not [1, 10], for 1 image"),
]


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(8, 1, 28, 28, generator=generator), torch.arange(8)


def build(kind: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return kind()


def check_all(network: nn.Module) -> None:
    check_weights(FILE, network)
    check_training(FILE, network, *batch(), is_alone=False)


@pytest.mark.parametrize(("kind", "words"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_each_fault_is_one_sentence_that_names_the_layer(kind: type[Stem], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_all(build(kind))
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", STYLES)
def test_a_good_network_and_the_random_numbers_stay_as_they_are(tmp_path: Path, name: str) -> None:
    file = NetworkFile.parse(write_network(tmp_path, name))
    assert file
    torch.manual_seed(3)
    network = UserNetwork(file).build()
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.get_rng_state()
    check_training(file, network, *batch(), is_alone=True)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_broken_gpu_is_no_fault_of_the_network() -> None:
    images, labels = torch.zeros(8, 1, 28, 28), torch.zeros(8, dtype=torch.int64)
    with pytest.raises(torch.AcceleratorError):
        check_training(FILE, OnBrokenGpu(), images, labels, is_alone=False)


def test_a_network_that_cannot_train_on_one_image_is_told_if_an_epoch_ends_with_one() -> None:
    class Own(Stem):
        def forward(self, images: Tensor) -> Tensor:
            if self.training and len(images) == 1:
                raise ValueError("one is too few")
            return super().forward(images)

    network = Own()
    network.block[1] = nn.Identity()
    check_training(FILE, network, *batch(), is_alone=False)
    with pytest.raises(UsageError, match=r"fails on a batch of 1 image \(ValueError: one is too few\)"):
        check_training(FILE, network, *batch(), is_alone=True)


def test_a_norm_needs_no_second_image_since_the_trainer_uses_its_statistics() -> None:
    check_training(FILE, build(Stem), *batch(), is_alone=True)


def test_what_no_checkpoint_holds_may_take_any_shape() -> None:
    check_all(build(Lazy))


def test_evaluation_keeps_the_mode() -> None:
    network = build(Stem)
    check_evaluation(FILE, network)
    assert network.training
    check_evaluation(FILE, network.eval())
    assert not network.training
