import random

import pytest
import torch

from emnist_tui.learning.checkpoint.rng_state import copied, random_states, restore_random

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_restored_state_repeats_the_random_numbers() -> None:
    states = random_states(CPU)
    first = torch.rand(5)
    torch.rand(random.randrange(1, 100))
    restore_random(states, CPU)
    assert torch.equal(torch.rand(5), first)
    assert states.keys() == {"cpu"}


def test_captured_state_is_independent_of_later_draws() -> None:
    states = random_states(CPU)
    before = states["cpu"].clone()
    torch.rand(5)
    assert torch.equal(states["cpu"], before)


def test_gpu_state_is_captured_and_restored_on_its_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    state = torch.arange(16, dtype=torch.uint8)
    restored: list[tuple[torch.Tensor, torch.device]] = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: state)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda *arguments: restored.append(arguments))
    states = random_states(CUDA)
    restore_random(states, CPU)
    assert not restored
    restore_random(states, CUDA)
    assert restored == [(state, CUDA)]


def test_run_of_the_cpu_resumes_on_a_gpu() -> None:
    restore_random(random_states(CPU), CUDA)


def test_copies_are_detached_and_do_not_follow_training() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    copies = copied({"weight": weight})
    with torch.no_grad():
        weight.add_(1)
    assert torch.equal(copies["weight"], torch.ones(3))
    assert not copies["weight"].requires_grad
