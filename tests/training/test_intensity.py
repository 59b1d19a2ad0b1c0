"""How strongly an emotion is expressed: the layer that tells it, in both engines and on unseen clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnxruntime as ort
import pytest

from ser.corpora.base import Clip
from ser.features.mfcc import MFCC_PITCH
from ser.models.engines import INTENSITY_OUTPUT
from ser.models.manifest import DEFAULT_OUTPUT, KERAS_FILE, ONNX_FILE
from ser.training.export import export_onnx, scaler_of
from ser.training.families import intensity
from ser.training.families.hybrid_batches import HybridSettings
from ser.training.families.networks import Size, hybrid, joined
from ser.training.family import Head
from ser.training.speaker_pool import SpeakerPool

SIZES = (
    Size(channels=8, kernel=1, lstm_units=8, hidden_units=8),
    Size(channels=8, kernel=1, lstm_units=4, hidden_units=4),
)
SETTINGS = HybridSettings(members=SIZES, conditions=0)


def loud_clips(count: int) -> SpeakerPool:
    """Clips whose strength is how far the first features are from the mean."""
    rng = np.random.default_rng(0)
    strengths = rng.uniform(0, 1, count)
    clips = [Clip(Path(f"{n}.wav"), f"{n % 7}", "Angry", strength=float(s)) for n, s in enumerate(strengths)]
    frames = [
        (rng.normal(size=(int(rng.integers(50, 90)), MFCC_PITCH.width)) + 3 * s).astype(np.float32)
        for s in strengths
    ]
    return SpeakerPool(clips, [frames])


@pytest.fixture(scope="module")
def pool() -> SpeakerPool:
    return loud_clips(intensity.LEAST_CLIPS)


@pytest.fixture(scope="module")
def members() -> list[keras.Model]:
    keras.utils.set_random_seed(1)
    return [hybrid(3, size) for size in SIZES]


@pytest.fixture(scope="module")
def layer(members: list[keras.Model], pool: SpeakerPool) -> intensity.IntensityLayer:
    found = intensity.fit(members, pool, SETTINGS, seed=1)
    assert found is not None
    return found


def test_what_is_rated_stronger_is_told_stronger(
    layer: intensity.IntensityLayer, members: list[keras.Model], pool: SpeakerPool
) -> None:
    model = joined(members, (layer.weights, layer.bias))
    mean, scale = pool.scaling
    weak, strong = ((np.full((1, 80, MFCC_PITCH.width), 3 * s) - mean) / scale for s in (0.1, 0.9))
    told = [float(model.predict_on_batch(each.astype(np.float32))[1][0, 0]) for each in (weak, strong)]
    assert 0 <= told[0] < 0.4 < told[1] <= 1


def test_both_engines_tell_the_same_and_the_emotions_stay(
    layer: intensity.IntensityLayer, members: list[keras.Model], pool: SpeakerPool, tmp_path: Path
) -> None:
    weights = (layer.weights, layer.bias)
    plain, telling = joined(members), joined(members, weights)
    export_onnx(
        telling,
        scaler_of(pool),
        lambda _classes, **_options: joined(members, weights),
        tmp_path / ONNX_FILE,
        {DEFAULT_OUTPUT: Head(range(3))},
    )
    telling.save(tmp_path / KERAS_FILE)
    again = keras.saving.load_model(tmp_path / KERAS_FILE, compile=False)
    session = ort.InferenceSession((tmp_path / ONNX_FILE).read_bytes())
    # Whoever takes the first output still gets the probabilities.
    assert [each.name for each in session.get_outputs()] == [DEFAULT_OUTPUT, INTENSITY_OUTPUT]
    for length in (30, 80):
        batch = np.stack([pool.frames(i)[:50] for i in (3, 4)]).repeat(2, axis=1)[:, :length]
        scaled = ((batch - pool.scaling[0]) / pool.scaling[1]).astype(np.float32)
        expected, strength = telling.predict_on_batch(scaled)
        np.testing.assert_allclose(plain.predict_on_batch(scaled), expected, atol=1e-6)
        np.testing.assert_allclose(again.predict_on_batch(scaled)[1], strength, atol=1e-6)
        found = session.run([DEFAULT_OUTPUT, INTENSITY_OUTPUT], {"frames": batch})
        np.testing.assert_allclose(found[0], expected, atol=1e-4)
        np.testing.assert_allclose(found[1], strength[:, 0], atol=1e-4)
    # Members are found again, to be trained further.
    for number, member in enumerate(members):
        found_member = again.get_layer(f"member_{number}")
        for one, other in zip(member.layers, found_member.layers, strict=True):
            for x, y in zip(one.get_weights(), other.get_weights(), strict=True):
                np.testing.assert_array_equal(x, y)


def test_a_unit_that_hardly_moves_has_no_weight(pool: SpeakerPool) -> None:
    keras.utils.set_random_seed(1)
    member = hybrid(3, SIZES[0])
    last_hidden = next(
        each for each in reversed(member.layers) if each.name.startswith("dense") and each.units == 8
    )
    weights, bias = last_hidden.get_weights()
    weights[:, 0] *= 1e-6
    last_hidden.set_weights([weights, bias])
    found = intensity.fit([member], pool, SETTINGS, seed=1)
    assert np.abs(found.weights).max() < 1e3
    assert (found.weights == 0).any()


def test_it_is_told_only_with_enough_ratings(pool: SpeakerPool) -> None:
    rated = [replace(clip, strength=None) if n else clip for n, clip in enumerate(pool.clips)]
    assert intensity.can_be_fitted(pool.clips)
    assert not intensity.can_be_fitted(rated)
    assert not intensity.can_be_fitted([replace(clip, speaker="1") for clip in pool.clips])


def test_a_rating_is_blended_with_how_strongly_it_was_to_be_played() -> None:
    clips = [
        Clip(Path(f"{n}.wav"), "1", "Sad", played, strength=strength)
        for n, (played, strength) in enumerate(
            [("low", 0.1), ("low", 0.3), ("high", 0.8), ("unspecified", 0.9)]
        )
    ]
    np.testing.assert_allclose(intensity.targets(clips), [0.15, 0.25, 0.8, 0.9])
