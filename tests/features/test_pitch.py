"""Pitch and periodicity against tones, noise, and real speech."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from clips import CLIPS
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.features import pitch
from ser.features.mfcc import MFCC, MFCC_PITCH
from ser.features.registry import HOP_LENGTH

SECOND = np.arange(16_000, dtype=np.float32) / 16_000


def sawtooth(hz: float) -> Waveform:
    harmonics = [np.sin(2 * np.pi * hz * k * SECOND) / k for k in range(1, int(7_000 / hz))]
    return np.sum(harmonics, axis=0).astype(np.float32)


@pytest.mark.parametrize("hz", [70, 95, 130, 210, 300, 450])
def test_the_pitch_of_a_tone_is_found_within_a_hundredth(hz: float) -> None:
    log2_hz, periodicity = pitch.channels(sawtooth(hz), HOP_LENGTH)[10:-10].T
    assert 2**log2_hz == pytest.approx(hz, rel=0.01)
    assert periodicity.min() > 0.9


def test_the_pitch_of_real_speech_is_that_of_another_method() -> None:
    differences = []
    # Made by librosa.pyin 0.11.0; NaN where there is no voice.
    with np.load(Path(__file__).with_name("pyin.npz")) as pyin:
        for clip in CLIPS:
            hz = pyin[clip.path.stem]
            log2_hz, periodicity = pitch.channels(audio.decode(clip.path), HOP_LENGTH).T
            both = ~np.isnan(hz) & (periodicity > pitch.VOICED_PERIODICITY)
            differences.append(12 * np.abs(log2_hz[both] - np.log2(hz[both])))
    semitones = np.concatenate(differences)
    assert len(semitones) > 600
    # Found: 881 frames, 0.07 semitones, 3 % of the frames an octave apart.
    assert np.median(semitones) < 0.2
    assert np.mean(semitones > 6) < 0.06


def test_noise_is_not_periodic_and_bridged_by_the_neighbours() -> None:
    noise = np.random.default_rng(0).normal(0, 0.3, 8_000).astype(np.float32)
    tone = sawtooth(120)[:8_000]
    channels = pitch.channels(np.concatenate([tone, noise, tone]), HOP_LENGTH)
    assert channels[60:90, 1].mean() < pitch.VOICED_PERIODICITY
    assert np.median(2 ** channels[60:90, 0]) == pytest.approx(120, rel=0.1)


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(0, np.float32),
        np.zeros(16_000, np.float32),
        np.ones(1_700, np.float32),
        np.full(16_000, 1e-20, np.float32),
        np.sign(np.sin(SECOND * 1e4)).astype(np.float32),
        np.random.default_rng(1).normal(0, 1e6, 5_000).astype(np.float32),
    ],
    ids=["empty", "silence", "constant", "denormal", "clipped", "huge"],
)
def test_nothing_breaks_it(y: Waveform) -> None:
    channels = pitch.channels(y, HOP_LENGTH)
    assert channels.shape == (1 + len(y) // HOP_LENGTH, 2)
    assert channels.dtype == np.float32
    assert np.isfinite(channels).all()
    assert (channels[:, 0] > np.log2(pitch.LOWEST_HZ) - 0.1).all()
    assert (channels[:, 0] < np.log2(pitch.HIGHEST_HZ) + 0.1).all()
    assert (channels[:, 1] >= 0).all()
    assert (channels[:, 1] <= 1).all()


def test_it_does_not_depend_on_the_level() -> None:
    y = audio.decode(CLIPS[0].path)
    assert pitch.channels(y * np.float32(0.1), HOP_LENGTH) == pytest.approx(
        pitch.channels(y, HOP_LENGTH), abs=0.02
    )


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.path.stem)
def test_frames_with_pitch_have_two_columns_more(clip: Clip) -> None:
    y = audio.decode(clip.path)
    frames = MFCC_PITCH.extract(y)
    assert frames.shape[1] == MFCC_PITCH.width == MFCC.width + 2
    # Where nothing lies under the floor, the others are the published ones.
    audible = y + np.float32(0.1) * default_rng(0).standard_normal(len(y), np.float32)
    published = MFCC.extract(audible)
    np.testing.assert_array_equal(MFCC_PITCH.extract(audible)[:, : MFCC.width], published)
    assert 60 < 2 ** np.median(frames[:, MFCC.width]) < 400
    assert (frames[:, MFCC.width + 1] > pitch.VOICED_PERIODICITY).mean() > 0.05


@pytest.mark.slow
def test_long_audio_is_heard_as_short_is_and_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = np.concatenate([audio.decode(clip.path) for clip in CLIPS])
    y = np.resize(speech, 60 * SAMPLE_RATE_HZ)
    monkeypatch.setattr(pitch, "BLOCK_FRAMES", len(y))
    whole = pitch.channels(y, HOP_LENGTH)
    for block in (7, 1_000):
        monkeypatch.setattr(pitch, "BLOCK_FRAMES", block)
        assert pitch.channels(y, HOP_LENGTH) == pytest.approx(whole, abs=1e-6)
    y = np.resize(speech, 300 * SAMPLE_RATE_HZ)
    tracemalloc.start()
    pitch.channels(y, HOP_LENGTH)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 60e6
