"""Simulated rooms."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions import rooms

SIZE_M = np.array([5.0, 4.0, 3.0])
SOURCE_M, MICROPHONE_M = np.array([1.0, 2.0, 1.5]), np.array([3.0, 2.0, 1.5])


def test_the_first_reflections_of_a_box_come_when_they_must() -> None:
    response = rooms.box(SIZE_M, SOURCE_M, MICROPHONE_M, absorption=0.36)
    assert response[0] == 1
    # Both stand half way up: the floor and the ceiling mirror the source 3 m away, so its way is sqrt(13) m.
    way_m = np.sqrt(2.0**2 + 3.0**2)
    delay = round((way_m - 2.0) / 343 * SAMPLE_RATE_HZ)
    # Two reflections at this time, each with 0.8 of the amplitude.
    assert response[delay] == pytest.approx(2 * 0.8 * 2.0 / way_m)
    assert not response[1:delay].any()


def test_walls_that_absorb_more_make_a_drier_room() -> None:
    powers = [np.sum(rooms.box(SIZE_M, SOURCE_M, MICROPHONE_M, a)[1:] ** 2) for a in (0.2, 0.5, 0.9, 1.0)]
    assert powers == sorted(powers, reverse=True)
    assert powers[-1] == 0


@pytest.mark.parametrize("seed", range(20))
def test_every_room_begins_with_the_direct_sound(seed: int) -> None:
    response = rooms.draw_room(default_rng(seed))
    assert response[0] == 1
    assert np.isfinite(response).all()
    assert len(response) < SAMPLE_RATE_HZ
    dirac = np.zeros(100)
    dirac[10] = 1.0
    assert np.allclose(rooms.reverberate(dirac, response)[10:], response[:90])
