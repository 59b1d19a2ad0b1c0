"""Training of the hybrid family: draws of baselines, batches, members, and calibration."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.special import softmax

from clips import CLIPS
from networks import small_hybrid
from ser.conditions import recording
from ser.corpora.base import Clip
from ser.evaluation import metrics
from ser.features.mfcc import MAX_FRAMES, MFCC, MFCC_PITCH
from ser.models import predictor as inference
from ser.models.baseline import Baseline
from ser.models.manifest import Window
from ser.training import augmentation, speaker_pool
from ser.training import feature_cache as features
from ser.training.calibration import (
    HIGHEST_LEAST_CONFIDENCE,
    MOST_FALSE_EMOTIONS,
    Scores,
    calibrate,
    score_pool,
)
from ser.training.data import TrainingSet
from ser.training.families import hybrid as family
from ser.training.families import hybrid_batches, networks
from ser.training.families.hybrid import Batches, Hybrid, HybridSettings
from ser.training.families.hybrid_batches import FIRST, LAST, Phase
from ser.training.feature_cache import corpus_features
from ser.training.speaker_pool import SpeakerPool
from ser.training.variants import SimulatedCondition

WIDTH = MFCC_PITCH.width
EMOTIONS = Hybrid.emotions
SETTINGS = HybridSettings(conditions=1, batch_size=4)


def training_set(clips: Sequence[Clip], cache: Path, **fields: object) -> TrainingSet:
    speakers = frozenset(clip.speaker for clip in clips)
    known = {"emotions": EMOTIONS, "core": Hybrid.core, "feature_set": MFCC_PITCH, "cache": cache}
    return TrainingSet(clips=tuple(clips), speakers=speakers, **(known | fields))


def made_up(speaker: str, emotion: str, number: int = 0) -> Clip:
    return Clip(Path(f"{speaker}-{emotion}-{number}.wav"), speaker, emotion)


def pool_of(speakers: int = 3, per_emotion: int = 2) -> SpeakerPool:
    """Speakers whose frames lie about their own number, under two recording conditions."""
    rng = default_rng(0)
    clips = [
        made_up(str(s), emotion, i)
        for s in range(speakers)
        for emotion in EMOTIONS
        for i in range(per_emotion)
    ]
    frames = [
        rng.normal(int(clip.speaker), 1.0, (int(rng.integers(80, 300)), WIDTH)).astype(np.float32)
        for clip in clips
    ]
    return SpeakerPool(clips, [frames, [(each + 100).astype(np.float16) for each in frames]])


def test_examples_without_a_baseline_are_sometimes_their_own() -> None:
    pool = pool_of()

    def offset(own_clip_share: float) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(speaker_pool, "GLOBAL_SHARE", 1.0)
            patch.setattr(hybrid_batches, "OWN_CLIP_SHARE", own_clip_share)
            patch.setattr(hybrid_batches, "OWN_CLIP_PRIOR_FRAMES", (1.0, 1.1))
            batch, *_ = Batches(pool, EMOTIONS, SETTINGS, 0)[0]
        return float(np.abs(batch.mean(axis=1)).mean())

    # Speakers lie about their own numbers; what lies about itself lies about 0.
    assert offset(1.0) < 0.2 * offset(0.0)


def test_examples_without_a_baseline_come_at_any_level() -> None:
    pool = pool_of()

    def levels(share: float, monkeypatch: pytest.MonkeyPatch) -> float:
        monkeypatch.setattr(speaker_pool, "GLOBAL_SHARE", share)
        batch, *_ = Batches(pool, EMOTIONS, SETTINGS, 0)[0]
        return float(np.std(batch[:, :, 0].mean(axis=1)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speaker_pool, "NEUTRAL_SHARE", 0.0)
        assert levels(1.0, patch) > 3 * levels(0.0, patch)


def test_simulated_conditions_are_the_same_in_every_run_and_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = SimulatedCondition(1, (CLIPS[3].path,))
    options = {"feature_set": MFCC_PITCH, "jobs": 1}
    first = corpus_features(CLIPS, cache=tmp_path, variant=condition, **options)
    plain = corpus_features(CLIPS, cache=tmp_path, **options)
    assert [frames.shape[1] for frames in first] == [WIDTH] * len(CLIPS)
    assert not any(
        len(a) == len(b) and np.allclose(a, b, atol=1.0) for a, b in zip(first, plain, strict=True)
    )
    fresh = corpus_features(CLIPS, cache=None, variant=condition, **options)
    monkeypatch.setattr(features, "_extract_all", lambda *_: pytest.fail("extracted again"))
    cached = corpus_features(CLIPS, cache=tmp_path, variant=condition, **options)
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
        condition = SimulatedCondition(number, (broken, CLIPS[5].path))
        frames = corpus_features(clips, cache=None, jobs=1, feature_set=MFCC_PITCH, variant=condition)
        assert [len(each) > 0 for each in frames] == [True] * 4 + [False] * 8
    assert "broken.wav: not used as background: The content is none" in capsys.readouterr().out


def test_baselines_are_of_the_same_speaker_and_condition() -> None:
    pool, rng = pool_of(), default_rng(1)
    training_scaling = pool.scaling
    kinds = set()
    for _ in range(300):
        index, condition = int(rng.integers(len(pool))), int(rng.integers(2))
        mean, scale = pool.draw_scaling(index, condition, 0.0, rng)
        assert (scale > 0).all()
        if mean is training_scaling[0]:
            kinds.add("global")
            continue
        kinds.add("own")
        assert mean.mean() == pytest.approx(int(pool.clips[index].speaker) + 100 * condition, abs=0.3)
    assert kinds == {"global", "own"}


def test_one_clip_alone_is_never_its_own_baseline() -> None:
    pool, rng = pool_of(speakers=2), default_rng(0)
    alone = SpeakerPool([pool.clips[0], *pool.clips[12:]], [[pool.frames(i) for i in (0, *range(12, 24))]])
    drawn = [alone.draw_scaling(0, 0, 0.0, rng) for _ in range(30)]
    assert all(scaling is alone.scaling for scaling in drawn)


def test_everybody_s_statistics_are_those_of_all_frames() -> None:
    pool = pool_of()
    frames = np.concatenate([pool.frames(i) for i in range(len(pool))])
    assert pool.scaling[0] == pytest.approx(frames.mean(axis=0), abs=1e-4)
    assert pool.scaling[1] == pytest.approx(frames.std(axis=0), abs=1e-4)


def test_clips_without_frames_are_left_out_and_conditions_without_fall_back() -> None:
    clips = [made_up("1", "Angry"), made_up("1", "Happy"), made_up("1", "Neutral")]
    full, empty = np.ones((90, WIDTH), np.float32), np.empty((0, WIDTH), np.float32)
    pool = SpeakerPool(clips, [[full, empty, full], [empty, full, 2 * full]])
    assert [clip.emotion for clip in pool.clips] == ["Angry", "Neutral"]
    assert np.array_equal(pool.frames(0, 1), full)
    assert pool.baseline([0], 1).count == Baseline.of(full).count
    assert np.array_equal(pool.frames(1, 1), 2 * full)


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


@pytest.mark.parametrize("phase", [FIRST, LAST])
def test_batches_hold_every_clip_once_and_two_lengths(phase: Phase) -> None:
    batches = Batches(pool_of(), EMOTIONS, SETTINGS, 0, phase)
    shortest, longest = hybrid_batches.LENGTHS_FRAMES
    for _ in range(3):
        drawn = [batches[i] for i in range(len(batches))]
        assert sum(len(targets) for _, targets in drawn) == 36
        assert {frames.shape[1] // 3 % 2 for frames, _ in drawn} == {0, 1}
        assert all(shortest - 6 < frames.shape[1] <= longest for frames, _ in drawn)
        assert all(frames.shape[1] % 3 == 0 for frames, _ in drawn)
        assert np.sum([targets.sum(axis=0) for _, targets in drawn], axis=0).tolist() == [6.0] * 6 + [0.0]
        batches.on_epoch_end()


def test_a_short_clip_goes_on_with_others_of_its_speaker_and_emotion(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [made_up("1", "Angry", 0), made_up("1", "Angry", 1), made_up("1", "Sad"), made_up("2", "Angry")]
    frames = [np.full((20, WIDTH), value, np.float32) for value in (1.0, 2.0, 3.0, 4.0)]
    batches = Batches(SpeakerPool(clips, [frames]), EMOTIONS, replace(SETTINGS, conditions=0), seed=0)
    joined = batches._continued(0, 0, 150)
    assert len(joined) >= 150
    assert (joined[:20] == 1.0).all()
    assert set(np.unique(joined)) == {1.0, 2.0}
    assert set(np.unique(batches._continued(2, 0, 150))) == {3.0}


def test_acted_speech_is_taken_in_pieces_as_long_as_words_too() -> None:
    clips = [made_up("1", "Angry", 0), made_up("1", "Angry", 1), made_up("1", "Sad"), made_up("2", "Angry")]
    frames = [np.arange(1000.0 * i, 1000.0 * i + 300)[:, np.newaxis] + np.zeros(WIDTH) for i in range(4)]
    batches = Batches(SpeakerPool(clips, [frames]), EMOTIONS, replace(SETTINGS, conditions=0), 0, LAST)
    shortest, longest = hybrid_batches.WORD_FRAMES
    sources, repeated = set(), 0
    for _ in range(200):
        joined = batches._words(0, 0, 320)[:, 0]
        assert len(joined) >= 320
        ends = np.flatnonzero(np.diff(joined) != 1.0) + 1
        lengths = np.diff([0, *ends, len(joined)])
        # Two pieces may happen to follow one another, but not all of them.
        assert shortest <= lengths.min() <= longest
        sources.add(tuple(sorted(set((joined // 1000).astype(int)))))
        starts = joined[[0, *ends]]
        repeated += len(ends) > 0 and len(set(starts)) == 1
    assert 0.5 < repeated / 200 / hybrid_batches.REPEATED_WORD_SHARE < 1.5
    assert sources == {(0,), (0, 1)}


def test_ordinary_speech_is_never_cut_into_words_and_is_marked() -> None:
    spoken = Clip(Path("word.ogg"), "ordinary/01", "Neutral", corpus="ordinary")
    clips = [made_up("1", "Angry"), spoken]
    pool = SpeakerPool(clips, [[np.ones((90, WIDTH), np.float32)] * 2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Batches, "_words", lambda self, index, *_: pytest.fail(self._pool.clips[index].corpus))
        batches = Batches(
            SpeakerPool([spoken] * 2, [[np.ones((90, WIDTH), np.float32)] * 2]),
            EMOTIONS,
            replace(SETTINGS, conditions=0),
            0,
            replace(LAST, word_share=1.0),
        )
        assert len(batches[0][0])
    batches = Batches(pool, EMOTIONS, replace(SETTINGS, conditions=0), 0, LAST)
    targets = np.concatenate([batches[0][1], batches[1][1]])
    assert {(float(row[:-1].max()), float(row[-1])) for row in targets} == {(1.0, 0.0), (0.5, 1.0)}


def test_the_loss_of_ordinary_speech_is_weighted_and_limits_other_emotions() -> None:
    logits = np.log(np.array([[0.02, 0.02, 0.02, 0.02, 0.02, 0.9], [0.7, 0.06, 0.06, 0.06, 0.06, 0.06]]))
    of_emotions = np.array([[0.1] * 5 + [0.5]] * 2)

    def losses(phase: Phase, ordinary: float) -> np.ndarray:
        targets = np.column_stack([of_emotions, [ordinary] * 2]).astype(np.float32)
        loss = family.loss_of(EMOTIONS, (), SETTINGS, phase)
        return np.array(loss(targets, logits.astype(np.float32)))

    plain = losses(FIRST, 0.0)
    assert losses(FIRST, 1.0) == pytest.approx(plain)
    assert losses(LAST, 0.0) == pytest.approx(plain)
    # Neutral has no limit; another emotion has one.
    excess = [0.0, np.log(0.7 / LAST.most_confidence)]
    assert losses(LAST, 1.0) == pytest.approx(LAST.ordinary_weight * plain + excess, rel=1e-4)


def test_one_phase_alone_has_all_epochs() -> None:
    assert replace(SETTINGS, phases=(FIRST,), epochs=66).schedule == [(FIRST, 66)]


def test_windows_of_the_last_phase_are_longer() -> None:
    def typical(phase: Phase) -> float:
        batches = Batches(pool_of(), EMOTIONS, SETTINGS, 0, phase)
        lengths = [batches._length() for _ in range(5_000)]
        assert hybrid_batches.LENGTHS_FRAMES[0] <= min(lengths) < 60
        assert 300 < max(lengths) <= hybrid_batches.LENGTHS_FRAMES[1]
        return float(np.median(lengths))

    assert typical(FIRST) == pytest.approx(126, rel=0.1)
    assert typical(LAST) == pytest.approx(185, rel=0.1)


def test_acted_examples_of_the_last_phase_are_often_words(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, taken = pool_of(), []

    def words(_self: Batches, index: int, condition: int, length: int) -> np.ndarray:
        taken.append(index)
        return np.zeros((length, WIDTH), np.float32) + pool.frames(index, condition)[:1]

    monkeypatch.setattr(Batches, "_words", words)
    for phase, share in ((FIRST, 0.0), (LAST, LAST.word_share)):
        taken.clear()
        batches = Batches(pool, EMOTIONS, SETTINGS, 0, phase)
        count = 0
        for _ in range(8):
            count += sum(len(batches[number][1]) for number in range(len(batches)))
        assert len(taken) / count == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(("epochs", "counts"), [(66, [56, 10]), (1, [1]), (2, [2]), (7, [6, 1])])
def test_phases_share_the_epochs(epochs: int, counts: list[int]) -> None:
    schedule = replace(SETTINGS, epochs=epochs).schedule
    assert [count for _, count in schedule] == counts
    assert [phase for phase, _ in schedule] == [FIRST, LAST][: len(counts)]


def test_ordinary_speech_has_an_uncertain_target() -> None:
    pool = pool_of(speakers=2, per_emotion=1)
    spoken = Clip(Path("word.ogg"), "ordinary/01", "Neutral", corpus="ordinary")
    targets = hybrid_batches.soft_targets([*pool.clips, spoken], EMOTIONS, 0.5)
    assert set(targets[:-1].max(axis=1)) == {1.0}
    assert targets[-1].tolist() == pytest.approx([0.1] * 5 + [0.5])
    assert np.allclose(targets.sum(axis=1), 1.0)


def test_the_threshold_keeps_emotions_out_of_ordinary_speech() -> None:
    rng = default_rng(0)
    logits = rng.normal(0.0, 0.5, (400, 6))
    targets = rng.integers(6, size=400)
    ordinary = np.arange(400) < 200
    targets[ordinary] = 5
    scores = Scores({"none": logits}, targets, ordinary)
    least = scores.least_confidence_of_emotions(1.0, range(6))
    known = softmax(logits[ordinary], axis=1)
    false = (known.argmax(axis=1) != 5) & (known.max(axis=1) >= least)
    assert 0.5 * MOST_FALSE_EMOTIONS <= false.mean() <= MOST_FALSE_EMOTIONS + 0.005
    assert scores.acted().targets.tolist() == targets[~ordinary].tolist()
    assert Scores({"none": logits}, targets).least_confidence_of_emotions(1.0, range(6)) == 0.0
    assert scores.least_confidence_of_emotions(0.01, range(6)) == HIGHEST_LEAST_CONFIDENCE


def test_a_head_without_neutral_is_kept_from_ordinary_speech_as_well() -> None:
    rng = default_rng(0)
    logits = rng.normal(0.0, 0.5, (400, 6))
    targets = np.full(400, 5)
    scores = Scores({"none": logits}, targets, np.ones(400, bool))
    least = scores.least_confidence_of_emotions(1.0, range(4))
    among = softmax(logits[:, :4], axis=1).max(axis=1)
    # Where the network finds Fear or Neutral the most probable, the answer is uncertain anyway.
    certain = (logits.argmax(axis=1) < 4) & (among >= least)
    assert 0.5 * MOST_FALSE_EMOTIONS <= certain.mean() <= MOST_FALSE_EMOTIONS + 0.005


def test_the_recall_of_ordinary_speech_is_that_of_neutral_alone() -> None:
    logits = np.eye(6)[[5, 5, 5, 0, 1, 5]]
    assert Scores({"none": logits}, np.full(6, 5)).uar() == {"none": pytest.approx(4 / 6)}


def test_members_are_trained_once_and_then_taken_from_their_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = networks.Size(channels=8, kernel=1, lstm_units=8, hidden_units=8)
    settings = replace(SETTINGS, members=(size,), epochs=1, conditions=0, batch_size=6)
    data = training_set(CLIPS, tmp_path / "features")

    def train(seed: int) -> list[np.ndarray]:
        members = family.train_members(
            {"one": data}, settings, seed=seed, checkpoints=tmp_path / "members", jobs=1
        )
        return members["one"][0].get_weights()

    first = train(0)
    assert not list((tmp_path / "members").glob("partial*"))
    monkeypatch.setattr(family, "_train_member", lambda *_: pytest.fail("trained again"))
    for a, b in zip(first, train(0), strict=True):
        assert np.array_equal(a, b)
    with pytest.raises(pytest.fail.Exception):
        train(1)


def test_a_killed_training_goes_on_after_the_last_whole_phase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(family, "hybrid", small_hybrid)
    halves = tuple(replace(phase, share=0.5) for phase in (FIRST, LAST))
    settings = replace(
        SETTINGS, members=SETTINGS.members[:1], epochs=2, phases=halves, conditions=0, batch_size=6
    )
    data = training_set(CLIPS, tmp_path / "features")
    phases = []

    class Spied(Batches):
        def __init__(self, *arguments: Any) -> None:
            phases.append(arguments[-1])
            if len(phases) == 2:
                raise KeyboardInterrupt
            super().__init__(*arguments)

    monkeypatch.setattr(family, "Batches", Spied)
    rates, losses = [], []
    one_cycle, loss_of = family.OneCycle, family.loss_of
    monkeypatch.setattr(family, "OneCycle", lambda *a: rates.append(a[0]) or one_cycle(*a))
    monkeypatch.setattr(family, "loss_of", lambda *a: losses.append(a[-1]) or loss_of(*a))

    def train() -> list[np.ndarray]:
        members = family.train_members(
            {"one": data}, settings, seed=0, checkpoints=tmp_path / "members", jobs=1
        )
        return members["one"][0].get_weights()

    with pytest.raises(KeyboardInterrupt):
        train()
    resumed = train()
    assert phases == [*halves, halves[1]]
    # As if it had never been killed.
    shutil.rmtree(tmp_path / "members")
    for a, b in zip(resumed, train(), strict=True):
        assert np.array_equal(a, b)
    assert phases[3:] == [*halves]
    assert losses == [halves[0], halves[1], *halves]
    assert rates == [phase.learning_rate for phase in losses]


def test_a_phase_goes_on_with_the_weights_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(family, "hybrid", small_hybrid)
    halves = (replace(FIRST, share=0.5), replace(LAST, share=0.5, learning_rate=0.0))
    settings = replace(
        SETTINGS, members=SETTINGS.members[:1], epochs=2, phases=halves, conditions=0, batch_size=6
    )
    data = training_set(CLIPS, tmp_path / "features")
    folder = tmp_path / "members"
    members = family.train_members({"one": data}, settings, seed=0, checkpoints=folder, jobs=1)
    first = small_hybrid(len(EMOTIONS), SETTINGS.members[0])
    first.load_weights(folder / f"{family._key(data, settings, SETTINGS.members[0], 0, 1)}.weights.h5")
    for before, after in zip(first.get_weights(), members["one"][0].get_weights(), strict=True):
        assert np.array_equal(before, after)


def test_epochs_are_counted_over_members_and_phases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "hybrid", small_hybrid)
    halves = tuple(replace(phase, share=0.5) for phase in (FIRST, LAST))
    settings = replace(SETTINGS, epochs=4, phases=halves, conditions=0, batch_size=6)
    counts, totals = [], []
    write = family.EpochCounter.on_epoch_end

    @contextmanager
    def followed(_: str, done: Callable[[], int], *, total: int, unit: str) -> Iterator[None]:
        totals.append(total)
        counts.append(done())

        def count(callback: family.EpochCounter, epoch: int, logs: object = None) -> None:
            write(callback, epoch, logs)
            counts.append(done())

        monkeypatch.setattr(family.EpochCounter, "on_epoch_end", count)
        yield
        counts.append(done())

    monkeypatch.setattr(family.progress, "followed", followed)
    data = {"one": training_set(CLIPS, tmp_path / "features")}
    family.train_members(data, settings, seed=0, checkpoints=tmp_path / "members", jobs=1)
    assert totals == [8]
    assert counts == [*range(9), 8]
    assert not list((tmp_path / "members").glob("*.epochs"))


def test_members_are_trained_in_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(family, "hybrid", small_hybrid)
    pools = []

    def parallel(**options: object) -> Callable[[list[Any]], Iterator[None]]:
        pools.append(options)
        return train_as_if_sent

    def train_as_if_sent(tasks: list[Any]) -> Iterator[None]:
        for function, arguments, options in pickle.loads(pickle.dumps(tasks)):
            yield function(*arguments, **options)

    monkeypatch.setattr(family, "Parallel", parallel)
    settings = replace(SETTINGS, epochs=1, conditions=0)
    sets = {"all": training_set(CLIPS, tmp_path), "some": training_set(CLIPS[:8], tmp_path)}
    members = family.train_members(sets, settings, seed=0, checkpoints=tmp_path / "members", jobs=3)
    assert pools == [{"n_jobs": 3, "backend": "loky", "return_as": "generator_unordered"}]
    told = capfd.readouterr().err.splitlines()
    assert told[-5:] == [
        "Training 4 networks, 3 at a time",
        *(f"Network {n} of 4 is trained" for n in range(1, 5)),
    ]
    weights = [member.get_weights()[0] for of_set in members.values() for member in of_set]
    assert len(weights) == 2 * len(settings.members)
    assert not any(np.array_equal(a, b) for a, b in combinations(weights, 2))


@pytest.mark.parametrize(
    "change",
    [
        "another recording",
        "another of that size",
        "another noise",
        "another emotion",
        "features",
        "network",
        "conditions",
        "core",
    ],
)
def test_a_member_that_was_trained_on_something_else_is_not_taken(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.wav", "two.wav", "noise.wav"):
        (tmp_path / name).write_bytes(b"sound")
    clips = [Clip(tmp_path / "one.wav", "1", "Angry"), Clip(tmp_path / "two.wav", "2", "Sad")]
    data = training_set(clips, tmp_path, noises=(tmp_path / "noise.wav",))

    def key(data: TrainingSet = data) -> str:
        return family._key(data, SETTINGS, SETTINGS.members[0], 0, 1)

    before = key()
    assert key() == before
    if change == "another recording":
        clips[0].path.write_bytes(b"another sound")
    elif change == "another of that size":
        clips[0].path.write_bytes(b"SOUND")
        os.utime(clips[0].path, ns=(1, 1))
    elif change == "another noise":
        (tmp_path / "noise.wav").write_bytes(b"another sound")
    elif change == "another emotion":
        data = replace(data, clips=(clips[0], replace(clips[1], emotion="Happy")))
    elif change == "features":
        data = replace(data, feature_set=MFCC)
    elif change == "core":
        data = replace(data, core=EMOTIONS[:2])
    elif change == "network":
        monkeypatch.setitem(networks.HYBRID_SETTINGS, "attention_units", 65)
    else:
        monkeypatch.setitem(recording.SETTINGS, "gain_db", (0.0, 1.0))
    assert key(data) != before


def test_a_recording_that_takes_the_place_of_another_is_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, ns=(1, 1))
    clip = tmp_path / "clip.wav"
    clip.symlink_to(tmp_path / "one")
    data = training_set([Clip(clip, "1", "Angry"), Clip(clip, "2", "Sad")], tmp_path)
    before = family._key(data, SETTINGS, SETTINGS.members[0], 0, 1)
    clip.unlink()
    clip.symlink_to(tmp_path / "two")
    assert family._key(data, SETTINGS, SETTINGS.members[0], 0, 1) != before


def test_another_last_phase_leaves_the_first_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(b"sound")
    clips = [Clip(tmp_path / "one.wav", "1", "Angry"), Clip(tmp_path / "one.wav", "2", "Sad")]
    data = training_set(clips, tmp_path)
    other = replace(SETTINGS, phases=(FIRST, replace(LAST, ordinary_weight=0.5)))

    def keys(settings: HybridSettings) -> list[str]:
        return [family._key(data, settings, SETTINGS.members[0], 0, phases) for phases in (1, 2)]

    (first, last), (other_first, other_last) = keys(SETTINGS), keys(other)
    assert first == other_first
    assert len({first, last, other_last}) == 3


def test_a_later_copy_of_the_recordings_is_the_same(tmp_path: Path) -> None:
    clip = tmp_path / "one.wav"
    clip.write_bytes(b"sound")
    data = training_set([Clip(clip, "1", "Angry"), Clip(clip, "2", "Sad")], tmp_path)
    before = family._key(data, SETTINGS, SETTINGS.members[0], 0, 1)
    os.utime(clip, (1, 1))
    assert family._key(data, SETTINGS, SETTINGS.members[0], 0, 1) == before


def scores(sharpness: float) -> Scores:
    """Answers that are right as often as their softmax says, sharpened."""
    rng = default_rng(0)
    logits = rng.normal(0.0, 1.5, (4_000, 6))
    targets = np.array([rng.choice(6, p=row) for row in softmax(logits, axis=1)])
    return Scores({"none": sharpness * logits, "own": sharpness * logits}, targets)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_a_network_s_overconfidence(sharpness: float) -> None:
    assert scores(sharpness).temperature() == pytest.approx(sharpness, rel=0.06)


def test_a_dozen_clips_that_are_all_right_or_all_wrong_do_not_decide_alone() -> None:
    known = scores(1.0)
    right = known.logits["none"].argmax(axis=1) == known.targets
    for wanted, sure in ((right, (0.4, 0.9)), (~right, (1.1, 2.5))):
        some = known[wanted & (np.cumsum(wanted) <= 12)]
        assert len(some.targets) == 12
        assert sure[0] < some.temperature() < sure[1]


def test_each_condition_counts_a_clip_as_less() -> None:
    some = scores(2.0)[np.arange(4_000) < 30]
    alone = replace(some, logits={"none": some.logits["none"]})
    assert some.temperature() == pytest.approx(alone.temperature(), rel=1e-3)


def test_each_corpus_is_scored_for_itself() -> None:
    both = scores(2.0)
    names = np.where(np.arange(4_000) < 1_000, "cremad", "emodb")
    named = replace(both, corpora=names, ordinary=np.zeros(4_000, bool))
    found = calibrate(named, range(6)).metrics["corpora"]
    assert {name: each["clips"] for name, each in found.items()} == {"cremad": 1_000, "emodb": 3_000}
    assert found["cremad"]["uar"] == named[names == "cremad"].uar()
    assert max(each["ece"]["none"] for each in found.values()) < 0.06
    # Twice as sure as it should be.
    assert named.ece(1.0)["none"] > 0.1
    assert "corpora" not in calibrate(both, range(6)).metrics


def test_a_head_is_calibrated_on_its_own_clips_alone() -> None:
    head = scores(2.0).of_labels([2, 0])
    assert set(head.targets.tolist()) == {0, 1}
    assert head.logits["none"].shape == (len(head.targets), 2)
    assert head.temperature() == pytest.approx(2.0, rel=0.15)


def test_what_is_answered_is_right_so_much_more_often() -> None:
    some = scores(1.0)
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

    def run(self, batch: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
        assert batch.shape[1] <= MAX_FRAMES
        first = batch[:, :, 0].mean(axis=1)
        return np.stack([first, 1 - first], axis=1)


def test_long_clips_are_scored_to_their_end() -> None:
    frames = np.zeros((3 * MAX_FRAMES, WIDTH), np.float32)
    frames[MAX_FRAMES:, 0] = 0.5
    pool = SpeakerPool([made_up("1", "Angry")], [[frames]])
    nothing = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    answers = score_pool(
        Counting(), pool, ["Angry", "Sad"], scaling=nothing, window=Window(), prior_frames=0.0
    )
    expected = inference.windows(frames, Window())[:, :, 0].mean()
    assert np.exp(answers.logits["none"][0, 0]) == pytest.approx(expected)
    assert expected > 0.3
