"""The feature sets of one vector per clip, and log-mel frames."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.errors import TooShort
from ser.features.clip_42 import CLIP_42
from ser.features.clip_105 import CLIP_105, DURATION_S
from ser.features.clip_187 import CLIP_187
from ser.features.log_mel import LOG_MEL
from ser.features.registry import HOP_LENGTH, FeatureSet

SETS = (CLIP_42, CLIP_105, CLIP_187)


@pytest.mark.parametrize(("features", "width"), [(CLIP_42, 42), (CLIP_105, 105), (CLIP_187, 187)])
def test_a_clip_is_one_vector(features: FeatureSet, width: int, speech: np.ndarray) -> None:
    vector = features.extract(speech)
    assert vector.shape == features.shape == (width,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert not features.over_time


@pytest.mark.parametrize("features", [*SETS, LOG_MEL])
@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.full(3_200, 0.3, np.float32), id="0.2 s, constant"),
        pytest.param(np.random.default_rng(0).normal(0, 0.1, 3_200).astype(np.float32), id="0.2 s of noise"),
        pytest.param(np.full(16_000, np.nan, np.float32), id="NaN"),
        pytest.param(np.full(16_000, np.inf, np.float32), id="Inf"),
        pytest.param(np.full(16_000, 1e-30, np.float32), id="nearly silence"),
        pytest.param(np.where(np.arange(80_000) % 2, 1, -1).astype(np.float32), id="full scale"),
    ],
)
def test_any_sound_gives_finite_numbers(features: FeatureSet, y: np.ndarray) -> None:
    assert np.isfinite(features.extract(y)).all()


@pytest.mark.parametrize("features", [*SETS, LOG_MEL])
def test_less_than_a_tenth_of_a_second_is_too_short(features: FeatureSet) -> None:
    for y in (np.ones(1_000, np.float32), np.zeros(0, np.float32)):
        with pytest.raises(TooShort, match=r"at least 0\.1 s"):
            features.extract(y)


@pytest.mark.parametrize("features", SETS)
def test_silence_around_speech_changes_nothing(features: FeatureSet, speech: np.ndarray) -> None:
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    around = np.concatenate([silence, speech, silence])
    before, after = features.extract(speech), features.extract(around)
    # Trimming ends at a hop, so up to one hop more or less is left.
    np.testing.assert_allclose(after, before, rtol=0.1, atol=np.abs(before).max() * 0.02)


@pytest.mark.parametrize("features", SETS)
def test_the_first_mfcc_follows_the_level_and_the_others_do_not(
    features: FeatureSet, speech: np.ndarray
) -> None:
    quieter = features.extract((speech / 2).astype(np.float32)) - features.extract(speech)
    assert quieter[0] < -10
    np.testing.assert_allclose(quieter[1:13], 0, atol=0.5)


def test_what_comes_after_its_3_5_s_is_not_read_by_clip_105() -> None:
    # Noise, of which nothing is trimmed.
    y = np.random.default_rng(0).normal(0, 0.1, round(2 * DURATION_S * SAMPLE_RATE_HZ)).astype(np.float32)
    other = np.concatenate([y[: len(y) // 2], np.ones(8_000, np.float32)])
    np.testing.assert_array_equal(CLIP_105.extract(other), CLIP_105.extract(y))


def test_log_mel_frames_are_librosa_s_own(speech: np.ndarray) -> None:
    frames, start = LOG_MEL.extract_with_start(speech)
    power = librosa.feature.melspectrogram(
        y=speech, sr=SAMPLE_RATE_HZ, n_fft=400, hop_length=HOP_LENGTH, n_mels=LOG_MEL.width
    )
    expected = librosa.power_to_db(power, top_db=60.0).T
    first = start // HOP_LENGTH
    np.testing.assert_allclose(frames[3:-3], expected[first + 3 :][: len(frames) - 6], atol=1e-2)
