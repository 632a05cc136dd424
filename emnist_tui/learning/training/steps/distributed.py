"""Optimizer steps that several ranks share.

A batch is computed in chunks of 64 images, consecutive ones by the same rank. Each chunk's gradient starts from zero;
every rank is given all of them and adds them in the order of the batch. Hence the sum, and with it the weights, do not
depend on the number of ranks. What a chunk does to a network's buffers, such as the statistics of its norms, starts
from the same buffers and is averaged in the same way; what it draws at random is seeded by its images.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.distributed.team import Command, LeadingTeam, Team
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.learning.training.steps.batch_pass import BatchPass
from emnist_tui.learning.training.steps.network_buffers import NetworkBuffers
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee
from emnist_tui.runs.config import TrainConfig

CHUNK = 64
"""Images whose gradient is computed by one rank."""


class DistributedStepper:
    """Steps of which each rank computes some chunks, and takes the whole."""

    def __init__(
        self, batch_pass: BatchPass, trainee: Trainee, config: TrainConfig, team: Team, *, is_random: bool
    ) -> None:
        """Share steps in `team`; `is_random` networks draw random numbers."""
        self.name = f"{batch_pass.name}, {team.size} rank{'s' * (team.size != 1)}"
        self._pass = batch_pass
        self._trainee = trainee
        self._team = team
        self._leader = team if isinstance(team, LeadingTeam) else None
        self._batch_size = config.batch_size
        self._seed = config.seed if is_random else None
        self._most = -(-config.batch_size // (CHUNK * team.size))  # chunks of a rank
        self._summed = len(trainee.parameters.values) + 2  # gradient, loss, correct
        self._buffers = NetworkBuffers(trainee.model)
        width = self._summed + self._buffers.floats
        device = trainee.parameters.values.device
        self._vector = ExchangedVector(team.size, self._most * width, device, extra=self._buffers.others)
        self._rows = self._vector.payload.view(self._most, width)
        self._everyones = self._vector.payloads.view(team.size, self._most, width)
        self._total = torch.zeros(self._summed, device=device)
        self._plan = EpochPlan(torch.empty(0, dtype=torch.int64), None, (), ())
        self._rates: Iterator[float] = iter(())
        self._shares: Iterator[float] = iter(())
        self._done = 0
        self._unread: list[tuple[Tensor, int]] = []

    def begin(self, plan: EpochPlan) -> None:
        """Begin the rest of an epoch, at the leader for all ranks."""
        self._plan, self._done = plan, 0
        self._rates, self._shares = iter(plan.rates), iter(plan.shares)
        if self._leader:
            distortions = None if plan.distortions is None else plan.distortions.cpu()
            self._leader.send(Command.BEGIN, {"order": plan.order.cpu(), "distortions": distortions})

    def set_rates(self, rates: Sequence[float]) -> None:
        self._rates = iter(rates)

    def take(self, most: int) -> int:
        """Take one step, once all ranks go on."""
        del most
        self._team.resume()
        count = min(self._batch_size, len(self._plan.order) - self._done)
        self._compute(count)
        rate, share = self._team.exchange(self._vector, next(self._rates, 0.0), next(self._shares, 0.0))
        self._add_up(count)
        self._trainee.parameters.gradient.copy_(self._total[:-2])
        self._trainee.update(self._total[-2], rate, share)
        if self._leader:
            self._unread.append((self._total[-2:].clone(), count))
        self._done += count
        if self._done == len(self._plan.order):
            self._team.is_idle = True
        return 1

    def read(self, *, wait: bool = True) -> BatchResults | None:
        """Return the results since the last reading."""
        del wait
        if not self._unread:
            return None
        results, images = zip(*self._unread, strict=True)
        self._unread = []
        losses, correct = torch.stack(results).T.tolist()
        finite_weights = bool(self._trainee.parameters.values.isfinite().all())
        return BatchResults.of(losses, [int(each) for each in correct], images, finite_weights=finite_weights)

    def _compute(self, count: int) -> None:
        """Compute this rank's chunks of a batch of `count` images."""
        start = self._done + self._team.rank * self._most * CHUNK
        mine = slice(start, min(start + self._most * CHUNK, self._done + count))
        order, distortions = self._plan.order[mine], self._plan.distortions
        maps = None if distortions is None else distortions[mine]
        self._buffers.keep()
        batches = self._pass.batches(order, CHUNK, maps) if len(order) else ()
        size, extra = self._summed - 2, self._vector.extra
        hits: list[Tensor] = []
        for row, batch, indices in zip(self._rows, batches, torch.split(order, CHUNK), strict=False):
            with nullcontext() if self._seed is None else _seeded(self._seed, indices):
                loss, logits = self._pass.forward_backward(batch)
            weight = len(indices) / count
            torch.mul(self._trainee.parameters.gradient, weight, out=row[:size])
            row[size] = loss * weight
            hits.append(logits.argmax(dim=1) == batch.labels)
            if self._buffers:
                self._buffers.write(row[self._summed :], extra if len(hits) == 1 else None)
                self._buffers.put_back()
        self._rows[0, size + 1] = torch.cat(hits).sum() if hits else 0  # whole numbers add up in any order

    def _add_up(self, count: int) -> None:
        """Add the chunks of all ranks, in the order of the batch."""
        chunks = -(-count // CHUNK)
        rows = [self._everyones[number // self._most, number % self._most] for number in range(chunks)]
        self._total.copy_(rows[0][: self._summed])
        for row in rows[1:]:
            self._total.add_(row[: self._summed])
        if self._buffers:
            weights = [min(CHUNK, count - first) / count for first in range(0, count, CHUNK)]
            self._buffers.average([row[self._summed :] for row in rows], weights, self._vector.extras[0])


@contextmanager
def _seeded(seed: int, indices: Tensor) -> Iterator[None]:
    """Seed torch's random numbers by a seed and a chunk's images."""
    state = torch.get_rng_state()
    torch.manual_seed(zlib.crc32(indices.cpu().numpy().tobytes(), seed))
    yield
    torch.set_rng_state(state)
