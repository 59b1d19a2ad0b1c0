"""How fast sound may come: a little faster than anybody speaks, with a reserve for what was held up."""

from __future__ import annotations

from ser.errors import TooFast

# What a stalled network holds back comes at once.
RESERVE_S = 10.0
MAX_SPEED = 2.0


class Pace:
    """An allowance that grows with time and shrinks with sound.

    Args:
        now_s: the time on the clock that `spend` is told, too.
    """

    def __init__(self, now_s: float) -> None:
        self._allowed_s = RESERVE_S
        self._at_s = now_s

    def spend(self, sound_s: float, now_s: float) -> None:
        """Take in that sound of some length has come.

        Raises:
            TooFast: it is more than allowed.
        """
        grown_s = self._allowed_s + MAX_SPEED * (now_s - self._at_s)
        self._allowed_s, self._at_s = min(grown_s, RESERVE_S) - sound_s, now_s
        if self._allowed_s < 0:
            raise TooFast(
                "Send sound as it is recorded, or a recording to /analyze: "
                f"at most {MAX_SPEED:g} times as fast, and {RESERVE_S:g} s at once, are taken."
            )
