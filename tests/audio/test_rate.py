from __future__ import annotations

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ser.audio.rate import to_16k
from ser.audio.waveform import SAMPLE_RATE_HZ

RNG = np.random.default_rng(0)


def by_swresample(y: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    frame = AudioFrame.from_ndarray(y[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate_hz
    pieces = [out.to_ndarray()[0] for given in (frame, None) for out in resampler.resample(given)]
    return np.concatenate([np.empty(0, np.float32), *pieces])


def in_pieces(y: NDArray[np.float32], rate_hz: int, cuts: list[int]) -> NDArray[np.float32]:
    resampler = to_16k(rate_hz)
    pieces = [resampler.resample(piece) for piece in np.split(y, cuts)]
    return np.concatenate([*pieces, resampler.flush()])


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 32_000, 44_100, 48_000, 64_000, 96_000, 384_000])
@pytest.mark.parametrize("length_s", [0.1, 1.0, 2.4561])
def test_the_samples_are_those_of_swresample(rate_hz: int, length_s: float) -> None:
    y = RNG.normal(0, 0.3, round(rate_hz * length_s)).astype(np.float32)
    cuts = sorted(RNG.integers(0, len(y), 7).tolist())
    ours, theirs = in_pieces(y, rate_hz, cuts), by_swresample(y, rate_hz)
    # The last sample may depend on one more that is mirrored.
    assert abs(len(ours) - len(theirs)) <= (rate_hz > SAMPLE_RATE_HZ)
    count = min(len(ours), len(theirs))
    np.testing.assert_allclose(ours[:count], theirs[:count], atol=2e-6)


@given(st.integers(0, 3_000), st.lists(st.integers(0, 3_000), max_size=20))
def test_pieces_give_what_the_whole_gives(length: int, cuts: list[int]) -> None:
    y = np.random.default_rng(length).normal(0, 0.3, length).astype(np.float32)
    whole = in_pieces(y, 48_000, [])
    np.testing.assert_allclose(in_pieces(y, 48_000, sorted(cuts)), whole, atol=1e-7)
    assert abs(len(whole) - length / 3) <= (1 if length > 100 else 34)


@pytest.mark.parametrize("length", [0, 1, 5, 99, 100, 101])
def test_very_little_sound(length: int) -> None:
    y = RNG.normal(0, 0.3, length).astype(np.float32)
    found = in_pieces(y, 48_000, [])
    assert np.isfinite(found).all()
    if 0 < length < 100:
        np.testing.assert_array_equal(found, by_swresample(y, 48_000))


def test_what_is_too_high_is_filtered_out() -> None:
    t = np.arange(48_000) / 48_000
    high, low = (
        in_pieces(np.sin(2 * np.pi * hz * t).astype(np.float32), 48_000, []) for hz in (9_500, 4_000)
    )
    assert np.abs(high[100:-100]).max() < 1e-3
    np.testing.assert_allclose(np.abs(low[100:-100]).max(), 1.0, atol=0.02)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_number_does_no_harm_elsewhere(value: float) -> None:
    y = np.zeros(48_000, np.float32)
    y[24_000] = value
    found = in_pieces(y, 48_000, [])
    assert np.isfinite(found[:7_900]).all()
    assert np.isfinite(found[8_100:]).all()
    assert not np.isfinite(found).all()
