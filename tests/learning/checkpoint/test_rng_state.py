import random

import pytest
import torch

from emnist_tui.learning.checkpoint.rng_state import copied, random_states, restore_random
from emnist_tui.runs.errors import EmnistTuiError

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


def test_run_of_a_gpu_resumes_on_the_cpu_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    state = torch.arange(16, dtype=torch.uint8)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: state)
    on_gpu = random_states(CUDA)
    drawn = torch.rand(5)
    restore_random(on_gpu, CPU)
    assert torch.equal(torch.rand(5), drawn)
    on_cpu = random_states(CPU)
    assert on_cpu.keys() == {"cpu"}  # the GPU's would no longer be right
    restore_random(on_cpu, CUDA)


def test_a_refused_state_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(state: torch.Tensor, device: torch.device) -> None:
        raise RuntimeError("RNG state is wrong size")

    monkeypatch.setattr(torch.cuda, "set_rng_state", refuse)
    states = {**random_states(CPU), "cuda": torch.zeros(3, dtype=torch.uint8)}
    with pytest.raises(
        EmnistTuiError, match=r"not one of cuda \(RNG state is wrong size\); resume with --device cpu\.$"
    ):
        restore_random(states, CUDA)


def test_a_mac_keeps_the_state_of_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    restored: list[torch.Tensor] = []
    state = torch.arange(5056 % 256, dtype=torch.uint8)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: state)
    monkeypatch.setattr(torch.mps, "set_rng_state", restored.append)
    states = random_states(torch.device("mps"))
    restore_random(states, CPU)
    assert not restored
    restore_random(states, torch.device("mps"))
    assert restored == [state]


def test_copies_are_detached_and_do_not_follow_training() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    copies = copied({"weight": weight})
    with torch.no_grad():
        weight.add_(1)
    assert torch.equal(copies["weight"], torch.ones(3))
    assert not copies["weight"].requires_grad
