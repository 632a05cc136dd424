"""Calls of a forward pass: what they take, give and are named."""

import torch
from torch import Tensor, nn

from emnist_tui.learning.inference.tracing.calls import IMAGE, Other, Recorder, Value, Weight


class Twice(nn.Module):
    """One convolution called twice, a sum and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        once = self.conv(images)
        total: Tensor = (self.conv(once) + once) * torch.tensor(2.0)
        return total


def test_calls_name_their_inputs_weights_and_constants() -> None:
    recorder = Recorder(Twice().eval(), 3)
    images = torch.rand(3, 1, 28, 28)
    with torch.no_grad():
        result = recorder.run(images)
    assert [call.name for call in recorder.calls] == ["conv", "conv:2", "add", "mul"]
    first, second, total, scaled = recorder.calls
    assert first.sources == (IMAGE,)
    assert first.arguments[0] == Value(0, (3, 1, 28, 28))
    assert first.arguments[1] == Weight("conv.weight", (1, 1, 3, 3))
    assert second.sources == (1,)
    assert total.sources == (2, 1)
    assert scaled.arguments == (Value(3, (3, 1, 28, 28)), Other(2.0))
    assert all(call.is_exact for call in recorder.calls)
    assert recorder.describe(result) == (4, (4,))
    assert torch.equal(result, scaled.output)


def test_gradients_of_every_output_are_kept() -> None:
    recorder = Recorder(Twice().eval(), 3)
    result = recorder.run(torch.rand(3, 1, 28, 28))
    result.sum().backward()  # type: ignore[no-untyped-call]
    for call in recorder.calls:
        assert call.gradient is not None
        assert call.gradient.shape == call.shape
    assert torch.equal(recorder.calls[2].gradient, torch.full((3, 1, 28, 28), 2.0))  # type: ignore[arg-type]


def test_the_gradient_of_an_output_that_is_overwritten_is_its_own() -> None:
    conv = nn.Conv2d(1, 1, 1)
    recorder = Recorder(nn.Sequential(conv, nn.ReLU(inplace=True)).eval(), 2)
    with torch.no_grad():
        conv.weight.fill_(1)
        conv.bias.fill_(-0.5)  # type: ignore[union-attr]
    images = torch.rand(2, 1, 4, 4)
    recorder.run(images).sum().backward()  # type: ignore[no-untyped-call]
    before, after = recorder.calls
    assert torch.allclose(before.output, images - 0.5)
    assert torch.equal(after.gradient, torch.ones_like(images))  # type: ignore[arg-type]
    assert torch.equal(before.gradient, (images > 0.5).float())  # type: ignore[arg-type]


def test_a_module_taken_as_a_whole_is_one_call() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, tokens: Tensor) -> Tensor:
            given: Tensor = self.attention(tokens, tokens, tokens)[0]
            return given

    recorder = Recorder(Attention().eval())
    with torch.no_grad():
        recorder.run(torch.rand(3, 5, 4))
    assert [call.function for call in recorder.calls] == ["MultiheadAttention"] * 2  # the output and the weights
    assert not any(call.is_exact for call in recorder.calls)


def test_a_tensor_without_the_images_axis_is_followed_but_no_value() -> None:
    class Mean(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images - images.mean()

    recorder = Recorder(Mean())
    recorder.run(torch.rand(3, 1, 4, 4))
    (call,) = recorder.calls
    assert call.sources == (IMAGE,)
    assert not call.is_exact
