"""Carrying recordings over to the conditions of others."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from numpy.random import default_rng

from clips import CLIPS
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.carry_over import BANDS, WINDOW, Reference


def telephone(y: Waveform) -> Waveform:
    """As from a cheap and noisy telephone: a narrow band, quiet, hissing."""
    band = scipy.signal.butter(4, [300, 3_400], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    noise = 0.002 * default_rng(1).standard_normal(len(y))
    return (0.1 * scipy.signal.sosfilt(band, y) + noise).astype(np.float32)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_clip_takes_the_colour_the_noise_and_the_level_of_another_recording(number: int) -> None:
    studio = decode(CLIPS[number].path)
    reference = Reference.of(telephone(decode(CLIPS[0].path)))
    before = Reference.of(studio)
    after = Reference.of(reference.carry(studio, default_rng(0)))
    for part in ("speech_db", "floor_db"):
        wanted = getattr(reference, part)
        left = np.abs(getattr(after, part) - wanted)
        assert left.mean() < 6
        assert left.mean() < 0.6 * np.abs(getattr(before, part) - wanted).mean()


def test_a_noisy_clip_becomes_quiet_between_its_words() -> None:
    noisy = telephone(decode(CLIPS[1].path))
    reference = Reference.of(decode(CLIPS[0].path))
    own, after = Reference.of(noisy), Reference.of(reference.carry(noisy, default_rng(0)))
    assert (after.speech_db - after.floor_db).mean() > (own.speech_db - own.floor_db).mean() + 5


def test_what_is_said_stays() -> None:
    y = decode(CLIPS[2].path)
    carried = Reference.of(decode(CLIPS[3].path)).carry(y, default_rng(0))
    envelopes = [
        scipy.signal.resample_poly(np.abs(scipy.signal.hilbert(x)), 1, 400)
        for x in (y.astype(float), carried)
    ]
    assert len(carried) == len(y)
    assert np.corrcoef(*envelopes)[0, 1] > 0.9


@pytest.mark.parametrize("length", [1, WINDOW - 1, WINDOW, WINDOW + 1, 5_000])
@pytest.mark.parametrize("factor", [0.0, 1e-6, 1.0])
def test_silence_and_scraps_stay_finite(length: int, factor: float) -> None:
    y = (factor * default_rng(0).standard_normal(length)).astype(np.float32)
    carried = Reference.of(decode(CLIPS[0].path)).carry(y, default_rng(0))
    assert carried.shape == (length,)
    assert np.isfinite(carried).all()


def test_digital_silence_as_a_reference_is_finite() -> None:
    reference = Reference.of(np.zeros(WINDOW, np.float32))
    assert reference.speech_db.shape == (BANDS,)
    assert np.isfinite(reference.carry(decode(CLIPS[0].path), default_rng(0))).all()
