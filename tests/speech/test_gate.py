from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.errors import NoSpeech
from ser.speech.gate import has_speech, require_speech, speech_s

RNG = np.random.default_rng(0)
T = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
CHORD = sum(np.sin(2 * np.pi * f * T) for f in (261.6, 329.6, 392.0)) / 6 * np.exp(-T % 0.5)


@pytest.mark.parametrize("gain_db", [0, -20, -40])
def test_every_clip_is_speech_however_quiet(clip: Clip, gain_db: int) -> None:
    assert has_speech(decode(clip.path) * np.float32(10 ** (gain_db / 20)))


@pytest.mark.parametrize("clip", CLIPS[::3], ids=lambda clip: clip.path.stem)
def test_speech_in_noise_is_speech(clip: Clip) -> None:
    y = decode(clip.path)
    level = np.sqrt(np.mean(y**2)) * 10 ** (-10 / 20)
    assert has_speech(y + (level * RNG.standard_normal(len(y))).astype(np.float32))


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.zeros(0), id="nothing"),
        pytest.param(np.zeros(48_000), id="silence"),
        pytest.param(np.full(48_000, 0.2), id="a constant"),
        pytest.param(RNG.standard_normal(48_000) * 0.3, id="loud white noise"),
        pytest.param(RNG.standard_normal(48_000) * 1e-4, id="faint white noise"),
        pytest.param(np.cumsum(RNG.standard_normal(48_000)) * 1e-3, id="brown noise"),
        pytest.param(0.5 * np.sin(2 * np.pi * 50 * T), id="mains hum"),
        pytest.param(0.5 * np.sin(2 * np.pi * 1000 * T), id="a tone"),
        pytest.param(CHORD, id="a chord"),
        pytest.param((np.arange(48_000) % 8_000 == 0) * 0.9, id="clicks"),
    ],
)
def test_other_sounds_are_no_speech(y: np.ndarray) -> None:
    with pytest.raises(NoSpeech):
        require_speech(y.astype(np.float32))


def test_half_a_syllable_in_silence_is_no_speech(speech: Waveform) -> None:
    y = np.zeros(48_000, np.float32)
    y[24_000:24_960] = speech[12_000:12_960]
    assert not has_speech(y)


def test_an_earlier_waveform_does_not_matter() -> None:
    waves = [decode(clip.path) for clip in CLIPS] + [np.zeros(16_000, np.float32)] * 4
    serial = [has_speech(y) for y in waves]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(has_speech, waves * 5)) == serial * 5


def test_speech_is_counted_without_its_pauses() -> None:
    clips = [decode(clip.path) for clip in CLIPS[1:4]]
    hush = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    close, apart = (np.concatenate([part for y in clips for part in (y, gap)]) for gap in (hush[:0], hush))
    spoken_s = speech_s(close, enough_s=60)
    assert 0.4 * len(close) < spoken_s * SAMPLE_RATE_HZ < len(close)
    assert speech_s(apart, enough_s=60) == pytest.approx(spoken_s, rel=0.15)
    assert speech_s(close, enough_s=1) == pytest.approx(1, abs=0.05)
    assert speech_s(hush, enough_s=5) == speech_s(hush[:0], enough_s=5) == 0
    # Shouted: hardly detected at its own speed.
    assert speech_s(decode(CLIPS[0].path), enough_s=5) > 0.9
