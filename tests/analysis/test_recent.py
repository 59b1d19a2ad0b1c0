from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.analysis.recent import RecentSamples
from ser.audio.waveform import SAMPLE_RATE_HZ

COUNT = 5_000


@given(st.lists(st.integers(0, 40_000), max_size=30))
def test_the_newest_samples_are_kept(lengths: list[int]) -> None:
    recent, whole = RecentSamples(COUNT), np.arange(sum(lengths), dtype=np.float32)
    end = 0
    for length in lengths:
        start, end = end, end + length
        recent.add(whole[start:end])
        assert recent.received == end
        first = max(start - COUNT, 0)
        np.testing.assert_array_equal(recent.between(first, end), whole[first:end])
        np.testing.assert_array_equal(
            recent.between(first + 10, end - 10), whole[first + 10 : max(end - 10, 0)]
        )
        # What has not come yet is not there.
        np.testing.assert_array_equal(recent.between(first, end + 100), whole[first:end])


@pytest.mark.parametrize("length", [1, 1_600, SAMPLE_RATE_HZ])
def test_it_does_not_grow(length: int) -> None:
    recent = RecentSamples(COUNT)
    for _ in range(200_000 // length):
        recent.add(np.zeros(length, np.float32))
    assert len(recent.between(0, recent.received)) <= COUNT + 2 * SAMPLE_RATE_HZ


def test_one_large_piece_leaves_no_large_memory() -> None:
    recent = RecentSamples(COUNT)
    recent.add(np.zeros(100 * SAMPLE_RATE_HZ, np.float32))
    recent.add(np.ones(SAMPLE_RATE_HZ, np.float32))
    kept = recent.between(0, recent.received)
    assert len(kept) <= COUNT + 2 * SAMPLE_RATE_HZ
    assert kept.sum() == SAMPLE_RATE_HZ
    assert kept.base is not None
    assert kept.base.nbytes <= 4 * (COUNT + 2 * SAMPLE_RATE_HZ)
