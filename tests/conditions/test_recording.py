"""Simulated recording conditions, and the filters they are made of."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from clips import CLIPS, MODEL
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions import recording
from ser.conditions.filters import Band, Suppressor
from ser.models.store import ModelDirectory

# Drawn from seeds 0 to 3, so that a training can be repeated: tempo, samples of the room, a tap of the
# equalizer, a sample of the noise (times 1,000), signal-to-noise ratio, suppressor, band, gain.
DRAWN = [
    (
        None,
        2461,
        0.014044782,
        -52.313367577,
        25.411832341,
        (7.191390017, 16.743086057),
        (297.674692638, 3295.784627262, True, True),
        0.52046542,
    ),
    (
        0.86495363,
        None,
        0.053617302,
        -22.798152218,
        10.275619848,
        (6.413612788, 38.594149574),
        None,
        4.673843381,
    ),
    (
        0.930150886,
        6349,
        -0.083613017,
        555.965074919,
        22.596888871,
        (1.898867141, 40.95156534),
        (99.65460606, 4601.92487379, True, False),
        5.242106771,
    ),
    (
        0.936318949,
        None,
        0.010044571,
        70.571613624,
        23.669578735,
        None,
        (303.804963115, 3549.859059955, False, True),
        0.997755433,
    ),
]


@pytest.mark.parametrize("seed", range(len(DRAWN)))
def test_a_condition_is_drawn_the_same_in_every_version(seed: int) -> None:
    drawn = recording.draw(default_rng(seed), [], [])
    tempo, room, tap, noise, snr_db, suppressor, band, gain = DRAWN[seed]
    assert drawn.tempo == (tempo and pytest.approx(tempo))
    assert (None if drawn.room is None else len(drawn.room)) == room
    assert drawn.equalizer[60] == pytest.approx(tap)
    assert (drawn.noise is None) == (noise is None)
    if drawn.noise is not None:
        assert 1_000 * drawn.noise[5] == pytest.approx(noise)
    assert drawn.snr_db == pytest.approx(snr_db)
    found = drawn.suppressor and (drawn.suppressor.factor, drawn.suppressor.depth_db)
    assert found == (suppressor and pytest.approx(suppressor))
    edges = drawn.band and (drawn.band.low_hz, drawn.band.high_hz, drawn.band.perfect, drawn.band.g711)
    assert edges == (band and pytest.approx(band))
    assert drawn.gain == pytest.approx(gain)


def test_the_settings_are_those_of_the_shipped_models() -> None:
    written = ModelDirectory(MODEL).manifest.training["recording_conditions"]
    settings = json.loads(json.dumps(recording.SETTINGS))
    assert settings == written


def test_a_condition_keeps_the_length_and_changes_the_sound() -> None:
    y = audio.decode(CLIPS[0].path)
    seen = set()
    for seed in range(12):
        condition = recording.draw(default_rng(seed), [CLIPS[1].path], [clip.path for clip in CLIPS[2:]])
        recorded = condition.apply(y, default_rng(seed))
        assert recorded.dtype == np.float32
        assert np.isfinite(recorded).all()
        assert np.abs(recorded).max() <= 1.0
        assert len(recorded) == pytest.approx(len(y) / (condition.tempo or 1.0), rel=0.01)
        again = condition.apply(y, default_rng(seed))
        assert np.array_equal(recorded, again)
        parts = condition.tempo, condition.room, condition.noise, condition.suppressor, condition.band
        seen.add(tuple(part is None for part in parts))
    assert len(seen) > 3


def test_suppression_lowers_the_pauses() -> None:
    y = audio.decode(CLIPS[1].path)
    drawn = recording.draw(default_rng(0), [], [])
    bare = replace(drawn, tempo=None, room=None, noise=None, band=None, gain=0.1)
    noisy, quiet = (
        replace(bare, suppressor=each).apply(y, default_rng(0)) for each in (None, Suppressor(8.0, 40.0))
    )
    frame = SAMPLE_RATE_HZ // 100
    levels = [np.mean(x[: len(x) // frame * frame].reshape(-1, frame) ** 2, axis=1) for x in (noisy, quiet)]
    assert np.percentile(levels[1], 10) < 0.1 * np.percentile(levels[0], 10)
    assert levels[1].max() == pytest.approx(levels[0].max(), rel=0.1)


def test_the_signal_to_noise_ratio_is_as_drawn() -> None:
    y = audio.decode(CLIPS[0].path)
    drawn = (recording.draw(default_rng(seed), [], []) for seed in range(20))
    condition = next(each for each in drawn if each.noise is not None)
    bare = replace(condition, tempo=None, room=None, suppressor=None, band=None, gain=0.1)
    noisy, clean = (replace(bare, noise=noise).apply(y, default_rng(0)) for noise in (condition.noise, None))
    ratio_db = 10 * np.log10(np.mean(clean**2) / np.mean((noisy - clean) ** 2))
    assert ratio_db == pytest.approx(condition.snr_db, abs=0.1)


@pytest.mark.parametrize("g711", [False, True])
@pytest.mark.parametrize("perfect", [False, True])
def test_a_band_keeps_what_lies_in_it(perfect: bool, g711: bool) -> None:
    y = audio.decode(CLIPS[0].path).astype(np.float64)
    band = Band(low_hz=300, high_hz=3_400, perfect=perfect, g711=g711)

    def power(signal: np.ndarray, low_hz: float, high_hz: float) -> float:
        at = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE_HZ)
        return float(np.sum(np.abs(np.fft.rfft(signal)[(at >= low_hz) & (at < high_hz)]) ** 2))

    left = band.apply(y)
    assert left.shape == y.shape
    assert power(left, 600, 2_400) == pytest.approx(power(y, 600, 2_400), rel=0.05)
    assert power(left, 0, 150) < 0.1 * power(y, 0, 150)
    assert power(left, 4_500, 8_000) < 0.1 * power(y, 4_500, 8_000)
    # The noise of 8 bits lies everywhere below 4 kHz; without it, nothing is left beyond perfect edges.
    empty = power(left, 0, 250) < 1e-12 * power(y, 0, 250)
    assert empty == (perfect and not g711)


@pytest.mark.parametrize("depth_db", [10.0, 40.0])
def test_a_suppressor_removes_stationary_noise(depth_db: float) -> None:
    rng = default_rng(0)
    noise = rng.normal(0.0, 0.003, 2 * SAMPLE_RATE_HZ)
    sound = 0.3 * np.sin(2 * np.pi * 500 * np.arange(len(noise)) / SAMPLE_RATE_HZ)
    sound[: SAMPLE_RATE_HZ // 2] = sound[-SAMPLE_RATE_HZ // 2 :] = 0
    left = Suppressor(factor=8.0, depth_db=depth_db).apply(sound + noise)
    assert left.shape == noise.shape
    pause, loud = slice(1_000, 7_000), slice(9_000, 23_000)
    taken_db = 10 * np.log10(np.mean(noise[pause] ** 2) / np.mean(left[pause] ** 2))
    # To the depth; a few moments are louder than eight times what most are.
    assert depth_db - 5 < taken_db <= depth_db + 0.5
    assert np.mean(left[loud] ** 2) == pytest.approx(np.mean(sound[loud] ** 2), rel=0.05)


@pytest.mark.parametrize("samples", [1, 511, 512, 20_000])
def test_a_suppressor_keeps_silence_and_short_signals(samples: int) -> None:
    suppressor = Suppressor(factor=8.0, depth_db=40.0)
    assert not suppressor.apply(np.zeros(samples)).any()
    moment = default_rng(0).normal(size=samples)
    assert suppressor.apply(moment).shape == moment.shape
    assert np.isfinite(suppressor.apply(moment)).all()
