from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, PUBLISHED
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.carry_over import Reference
from ser.conditions.filters import keep_band
from ser.conditions.mixes import NoiseMix, NoiseMixer
from ser.evaluation import predictions
from ser.evaluation.baselines import SpeakerClips
from ser.evaluation.degradations import CARRIED_OVER, CLIPPED_SHARE, DEGRADATIONS, WORD_S
from ser.features.registry import FRAME_S
from ser.models.baseline import Baseline
from ser.models.manifest import MANIFEST
from ser.models.predictor import EmotionPredictor


@pytest.fixture(scope="module")
def mix() -> NoiseMix:
    talkers = [(clip.speaker, clip.path) for clip in CLIPS]
    mixer = NoiseMixer(talkers, None, seed=0, references=[CLIPS[1].path])
    (one,) = mixer.draw([CLIPS[0].speaker])
    return NoiseMix(seed=one.seed, babble=one.babble, noise=np.ones(100, np.float32), reference=one.reference)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_each_is_a_file_that_can_be_decoded(name: str, mix: NoiseMix, speech: Waveform) -> None:
    degraded = decode(DEGRADATIONS[name].apply(speech, mix))
    expected = {"faster": 1 / 1.1, "slower": 1 / 0.9}.get(name, 1.0)
    if name != CARRIED_OVER:  # some are cut
        assert len(degraded) / len(speech) == pytest.approx(expected, abs=0.03)
    assert np.abs(degraded).max() > 0.05
    again = decode(DEGRADATIONS[name].apply(speech, mix))
    np.testing.assert_array_equal(degraded, again)


def test_some_carried_over_clips_are_cut_to_their_loudest_word(mix: NoiseMix, speech: Waveform) -> None:
    carry = DEGRADATIONS[CARRIED_OVER].apply
    lengths_s = []
    for seed in range(40):
        y = decode(carry(speech, dataclasses.replace(mix, seed=seed, reference=None)))
        lengths_s.append(len(y) / SAMPLE_RATE_HZ)
        if len(y) < len(speech):
            others = np.convolve(np.square(speech, dtype=np.float64), np.ones(len(y)), "valid")
            assert np.square(y, dtype=np.float64).sum() == pytest.approx(others.max(), rel=0.01)
    cut = [length_s for length_s in lengths_s if length_s < len(speech) / SAMPLE_RATE_HZ]
    assert 0.4 < len(cut) / 40 < 0.8
    assert WORD_S[0] - 0.01 < min(cut) < max(cut) < WORD_S[1] + 0.01


def test_a_carried_over_clip_has_the_other_recording_s_colour_and_level(
    mix: NoiseMix, speech: Waveform
) -> None:
    quiet = Reference.of(0.1 * keep_band(decode(CLIPS[1].path), 300, 3_400))
    carried = decode(DEGRADATIONS[CARRIED_OVER].apply(speech, dataclasses.replace(mix, reference=quiet)))
    assert power(carried, 4_500, 8_000) < 1e-2 * power(carried, 300, 3_400)
    assert Reference.of(carried).speech_db.max() == pytest.approx(quiet.speech_db.max(), abs=6.0)


def test_references_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    broken = [tmp_path / "text.wav", tmp_path / "empty.wav"]
    talkers = [(clip.speaker, clip.path) for clip in CLIPS]
    assert "reference" in NoiseMixer(talkers, None, seed=0).lacks
    mixer = NoiseMixer(talkers, None, seed=0, references=[*broken, CLIPS[0].path])
    assert "reference" not in mixer.lacks
    assert all(each.reference is not None for each in mixer.draw(["1"] * 8))
    [alone] = NoiseMixer(talkers, None, seed=0, references=broken).draw(["1"])
    assert alone.reference is None


def power(y: Waveform, low_hz: float, high_hz: float) -> float:
    return float(np.square(keep_band(y, low_hz, high_hz)).sum())


def test_a_telephone_passes_only_its_band(mix: NoiseMix, speech: Waveform) -> None:
    degraded = decode(DEGRADATIONS["telephone"].apply(speech, mix))
    inside = power(degraded, 300, 3_400)
    assert power(degraded, 0, 250) < 1e-3 * inside
    assert power(degraded, 4_000, 8_000) < 1e-3 * inside


@pytest.mark.parametrize("codec", ["opus_24k", "mp3_64k"])
def test_codecs_lose_something_but_not_the_voice(codec: str, mix: NoiseMix, speech: Waveform) -> None:
    content = DEGRADATIONS[codec].apply(speech, mix)
    kbit_s = len(content) * 8 / (len(speech) / SAMPLE_RATE_HZ) / 1_000
    assert kbit_s == pytest.approx(int(codec[-3:-1]), rel=0.3)
    degraded = decode(content)
    assert power(degraded, 100, 4_000) == pytest.approx(power(speech, 100, 4_000), rel=0.2)


def test_levels(mix: NoiseMix, speech: Waveform) -> None:
    quieter = decode(DEGRADATIONS["gain_down"].apply(speech, mix))
    assert np.abs(quieter).max() == pytest.approx(np.abs(speech).max() / 10 ** (12 / 20), rel=0.01)
    clipped = decode(DEGRADATIONS["clipped"].apply(speech, mix))
    assert (np.abs(clipped) > 0.999 * np.abs(clipped).max()).mean() >= CLIPPED_SHARE


@pytest.mark.slow
def test_a_refused_clip_is_none(tmp_path: Path, predictor: EmotionPredictor) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    broken = [type(CLIPS[0])(tmp_path / "text.wav", "1", "Sad"), CLIPS[0]]
    refused, found = predictions.clip_frames(broken, predictor.feature_set)
    assert refused is None
    # Another process may sum in another order.
    np.testing.assert_allclose(found, predictor.speech_features(decode(CLIPS[0].path)), rtol=1e-4, atol=1e-3)
    mixes = [NoiseMix(0)] * 2
    degraded = list(
        predictions.degraded_frames(broken, mixes, ["opus_24k", "gain_down"], predictor.feature_set)
    )
    assert degraded[0] == [None, None]
    assert all(frames is not None for frames in degraded[1])


@pytest.fixture(scope="module")
def predictor() -> EmotionPredictor:
    """The published network, whose temperature is 1."""
    return EmotionPredictor.load(PUBLISHED)


def test_uncalibrated_probabilities_are_those_of_the_network(predictor: EmotionPredictor) -> None:
    frames = predictor.speech_features(decode(CLIPS[0].path))
    raw, refused = predictions.uncalibrated([predictor] * 2, [frames, None])
    np.testing.assert_allclose(raw, predictor.window_probabilities(frames).mean(axis=0), atol=1e-6)
    assert np.isnan(refused).all()


@pytest.mark.slow
def test_calibration_can_be_undone(predictor: EmotionPredictor, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(PUBLISHED, model)
    manifest = json.loads((model / MANIFEST).read_text())
    (model / MANIFEST).write_text(json.dumps(manifest | {"temperature": 2.0}))
    softened = EmotionPredictor.load(model, engine="keras")
    frames = predictor.speech_features(decode(CLIPS[0].path))
    (raw,) = predictions.uncalibrated([softened], [frames])
    original = predictor.window_probabilities(frames).mean(axis=0)
    np.testing.assert_allclose(raw, original, atol=1e-4)
    assert softened.window_probabilities(frames).max() < original.max() - 0.05


FRAMES = {i: np.full((100 * (i + 1), 2), i, np.float32) for i in range(6)}


@pytest.mark.parametrize("scored", range(7))
def test_a_scored_clip_is_never_in_its_own_baseline(scored: int) -> None:
    clips = SpeakerClips(FRAMES)
    for seed in range(20):
        order = clips.shuffled(np.random.default_rng(seed))
        assert sorted(order) == list(range(6))
        others = [i for i in order if i != scored]
        for count in (1, 3, 99):
            baseline = clips.baseline_of_clips(order, count, scored=scored)
            assert same(baseline, np.concatenate([FRAMES[i] for i in others[:count]]))
        for seconds in (0.5, 2.0, 4.5, 99.0):
            baseline = clips.baseline_of_seconds(order, seconds, scored=scored)
            everything = np.concatenate([FRAMES[i] for i in others])
            assert same(baseline, everything[: round(seconds / FRAME_S)])


def same(baseline: Baseline | None, frames: np.ndarray) -> bool:
    other = Baseline.of(frames)
    return (
        baseline is not None
        and baseline.count == other.count
        and np.allclose(baseline.sum, other.sum)
        and np.allclose(baseline.sum_squares, other.sum_squares)
    )


def test_a_speaker_without_another_clip_has_no_baseline() -> None:
    clips = SpeakerClips({4: FRAMES[0]})
    assert clips.baseline_of_clips([4], 3, scored=4) is None
    assert clips.baseline_of_seconds([4], 5.0, scored=4) is None
    assert SpeakerClips({}).shuffled(np.random.default_rng(0)) == []
