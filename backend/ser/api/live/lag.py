"""How far a process is behind the sound of its live streams."""

from __future__ import annotations

from collections import deque
from math import exp

# From here on, results are left out.
MAX_LAG_S = 0.5
# How often the average is looked at.
CHECK_EVERY_S = 1.0
# How long a measurement counts, and the longest time that one stands for.
_AVERAGED_S, _STEP_S = 1.0, 0.1
# A process that was further behind at so many checks in a row takes no new stream, or ends some.
_REFUSED_FROM_S, _REFUSED_AFTER = 0.2, 2
_SHED_FROM_S, _SHED_AFTER = 0.4, 3


class Lag:
    """The average time that sound waits before it is worked on, over all streams of a process.

    A single client that was held up, and sends much at once, is no overload: only what lasts counts.
    """

    def __init__(self) -> None:
        self._average_s = self._noted_at_s = 0.0
        self._checked_s: deque[float] = deque(maxlen=max(_REFUSED_AFTER, _SHED_AFTER))

    def note(self, waited_s: float, now_s: float) -> None:
        """Count sound that has waited.

        Args:
            waited_s: how long.
            now_s: the current time.
        """
        share = 1.0 - exp(-min(now_s - self._noted_at_s, _STEP_S) / _AVERAGED_S)
        self._average_s = self._average(now_s) + share * waited_s
        self._noted_at_s = now_s

    def check(self, now_s: float) -> None:
        """Look at the average; call this every `CHECK_EVERY_S`."""
        self._checked_s.append(self._average(now_s))

    def forget_checks(self) -> None:
        """Begin again, because there are fewer streams now."""
        self._checked_s.clear()

    @property
    def refuses(self) -> bool:
        """Whether a new stream would be too much."""
        return self._lasts(_REFUSED_FROM_S, _REFUSED_AFTER)

    @property
    def sheds(self) -> bool:
        """Whether the streams that there are are too many."""
        return self._lasts(_SHED_FROM_S, _SHED_AFTER)

    def _average(self, now_s: float) -> float:
        return exp((self._noted_at_s - now_s) / _AVERAGED_S) * self._average_s

    def _lasts(self, least_s: float, checks: int) -> bool:
        latest = list(self._checked_s)[-checks:]
        return len(latest) == checks and min(latest) > least_s
