"""Automatic gain control, and lossy codecs as a condition."""

from __future__ import annotations

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.conditions.codecs import Codec
from ser.conditions.gain_control import GainControl
from ser.conditions.recording import CODECS


def level_db(x: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(x))))


def test_quiet_and_loud_speech_come_nearer_to_each_other() -> None:
    y = decode(CLIPS[0].path).astype(np.float64)
    quiet, loud = (GainControl(0.8, 0.3).apply(factor * y) for factor in (0.05, 1.0))
    before_db = level_db(y) - level_db(0.05 * y)
    assert level_db(loud) - level_db(quiet) < 0.6 * before_db
    assert level_db(quiet) > level_db(0.05 * y) + 5


def test_without_strength_nothing_changes() -> None:
    y = decode(CLIPS[0].path).astype(np.float64)
    assert np.allclose(GainControl(0.0, 0.3).apply(y), y)


def test_silence_stays_silence() -> None:
    assert not GainControl(0.9, 0.1).apply(np.zeros(16_000)).any()


@pytest.mark.parametrize(("muxer", "name"), [codec[:2] for codec in CODECS])
@pytest.mark.parametrize("length", [1, 300, 40_000])
def test_a_codec_keeps_length_and_words(muxer: str, name: str, length: int) -> None:
    y = np.resize(decode(CLIPS[0].path), length).astype(np.float64)
    coded = Codec(muxer, name, 16_000).apply(y)
    assert coded.shape == (length,)
    assert np.isfinite(coded).all()
    if length > 1_000:
        assert not np.array_equal(coded, y)
        assert np.corrcoef(coded, y)[0, 1] > 0.8
