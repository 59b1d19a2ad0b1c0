"""Training with baselines: chains, draws of baselines, batches, and what held-out speakers decide."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.special import softmax

from clips import CLIPS
from ser.conditions import recording
from ser.corpora.base import Clip
from ser.evaluation import metrics
from ser.features.mfcc import MAX_FRAMES, MFCC, MFCC_PITCH
from ser.models import predictor as inference
from ser.models.baseline import Baseline
from ser.training import augmentation
from ser.training import feature_cache as features
from ser.training import voices as training_voices
from ser.training.calibration import Heard, listen
from ser.training.families import hybrid as adaptive
from ser.training.families import networks as architectures
from ser.training.families.bilstm_pipeline import ALL_EMOTIONS, EMOTIONS
from ser.training.families.hybrid import Batches, Material, Recipe
from ser.training.feature_cache import Virtual, corpus_frames
from ser.training.voices import Voices

WIDTH = MFCC_PITCH.width
RECIPE = Recipe(emotions=ALL_EMOTIONS, core=EMOTIONS, chains=1, batch_size=4)


def made_up(speaker: str, emotion: str, number: int = 0) -> Clip:
    return Clip(Path(f"{speaker}-{emotion}-{number}.wav"), speaker, emotion)


def voices(speakers: int = 3, per_emotion: int = 2) -> Voices:
    """Speakers whose frames lie about their own number, on two chains."""
    rng = default_rng(0)
    clips = [
        made_up(str(s), emotion, i)
        for s in range(speakers)
        for emotion in ALL_EMOTIONS
        for i in range(per_emotion)
    ]
    chain = [
        rng.normal(int(clip.speaker), 1.0, (int(rng.integers(80, 300)), WIDTH)).astype(np.float32)
        for clip in clips
    ]
    return Voices(clips, [chain, [(frames + 100).astype(np.float16) for frames in chain]])


def test_examples_without_a_baseline_are_sometimes_their_own() -> None:
    recipe = replace(RECIPE, chains=0)
    heard = voices()

    def offset(own_clip_share: float) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training_voices, "GLOBAL_SHARE", 1.0)
            patch.setattr(adaptive, "OWN_CLIP_SHARE", own_clip_share)
            patch.setattr(adaptive, "OWN_CLIP_PRIOR_FRAMES", (1.0, 1.1))
            batch, _ = adaptive.Batches(heard, recipe, 0)[0]
        return float(np.abs(batch.mean(axis=1)).mean())

    # Speakers lie about their own numbers; what lies about itself lies about 0.
    assert offset(1.0) < 0.2 * offset(0.0)


def test_examples_without_a_baseline_come_at_any_level() -> None:
    recipe = replace(RECIPE, chains=0)
    heard = voices()

    def levels(share: float, monkeypatch: pytest.MonkeyPatch) -> float:
        monkeypatch.setattr(training_voices, "GLOBAL_SHARE", share)
        batch, _ = adaptive.Batches(heard, recipe, 0)[0]
        return float(np.std(batch[:, :, 0].mean(axis=1)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_voices, "NEUTRAL_SHARE", 0.0)
        assert levels(1.0, patch) > 3 * levels(0.0, patch)


def test_virtual_speakers_are_the_same_in_every_run_and_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtual = Virtual(1, (CLIPS[3].path,))
    options = {"feature_set": MFCC_PITCH, "jobs": 1}
    first = corpus_frames(CLIPS, cache=tmp_path, virtual=virtual, **options)
    plain = corpus_frames(CLIPS, cache=tmp_path, **options)
    assert [frames.shape[1] for frames in first] == [WIDTH] * len(CLIPS)
    assert not any(
        len(a) == len(b) and np.allclose(a, b, atol=1.0) for a, b in zip(first, plain, strict=True)
    )
    fresh = corpus_frames(CLIPS, cache=None, virtual=virtual, **options)
    monkeypatch.setattr(features, "_extract_all", lambda *_: pytest.fail("extracted again"))
    cached = corpus_frames(CLIPS, cache=tmp_path, virtual=virtual, **options)
    for a, b, c in zip(first, fresh, cached, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


def test_a_clip_or_noise_that_cannot_be_read_is_no_background(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    clips = [*CLIPS[:4], *(Clip(broken, str(i), "Sad") for i in range(8))]
    for number in range(6):
        virtual = Virtual(number, (broken, CLIPS[5].path))
        frames = corpus_frames(clips, cache=None, jobs=1, feature_set=MFCC_PITCH, virtual=virtual)
        assert [len(each) > 0 for each in frames] == [True] * 4 + [False] * 8
    assert "broken.wav: not heard in the background: The content is none" in capsys.readouterr().out


def test_baselines_are_of_the_same_speaker_on_the_same_chain() -> None:
    heard, rng = voices(), default_rng(1)
    everybody = heard.scaling
    kinds = set()
    for _ in range(300):
        index, chain = int(rng.integers(len(heard))), int(rng.integers(2))
        mean, scale = heard.draw_scaling(index, chain, 0.0, rng)
        assert (scale > 0).all()
        if mean is everybody[0]:
            kinds.add("global")
            continue
        kinds.add("own")
        assert mean.mean() == pytest.approx(int(heard.clips[index].speaker) + 100 * chain, abs=0.3)
    assert kinds == {"global", "own"}


def test_one_clip_alone_is_never_its_own_baseline() -> None:
    heard, rng = voices(speakers=2), default_rng(0)
    alone = Voices([heard.clips[0], *heard.clips[12:]], [[heard.frames(i) for i in (0, *range(12, 24))]])
    drawn = [alone.draw_scaling(0, 0, 0.0, rng) for _ in range(30)]
    assert all(scaling is alone.scaling for scaling in drawn)


def test_everybody_s_statistics_are_those_of_all_frames() -> None:
    heard = voices()
    frames = np.concatenate([heard.frames(i) for i in range(len(heard))])
    assert heard.scaling[0] == pytest.approx(frames.mean(axis=0), abs=1e-4)
    assert heard.scaling[1] == pytest.approx(frames.std(axis=0), abs=1e-4)


def test_clips_without_frames_are_left_out_and_lost_chains_fall_back() -> None:
    clips = [made_up("1", "Angry"), made_up("1", "Happy"), made_up("1", "Neutral")]
    full, empty = np.ones((90, WIDTH), np.float32), np.empty((0, WIDTH), np.float32)
    heard = Voices(clips, [[full, empty, full], [empty, full, 2 * full]])
    assert [clip.emotion for clip in heard.clips] == ["Angry", "Neutral"]
    assert np.array_equal(heard.frames(0, 1), full)
    assert heard.baseline([0], 1).count == Baseline.of(full).count
    assert np.array_equal(heard.frames(1, 1), 2 * full)


def test_a_cut_has_the_length_asked_for_and_no_holes() -> None:
    rng = default_rng(0)
    for length in (20, 60, 240, MAX_FRAMES):
        for _ in range(5):
            cut = augmentation.cut(rng.normal(size=(150, WIDTH)).astype(np.float32), length, rng)
            assert cut.shape == (length, WIDTH)
            assert cut.dtype == np.float32
            assert np.isfinite(cut).all()


def test_a_slower_cut_has_smaller_deltas() -> None:
    rng = default_rng(0)
    ramp = np.ones((60, WIDTH), np.float32)
    cuts = np.mean([augmentation.cut(ramp, 240, rng) for _ in range(50)], axis=0).mean(axis=0)
    assert cuts[:40].mean() > 0.7
    assert cuts[40:80].mean() < 0.35
    assert cuts[80 : MFCC.width].mean() < 0.1


def test_batches_hold_every_clip_once_and_two_lengths() -> None:
    batches = Batches(voices(), RECIPE, seed=0)
    for _ in range(3):
        drawn = [batches[i] for i in range(len(batches))]
        assert sum(len(targets) for _, targets in drawn) == 36
        assert {frames.shape[1] // 3 % 2 for frames, _ in drawn} == {0, 1}
        assert all(frames.shape[1] % 3 == 0 for frames, _ in drawn)
        assert np.sum([targets.sum(axis=0) for _, targets in drawn], axis=0).tolist() == [6.0] * 6
        batches.on_epoch_end()


def test_members_are_trained_once_and_then_taken_from_their_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = adaptive.Size(channels=8, kernel=1, lstm_units=8, hidden_units=8)
    recipe = replace(RECIPE, members=(size,), epochs=1, chains=0, batch_size=6)
    material = Material(tuple(CLIPS), frozenset(clip.speaker for clip in CLIPS), tmp_path / "features")

    def train(seed: int) -> list[np.ndarray]:
        ensembles = adaptive.train_ensembles(
            {"one": material}, recipe, seed=seed, checkpoints=tmp_path / "members", jobs=1
        )
        return ensembles["one"][0].get_weights()

    first = train(0)
    assert not list((tmp_path / "members").glob("partial*"))
    monkeypatch.setattr(adaptive, "_train_member", lambda *_: pytest.fail("trained again"))
    for a, b in zip(first, train(0), strict=True):
        assert np.array_equal(a, b)
    with pytest.raises(pytest.fail.Exception):
        train(1)


@pytest.mark.parametrize(
    "change",
    ["another recording", "a later one", "another noise", "another emotion", "features", "network", "chains"],
)
def test_a_member_that_learnt_from_something_else_is_not_taken(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.wav", "two.wav", "noise.wav"):
        (tmp_path / name).write_bytes(b"sound")
    clips = [Clip(tmp_path / "one.wav", "1", "Angry"), Clip(tmp_path / "two.wav", "2", "Sad")]
    material = Material(tuple(clips), frozenset({"1", "2"}), tmp_path, (tmp_path / "noise.wav",))
    recipe, size = replace(RECIPE, chains=1), RECIPE.members[0]

    def key(material: Material = material) -> str:
        return adaptive._key(material, recipe, size, 0)

    before = key()
    assert key() == before
    if change == "another recording":
        clips[0].path.write_bytes(b"another sound")
    elif change == "a later one":
        os.utime(clips[0].path, (1, 1))
    elif change == "another noise":
        (tmp_path / "noise.wav").write_bytes(b"another sound")
    elif change == "another emotion":
        material = replace(material, clips=(clips[0], replace(clips[1], emotion="Happy")))
    elif change == "features":
        monkeypatch.setattr(adaptive, "PITCH_DEFINITION", MFCC_PITCH | {"n_mels": 65})
    elif change == "network":
        monkeypatch.setitem(architectures.HYBRID_SETTINGS, "attention_units", 65)
    else:
        monkeypatch.setitem(recording.SETTINGS, "gain_db", (0.0, 1.0))
    assert key(material) != before


def heard(sharpness: float) -> Heard:
    """Answers that are right as often as their softmax says, sharpened."""
    rng = default_rng(0)
    logits = rng.normal(0.0, 1.5, (4_000, 6))
    targets = np.array([rng.choice(6, p=row) for row in softmax(logits, axis=1)])
    return Heard({"none": sharpness * logits, "own": sharpness * logits}, targets)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_a_network_s_overconfidence(sharpness: float) -> None:
    assert heard(sharpness).temperature() == pytest.approx(sharpness, rel=0.06)


def test_a_face_is_calibrated_on_its_own_clips_alone() -> None:
    face = heard(2.0).face([2, 0])
    assert set(face.targets.tolist()) == {0, 1}
    assert face.logits["none"].shape == (len(face.targets), 2)
    assert face.temperature() == pytest.approx(2.0, rel=0.15)


def test_what_is_answered_is_right_so_much_more_often() -> None:
    some = heard(1.0)
    found = some.abstention(1.0)
    answers = softmax(some.logits["none"], axis=1)
    right, sure = answers.argmax(axis=1) == some.targets, answers.max(axis=1) >= found.min_confidence
    assert sure.mean() == pytest.approx(found.coverage) == pytest.approx(0.92, abs=0.05)
    assert right[sure].mean() == pytest.approx(found.accuracy)
    assert found.accuracy - right.mean() == pytest.approx(metrics.ABSTAINING_GAIN, abs=0.002)
    # The temperature changes how sure answers are, not which are surer than others.
    assert some.abstention(2.0).min_confidence < found.min_confidence


class Counting:
    """A network that answers with the mean of its frames' first feature, as probabilities of two."""

    def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
        assert batch.shape[1] <= MAX_FRAMES
        first = batch[:, :, 0].mean(axis=1)
        return np.stack([first, 1 - first], axis=1)


def test_long_clips_are_heard_to_their_end() -> None:
    frames = np.zeros((3 * MAX_FRAMES, WIDTH), np.float32)
    frames[MAX_FRAMES:, 0] = 0.5
    heard = Voices([made_up("1", "Angry")], [[frames]])
    nothing = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    answers = listen(Counting(), heard, ["Angry", "Sad"], nothing, 0.0)
    expected = inference.windows(frames)[:, :, 0].mean()
    assert np.exp(answers.logits["none"][0, 0]) == pytest.approx(expected)
    assert expected > 0.3
