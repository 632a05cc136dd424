import torch
from torch.nn.functional import cross_entropy

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import AutogradPass
from tests.support.step_networks import bars_on_paper


def test_logits_and_gradients_are_those_of_a_plain_script() -> None:
    split = bars_on_paper(64)
    model, plain = Baseline(), Baseline()
    plain.load_state_dict(model.state_dict())
    batch_pass = AutogradPass(model, FlatParameters(model), split)
    for batch in batch_pass.batches(torch.arange(64), 32):
        loss, logits = batch_pass.forward_backward(batch)
        expected = plain(batch.images.unsqueeze(1) / 255)
        expected_loss = cross_entropy(expected, batch.labels)
        plain.zero_grad()
        expected_loss.backward()  # type: ignore[no-untyped-call]
        assert torch.equal(logits, expected)
        assert torch.equal(loss, expected_loss)
        for name, parameter in plain.named_parameters():
            assert parameter.grad is not None
            assert torch.equal(model.get_parameter(name).grad, parameter.grad)  # type: ignore[arg-type]
