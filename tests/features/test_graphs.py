"""The graphs that serving runs give the features that librosa defines."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from clips import CLIPS, MODEL
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.errors import TooShort
from ser.features.graphs.mfcc import graph_of
from ser.features.log_mel import LOG_MEL
from ser.features.mfcc import MFCC, MFCC_PITCH, MfccFrames
from ser.features.registry import HOP_LENGTH
from ser.features.served import ServedFeatures, graph_file, served
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory

SETS = pytest.mark.parametrize("features", [MFCC, MFCC_PITCH], ids=lambda each: each.name)
# Of a standard deviation of the training speakers' frames.
TOLERANCE = 1e-3
Sound = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]
SOUNDS: dict[str, Sound] = {
    "noise": lambda t, rng: rng.normal(0, 0.1, len(t)),
    "faint noise": lambda t, rng: rng.normal(0, 1e-7, len(t)),
    "loud noise": lambda t, rng: rng.normal(0, 1e3, len(t)),
    "noise after silence": lambda t, rng: rng.normal(0, 0.1, len(t)) * (t > t[-1] / 3),
    "a low tone": lambda t, rng: 0.5 * np.sin(2 * np.pi * 110 * t),
    "a high tone": lambda t, rng: 0.5 * np.sin(2 * np.pi * 440 * t),
    "a buzz": lambda t, rng: 0.3 * np.sign(np.sin(2 * np.pi * 120 * t)),
    "a rising tone": lambda t, rng: 0.4 * np.sin(2 * np.pi * (60 * t + 100 * t * t)),
    "a click": lambda t, rng: 1.0 * (np.arange(len(t)) == len(t) // 2),
    "an offset": lambda t, rng: np.full(len(t), 0.3),
    "silence": lambda t, rng: np.zeros(len(t)),
    "gaps": lambda t, rng: np.where(t % 0.3 < 0.1, np.nan, rng.normal(0, 0.1, len(t))),
    "an overflow": lambda t, rng: np.where(t % 0.5 < 0.01, np.inf, rng.normal(0, 0.1, len(t))),
}


@cache
def deviations() -> NDArray[np.float64]:
    """Return those of the shipped model's training speakers, of each feature."""
    scaling = ModelDirectory(MODEL.with_name("cremad-6")).manifest.scaling
    assert scaling is not None
    return np.array(scaling.scale)


def require_equal(features: MfccFrames, y: Waveform) -> None:
    try:
        expected, start = features.extract_with_start(y)
    except TooShort as error:
        with pytest.raises(TooShort, match=re.escape(str(error))):
            ServedFeatures(features).extract(y)
        return
    found, found_start = ServedFeatures(features).extract_with_start(y)
    assert (found.shape, found.dtype, found_start) == (expected.shape, np.float32, start)
    assert np.all(np.abs(found - expected) <= TOLERANCE * deviations()[: features.width])


@SETS
def test_real_clips_have_the_same_frames(features: MfccFrames) -> None:
    for clip in CLIPS:
        require_equal(features, decode(clip.path))


@SETS
@pytest.mark.parametrize("samples", [0, 1, 159, 1_599, 1_600, 1_601, 1_759, 1_760, 8_000, 48_000])
@pytest.mark.parametrize("sound", SOUNDS)
def test_any_sound_has_the_same_frames(sound: str, samples: int, features: MfccFrames) -> None:
    t = np.arange(samples) / 16_000
    y = SOUNDS[sound](t, np.random.default_rng(samples)) if samples else t
    require_equal(features, y.astype(np.float32))


@SETS
@pytest.mark.parametrize("seconds", [9.99, 10, 20.02, 30])
def test_blocks_join_without_a_seam(seconds: float, features: MfccFrames) -> None:
    talk = np.concatenate([decode(clip.path) for clip in CLIPS])
    require_equal(features, talk[: round(16_000 * seconds)])


@SETS
@pytest.mark.parametrize("sound", ["silence", "gaps", "an overflow"])
@pytest.mark.parametrize("samples", [0, 1, 800, 16_000])
def test_no_graph_answers_with_anything_but_numbers(sound: str, samples: int, features: MfccFrames) -> None:
    import onnxruntime as ort

    t = np.arange(samples) / 16_000
    y = SOUNDS[sound](t, np.random.default_rng(1)) if samples else t
    session = ort.InferenceSession(graph_file(features.name).read_bytes())
    frames, start, length = session.run(None, {"waveform": y.astype(np.float32)})
    assert np.isfinite(frames).all()
    assert 0 <= start[0] <= samples
    assert length[0] <= samples
    assert len(frames) >= 1_600 // HOP_LENGTH


@SETS
def test_the_graphs_in_the_repository_are_those_of_this_version(features: MfccFrames) -> None:
    made, kept = graph_of(features), onnx.load_from_string(graph_file(features.name).read_bytes())
    for of_made, of_kept in zip(made.graph.initializer, kept.graph.initializer, strict=True):
        # Another processor may round the last digit otherwise.
        np.testing.assert_allclose(
            numpy_helper.to_array(of_made), numpy_helper.to_array(of_kept), rtol=1e-6, atol=1e-7
        )
        of_made.ClearField("raw_data")
        of_kept.ClearField("raw_data")
    assert made == kept


def test_answers_are_the_same() -> None:
    # The reference engine reads what librosa extracts; here, the same network reads both.
    six = EmotionPredictor.load(MODEL.with_name("cremad-6"))
    for clip in CLIPS:
        y = decode(clip.path)
        by_graph = six.predict_features(six.feature_set.extract(y)).probabilities
        by_librosa = six.predict_features(MFCC_PITCH.extract(y)).probabilities
        assert by_graph == pytest.approx(by_librosa, abs=1e-4)


def test_the_reference_engine_reads_what_librosa_extracts() -> None:
    pytest.importorskip("keras")
    assert isinstance(EmotionPredictor.load(MODEL).feature_set, ServedFeatures)
    assert EmotionPredictor.load(MODEL, engine="keras").feature_set is MFCC_PITCH


def test_features_without_a_graph_are_served_as_they_are() -> None:
    assert served(LOG_MEL) is LOG_MEL
    of_graph = served(MFCC_PITCH)
    assert (of_graph.kind, of_graph.describe()) == (MFCC_PITCH.kind, MFCC_PITCH.describe())
    assert (of_graph.shape, of_graph.width) == (MFCC_PITCH.shape, MFCC_PITCH.width)
