"""Replay of a run's recorded weights: one position for all screens."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emnist_tui.tui.session.recorded_networks import RecordedNetworks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from emnist_tui.analysis.course import Turn
    from emnist_tui.analysis.network.network import Network
    from emnist_tui.runs.follower import RunFollower
    from emnist_tui.tui.session.digit_course import DigitCourse

_LOOK_EVERY = 0.5  # seconds between two looks at files that grow
SPEEDS = (4.0, 8.0, 16.0, 32.0)
"""Frames a second of a replay: ×1, ×2, ×4 and ×8."""


class Replay:
    """Frames of a run, the one shown, and how a digit fared.

    Nothing is read before the first question, and a run that does not train is not looked at again. Nothing needs
    torch.
    """

    def __init__(self, follower: RunFollower, clock: Callable[[], float] = time.monotonic) -> None:
        """Replay the run that is followed."""
        self._follower = follower
        self._clock = clock
        self._networks = RecordedNetworks(follower)
        self._looked: float | None = None
        self._was_live = False
        self._position: int | None = None
        self._step = 0
        """Step of that position, which stays when frames are added or thinned."""
        self._speed = 0.0
        self._played: tuple[float, int] = 0.0, 0
        """When the playing began, and at which frame."""
        self._course: DigitCourse | None = None
        self._known = 0
        """Frames of the course when it was last looked at."""
        self.version = 0
        """Number that grows with every change of what is shown."""

    @property
    def steps(self) -> Sequence[int]:
        """Steps of the frames, from 0; none without a recording."""
        self._begin()
        return self._networks.steps

    @property
    def is_recorded(self) -> bool:
        """Whether there is a recording; only its existence is checked."""
        return self._networks.is_there

    @property
    def problem(self) -> str:
        """Why there is no network, as a sentence; empty without a problem."""
        self._begin()
        return self._networks.problem

    @property
    def position(self) -> int | None:
        """Frame that is shown; None for the newest weights."""
        return self._position

    @property
    def newest_step(self) -> int | None:
        """Step of the newest weights, which may be after the last frame."""
        self._begin()
        return self._networks.newest_step

    @property
    def step_shown(self) -> int | None:
        """Step of the frame that is shown; None for the newest weights."""
        return None if self._position is None else self._step

    @property
    def speed(self) -> float:
        """Frames a second; 0 if the replay stands."""
        return self._speed

    @property
    def pace(self) -> str:
        """The speed, such as `▶ ×2`; empty if the replay stands."""
        return f"▶ ×{self._speed / SPEEDS[0]:g}" if self._speed else ""

    @property
    def predicted(self) -> Sequence[int | None]:
        """Class that the followed digit was predicted as, by frame.

        As far as it is computed; None where the network had no answer.
        """
        return self._course.predicted if self._course else ()

    @property
    def turns(self) -> Sequence[Turn]:
        """Frames where the followed digit turned right or wrong."""
        return self._course.turns if self._course else ()

    @property
    def is_computing(self) -> bool:
        """Whether the digit's course is not complete yet."""
        return self._course is not None and self._course.is_computing

    def network(self) -> Network | None:
        """Return the network that is shown, the same object until it changes.

        Without a position these are the newest weights of a run that trains, else the last frame. None without a
        recording, or one that does not hold the graph; `problem` then says why. If the graph is not computable, torch
        has to compute its values.
        """
        count = len(self.steps)
        if self._position is None and self._networks.newest:
            return self._networks.newest
        return self._networks.at(count - 1 if self._position is None else self._position) if count else None

    def before(self) -> Network | None:
        """Return the network at the last epoch's end before the one shown.

        In the first epoch it is that before the first step; None if that is shown, or there is no recording.
        """
        place = self._place_before()
        return None if place is None else self._networks.at(place)

    @property
    def step_before(self) -> int | None:
        """Step of the network that `before` returns."""
        place = self._place_before()
        return None if place is None else self.steps[place]

    def follow_digit(self, image: NDArray[np.uint8], true: int | None) -> None:
        """Find out how a digit, uint8 [28, 28], fared at every frame.

        It is computed in a thread; the same array again costs nothing.
        """
        if self._course and self._course.image is image and self._course.true == true:
            return
        from emnist_tui.tui.session.digit_course import DigitCourse

        self.close()
        self._course, self._known = DigitCourse(image, true), 0
        self._begin()
        self._follow()
        self.version += 1

    def go(self, position: int | None) -> None:
        """Show a frame, the nearest there is; None for the newest weights."""
        count = len(self.steps)
        self._stop()
        self._show(min(max(position, 0), count - 1) if position is not None and count else None)

    def go_to_step(self, step: float) -> None:
        """Show the first frame from a step on, or the last one."""
        self.go(bisect_left(self.steps, step))

    def step(self, by: int) -> None:
        """Move by frames.

        Beyond the last one are the newest weights of a run that trains.
        """
        count = len(self.steps)
        end = count if self._networks.newest else count - 1
        place = (end if self._position is None else self._position) + by
        self.go(None if place >= count and self._networks.newest else place)

    def turn(self, by: int) -> bool:
        """Move to the digit's next turn.

        With -1 to the one before. Returns whether there is one.
        """
        place = len(self.steps) if self._position is None else self._position
        found = [turn.position for turn in self.turns if (turn.position - place) * by > 0]
        if found:
            self.go(min(found) if by > 0 else max(found))
        return bool(found)

    def play(self, speed: float) -> None:
        """Play on from the frame that is shown; 0 stops.

        From the newest weights or the last frame it begins anew. It ends at the last frame, or at the newest weights of
        a run that trains.
        """
        count = len(self.steps)
        self._play_on()
        self._stop()
        if speed and count:
            self._show(0 if self._position is None or self._position >= count - 1 else self._position)
            self._speed, self._played = speed, (self._clock(), self._position or 0)
            self.version += 1

    def play_faster(self) -> None:
        """Play at the next speed; stop after the fastest."""
        self.play(next((speed for speed in SPEEDS if speed > self._speed), 0.0))

    def poll(self) -> bool:
        """Play on, and look for new frames at most twice a second.

        Returns whether anything changed. Costs nothing before the first question.
        """
        if self._looked is None:
            return False
        before = self.version
        self._play_on()
        is_live = self._follower.state.is_live
        is_due = is_live and self._clock() - self._looked >= _LOOK_EVERY
        if is_due or self._was_live != is_live or self._networks.has_moved:
            self._look()
        self._follow()
        if self._course and len(self._course.predicted) != self._known:
            self._known = len(self._course.predicted)
            self.version += 1
        return self.version != before

    def close(self) -> None:
        """End what is computed in the background."""
        if self._course:
            self._course.close()

    def _begin(self) -> None:
        if self._looked is None:
            self._look()

    def _look(self) -> None:
        self._looked, self._was_live = self._clock(), self._follower.state.is_live
        if not self._networks.look(is_live=self._was_live):
            return
        self.version += 1
        steps = self._networks.steps
        if self._position is not None:
            self._position = min(bisect_left(steps, self._step), len(steps) - 1) if steps else None
            self._step = steps[self._position] if self._position is not None else 0

    def _follow(self) -> None:
        if self._course and self._networks.recording:
            self._course.follow(self._networks.recording)

    def _play_on(self) -> None:
        """Move to the frame that is due."""
        if not self._speed:
            return
        began, first = self._played
        place, last = first + int((self._clock() - began) * self._speed), len(self.steps) - 1
        if place >= last:
            self._stop()
        is_beyond = last < 0 or (place > last and self._networks.newest is not None)
        self._show(None if is_beyond else min(place, last))

    def _stop(self) -> None:
        if self._speed:
            self._speed = 0.0
            self.version += 1

    def _show(self, position: int | None) -> None:
        if position != self._position:
            self._position, self._step = position, self.steps[position] if position is not None else 0
            self.version += 1

    def _place_before(self) -> int | None:
        steps = self.steps
        if self._position is None and self._networks.newest_step is not None:
            return self._networks.place_before(self._networks.newest_step)
        return self._networks.place_before(steps[-1 if self._position is None else self._position]) if steps else None
