"""The process group of torch's ranks: tensors, failures and the end."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.torchrun import Place

TIMEOUT = timedelta(minutes=5)
"""How long a rank waits for the others, such as for one that is frozen."""
_REASON_PATIENCE = timedelta(seconds=1)  # a rank that fails tells it before it leaves
_END_PATIENCE = timedelta(seconds=10)  # until rank 0 has recorded the end
_FAREWELL = timedelta(seconds=2)  # until the others know of the end, where rank 0's process holds the store
_LOOK_EVERY = 0.1  # seconds between two looks for a signal
_FAILED, _ENDED = "failed", "ended"
_SILENT = "a rank no longer answers: it was killed, is frozen, or its machine cannot be reached; see what it printed"
# Its former name, from torch 2.13 on deprecated.
_all_gather = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor


class Group(Protocol):
    """Exchange of tensors between ranks.

    Raises `RankLostError` if a rank has ended or no longer answers.
    """

    rank: int
    size: int

    def gather(self, mine: Tensor, every: Tensor) -> None:
        """Write the vectors of all ranks, [N], to `every`, [size, N]."""

    def broadcast(self, vector: Tensor) -> None:
        """Write rank 0's vector to that of all ranks."""


class ProcessGroup:
    """torch's default process group, and its store of words.

    Of gloo on the CPU, with NCCL for tensors on a GPU.
    """

    def __init__(self, place: Place) -> None:
        """Join the other ranks, for which it waits.

        Raises `EmnistTuiError` if they do not come.
        """
        self.rank, self.size = place.rank, place.size
        self.is_broken = False
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and dist.is_nccl_available() else "gloo"
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        try:
            store = _find_store()
            store.set_timeout(TIMEOUT)
            self._store = PrefixStore(f"emnist-tui/{attempt}", store)
            with _nothing_on_stdout():
                dist.init_process_group(
                    backend, store=self._store, rank=place.rank, world_size=place.size, timeout=TIMEOUT
                )
        except (RuntimeError, OSError, ValueError) as error:
            reason = str(error).split("\n")[0]
            raise EmnistTuiError(
                f"The {place.size} ranks did not find each other ({reason}); start all of them, with the same "
                "address and port."
            ) from None

    def gather(self, mine: Tensor, every: Tensor) -> None:
        if self.size == 1:
            every.copy_(mine)
            return
        with self._failures_explained():
            _all_gather(every.view(-1), mine)

    def broadcast(self, vector: Tensor) -> None:
        with self._failures_explained():
            dist.broadcast(vector, 0)

    def fail(self, reason: str) -> None:
        """Tell rank 0 why this rank fails, and leave.

        Returns once rank 0 has recorded it, or after a while.
        """
        with suppress(RuntimeError):
            self._store.set(_FAILED, f"rank {self.rank} on {socket.gethostname()} failed: {reason}")
            self.leave()
            self.end_code()

    def end(self, code: int) -> None:
        """Tell the other ranks the exit code of the end, and leave."""
        with suppress(RuntimeError):
            self._store.set(_ENDED, str(code))
            self.leave()
            if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
                self._store.wait([f"left/{rank}" for rank in range(1, self.size)], _FAREWELL)

    def end_code(self) -> int | None:
        """Return the exit code that rank 0 told, if any."""
        try:
            self._store.wait([_ENDED], _END_PATIENCE)
            code = int(self._store.get(_ENDED))
            self._store.set(f"left/{self.rank}", "")
        except (RuntimeError, ValueError):
            return None
        return code

    def leave(self) -> None:
        """Close the connections, which ends what other ranks wait for."""
        self.is_broken = True
        if dist.is_initialized():
            dist.destroy_process_group()

    @contextmanager
    def _failures_explained(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError:
            self.is_broken = True
            reason = self._reason()
            raise RankLostError(f"{reason[0].upper()}{reason[1:].rstrip('.')}.") from None

    def _reason(self) -> str:
        """Return why the connection to another rank broke."""
        try:
            self._store.wait([_FAILED], _REASON_PATIENCE)
            return self._store.get(_FAILED).decode(errors="replace")
        except RuntimeError:
            return _SILENT


def _find_store() -> Store:
    """Wait for the other ranks, so that signals are obeyed.

    torch waits in another thread than theirs. Raises what torch raises if they do not come.
    """
    found: list[Store | Exception] = []

    def find() -> None:
        try:
            found.append(next(rendezvous("env://", timeout=TIMEOUT))[0])
        except Exception as error:
            found.append(error)

    thread = Thread(target=find, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_EVERY)
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """Keep what gloo prints on stdout away from it."""
    with suppress(OSError):  # of an output whose reader is gone
        sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
