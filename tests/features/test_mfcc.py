from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.fft

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.errors import TooShort
from ser.features import mfcc as mfcc_module
from ser.features import trimming
from ser.features.mfcc import DELTA_WIDTH, MFCC, MFCC_PITCH, N_FFT, N_MELS, N_MFCC, TOP_DB
from ser.features.registry import HOP_LENGTH, FeatureSet


def noise(duration_s: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(int(duration_s * SAMPLE_RATE_HZ))).astype(np.float32)


def test_speech_gives_a_frame_each_10_ms(speech: np.ndarray) -> None:
    frames = MFCC.extract(speech)
    assert frames.dtype == np.float32
    assert frames.shape[1] == MFCC.width == 120
    assert 0.3 * len(speech) < len(frames) * HOP_LENGTH <= len(speech) + HOP_LENGTH
    assert np.isfinite(frames).all()


def test_the_columns_are_mfcc_and_their_derivatives(speech: np.ndarray) -> None:
    mfcc, delta, delta2 = np.split(MFCC.extract(speech), 3, axis=1)
    half = DELTA_WIDTH // 2
    at = np.arange(-half, half + 1)
    for t in np.linspace(half, len(mfcc) - half - 1, 5).astype(int):
        window = mfcc[t - half : t + half + 1]
        slope = np.polyfit(at, window, 1)[0]
        curvature = 2 * np.polyfit(at, window, 2)[0]
        np.testing.assert_allclose(delta[t], slope, atol=1e-3)
        np.testing.assert_allclose(delta2[t], curvature, atol=1e-3)


def test_the_mfcc_are_librosa_s_own(speech: np.ndarray) -> None:
    mel = librosa.feature.melspectrogram(
        y=speech, sr=SAMPLE_RATE_HZ, n_mels=N_MELS, n_fft=N_FFT, hop_length=HOP_LENGTH
    )
    expected = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=N_MFCC).T
    frames, start = MFCC.extract_with_start(speech)
    first = start // HOP_LENGTH
    # At the edges, the frames do not see what was trimmed.
    inner = frames[3:-3, :N_MFCC]
    np.testing.assert_allclose(inner, expected[first + 3 :][: len(inner)], atol=1e-2)


def test_a_steady_sound_has_no_derivatives() -> None:
    t = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    # A period of exactly one hop: every inner frame sees the same samples.
    frames = MFCC.extract((0.3 * np.sin(2 * np.pi * 100 * t)).astype(np.float32))
    inner = frames[15:-15]
    assert np.abs(inner[:, N_MFCC:]).max() < 0.05
    assert np.ptp(inner[:, :N_MFCC], axis=0).max() < 0.5


def test_silence_around_speech_is_trimmed(speech: np.ndarray) -> None:
    pause = np.zeros(SAMPLE_RATE_HZ, np.float32)
    padded = MFCC.extract(np.concatenate([pause, speech, pause]))
    assert len(padded) == pytest.approx(len(MFCC.extract(speech)), abs=4)


def test_gain_moves_only_the_level(speech: np.ndarray) -> None:
    loud, soft = MFCC.extract(speech), MFCC.extract(speech / 4)
    assert loud.shape == soft.shape
    difference = np.abs(loud - soft).mean(axis=0)
    assert difference[0] > 50
    assert difference[1:].max() < 0.5


@pytest.mark.parametrize("duration_s", [0.1, 0.101, 0.15, 0.3, 1.0, 10.0])
def test_any_length_from_a_tenth_of_a_second_gives_finite_frames(duration_s: float) -> None:
    frames = MFCC.extract(noise(duration_s))
    assert np.isfinite(frames).all()
    assert len(frames) == pytest.approx(duration_s * 100, abs=2)


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.zeros(0, np.float32), id="nothing"),
        pytest.param(np.zeros(1, np.float32), id="one sample"),
        pytest.param(noise(0.05), id="0.05 s"),
        pytest.param(noise(0.099), id="0.099 s"),
        pytest.param(
            np.concatenate([np.zeros(16_000), noise(0.05), np.zeros(16_000)]).astype(np.float32),
            id="0.05 s between silence",
        ),
        pytest.param(np.eye(1, 16_000, 8_000, dtype=np.float32)[0], id="click"),
    ],
)
def test_less_is_too_short(y: np.ndarray) -> None:
    with pytest.raises(TooShort, match=r"at least 0\.1 s"):
        MFCC.extract(y)


def test_fewer_frames_than_the_delta_filter_are_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "MIN_SAMPLES", 320)
    frames = MFCC.extract(noise(0.04))
    assert len(frames) < mfcc_module.DELTA_WIDTH
    assert np.isfinite(frames).all()


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.full(16_000, np.nan, np.float32), id="NaN"),
        pytest.param(np.where(np.arange(16_000) % 7, noise(1.0), np.inf), id="some Inf"),
        pytest.param(np.zeros(16_000, np.float32), id="silence"),
        pytest.param(np.full(16_000, 1e-30, np.float32), id="nearly silence"),
        pytest.param(np.full(16_000, 0.5, np.float32), id="constant"),
        pytest.param(noise(1.0) * 1e-3 + np.eye(1, 16_000, 8_000)[0] / 100, id="click"),
    ],
)
def test_no_nan_or_inf_leaves_it(y: np.ndarray) -> None:
    frames = MFCC.extract(y.astype(np.float32))
    assert len(frames) == 101
    assert np.isfinite(frames).all()


def test_every_mel_filter_hears_something() -> None:
    filters = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=N_FFT, n_mels=N_MELS)
    assert (filters.max(axis=1) > 0).all()


def test_bands_that_a_filter_emptied_lie_little_below_the_rest(speech: np.ndarray) -> None:
    spectrum = np.fft.rfft(speech)
    spectrum[np.fft.rfftfreq(len(speech), 1 / SAMPLE_RATE_HZ) < 300] = 0
    emptied = np.fft.irfft(spectrum, len(speech)).astype(np.float32)

    def decibels(feature_set: FeatureSet) -> np.ndarray:
        mfcc = feature_set.extract(emptied)[:, :N_MFCC]
        return scipy.fft.idct(np.pad(mfcc, ((0, 0), (0, N_MELS - N_MFCC))), norm="ortho")

    def depth_db(feature_set: FeatureSet) -> float:
        bands = decibels(feature_set)
        return float(bands.max() - np.median(bands[:, 0]))

    assert depth_db(MFCC) > 75
    assert depth_db(MFCC_PITCH) < TOP_DB + 8


def test_the_parameters_are_the_design() -> None:
    assert MFCC.parameters["n_mfcc"] == 40
    assert MFCC.parameters["n_fft"] == 400
    assert MFCC.parameters["hop_length"] == 160
    assert MFCC.parameters["max_frames"] == 400
    assert MFCC.parameters["sample_rate_hz"] == 16_000
