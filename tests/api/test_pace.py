from __future__ import annotations

import pytest

from ser.api.live.pace import MAX_SPEED, RESERVE_S, Pace
from ser.errors import TooFast


@pytest.mark.parametrize("speed", [0.1, 1.0, MAX_SPEED])
def test_who_keeps_to_the_speed_is_never_refused(speed: float) -> None:
    pace = Pace(100.0)
    for second in range(1, 5_000):
        pace.spend(speed, 100.0 + second)


def test_what_was_held_up_may_come_at_once() -> None:
    pace = Pace(0.0)
    for _ in range(100):
        pace.spend(RESERVE_S / 100, 0.0)
    with pytest.raises(TooFast, match="2 times as fast"):
        pace.spend(0.1, 0.0)


def test_who_is_too_fast_for_long_is_refused() -> None:
    pace = Pace(0.0)
    for second in range(1, int(RESERVE_S) - 2):
        pace.spend(MAX_SPEED + 1, second)
    with pytest.raises(TooFast):
        pace.spend(RESERVE_S, RESERVE_S - 2)


def test_an_hour_of_silence_saves_no_more_than_the_reserve() -> None:
    pace = Pace(0.0)
    pace.spend(RESERVE_S, 3600.0)
    with pytest.raises(TooFast):
        pace.spend(0.1, 3600.0)
