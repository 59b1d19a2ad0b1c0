"""How fast sound may arrive: twice as fast as it is spoken, with a reserve for network delays."""

from __future__ import annotations

from ser.errors import TooFast

# After a network delay, sound arrives all at once.
RESERVE_S = 10.0
MAX_SPEED = 2.0


class Pace:
    """An allowance that grows with time and shrinks with sound.

    Args:
        now_s: the current time, on the same clock as for `spend`.
    """

    def __init__(self, now_s: float) -> None:
        self._allowed_s = RESERVE_S
        self._at_s = now_s

    def spend(self, sound_s: float, now_s: float) -> None:
        """Count sound that has arrived.

        Raises:
            TooFast: the allowance is used up.
        """
        grown_s = self._allowed_s + MAX_SPEED * (now_s - self._at_s)
        self._allowed_s, self._at_s = min(grown_s, RESERVE_S) - sound_s, now_s
        if self._allowed_s < 0:
            raise TooFast(
                "Send sound as it is recorded, or a recording to /analyze: "
                f"at most {MAX_SPEED:g} times as fast, and {RESERVE_S:g} s at once, are taken."
            )
