from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from clips import CLIPS, DATA, PUBLISHED
from networks import small_bilstm
from ser import corpora
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation import scores as evaluation
from ser.features.mfcc import MAX_FRAMES, MFCC, N_MFCC
from ser.models.manifest import CARD_FILE, MANIFEST
from ser.models.predictor import EmotionPredictor
from ser.training.augmentation import augment
from ser.training.families import bilstm as family
from ser.training.families.bilstm import Batches, Bilstm, BilstmSettings, Examples, pad
from ser.training.families.networks import bilstm
from ser.training.feature_cache import corpus_features
from ser.training.pipeline import train_model

RNG = np.random.default_rng(0)


def frames(length: int, value: float | None = None) -> np.ndarray:
    if value is not None:
        return np.full((length, MFCC.width), value, np.float32)
    return RNG.standard_normal((length, MFCC.width)).astype(np.float32)


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our twelve clips under the names of every speaker of the split: real sounds, borrowed names."""
    folder = tmp_path_factory.mktemp("corpus")
    by_emotion = {clip.emotion: clip.path for clip in CLIPS}
    codes = {"Angry": "ANG", "Happy": "HAP", "Sad": "SAD", "Disgust": "DIS"}
    for speakers in splits.standard_split("cremad").values():
        for speaker in speakers:
            for emotion, path in by_emotion.items():
                (folder / f"{speaker}_DFA_{codes[emotion]}_XX.webm").symlink_to(path)
    return folder


@pytest.mark.parametrize("length", [11, 60, 250, 400])
def test_augmentation_keeps_shape_and_sense(length: int) -> None:
    original = frames(length)
    before = original.copy()
    lengths = set()
    for seed in range(30):
        varied = augment(original, np.random.default_rng(seed))
        assert varied.dtype == np.float32
        assert varied.shape[1] == MFCC.width
        assert np.isfinite(varied).all()
        assert len(varied) <= length / (1 - 0.15) + 1
        # A frame of zeros would be taken for padding.
        assert np.abs(varied).max(axis=1).min() > 0
        lengths.add(len(varied))
    assert len(lengths) > 1
    np.testing.assert_array_equal(original, before)


def test_augmentation_shifts_a_voice_but_not_its_derivatives() -> None:
    steady = frames(300, 0.0)
    shifted = np.array([augment(steady, np.random.default_rng(seed)).mean(axis=0) for seed in range(50)])
    assert shifted[:, :N_MFCC].std() > 0.2
    assert shifted[:, N_MFCC:].std() < 0.1


def test_padding_is_zero_and_behind() -> None:
    padded = pad([frames(3, 1.0), frames(5, 2.0)])
    assert padded.shape == (2, 5, MFCC.width)
    assert (padded[0, :3] == 1).all()
    assert (padded[0, 3:] == 0).all()


def test_the_scaler_sees_only_real_frames_of_those_trained_on() -> None:
    scaler = family.fit_scaler([frames(10, 1.0), frames(30, 5.0)])
    np.testing.assert_allclose(scaler.mean_, 4.0)
    batch, _ = Batches(
        Examples([frames(4, 4.0), frames(8, 4.0)], np.array([0, 1])), scaler, seed=None, batch_size=2
    )[0]
    assert (batch == 0).all()


@pytest.mark.parametrize("seed", [None, 3])
def test_every_clip_is_in_every_epoch_once(seed: int | None) -> None:
    examples = Examples([frames(20 + 10 * i) for i in range(45)], np.arange(45))
    batches = Batches(examples, family.fit_scaler(examples.frames), seed=seed, batch_size=8)
    for _ in range(2):
        seen = np.concatenate([batches[i][1] for i in range(len(batches))])
        assert sorted(seen) == list(range(45))
        assert max(batches[i][0].shape[1] for i in range(len(batches))) <= MAX_FRAMES + 1
        batches.on_epoch_end()


def test_the_network_is_the_published_one() -> None:
    model = bilstm(4)
    assert model.count_params() == 427_844
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer",
        "Masking",
        "Bidirectional",
        "Dropout",
        "Bidirectional",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.4, 0.4, 0.3]


def test_without_masking_unpadded_frames_give_the_same() -> None:
    masked, bare = bilstm(4), bilstm(4, masking=False)
    bare.set_weights(masked.get_weights())
    short, long = frames(90), frames(150)
    padded = masked(pad([short, long]), training=False)
    np.testing.assert_allclose(padded[0], bare(short[np.newaxis], training=False)[0], atol=1e-6)
    np.testing.assert_allclose(padded[1], bare(long[np.newaxis], training=False)[0], atol=1e-6)


def test_features_are_cached_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "corpus"
    shutil.copytree(DATA, folder)
    clips = corpora.load("cremad", folder)
    first = corpus_features(clips, cache=tmp_path / "cache", jobs=1)
    assert len(first) == 12
    calls: list[Path] = []
    real = corpus_features.__globals__["_extract"]
    monkeypatch.setitem(
        corpus_features.__globals__,
        "_extract",
        lambda path, *rest: (calls.append(path), real(path, *rest))[1],
    )
    second = corpus_features(clips, cache=tmp_path / "cache", jobs=1)
    assert calls == []
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    clips[3].path.write_bytes(clips[4].path.read_bytes())
    third = corpus_features(clips, cache=tmp_path / "cache", jobs=1)
    assert len(calls) == 12
    np.testing.assert_array_equal(third[3], third[4])


def test_processes_extract_the_same() -> None:
    for one, other in zip(*(corpus_features(CLIPS, cache=None, jobs=jobs) for jobs in (1, 2)), strict=True):
        # A process may have fewer threads for products of matrices, which then sum in another order.
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_a_clip_that_cannot_be_used_is_empty_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "1001_DFA_ANG_XX.wav").write_text("no sound")
    (empty,) = corpus_features(corpora.load("cremad", tmp_path), cache=None, jobs=1)
    assert empty.shape == (0, MFCC.width)


def test_a_run_from_corpus_to_model(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The notebook's run is one with the published network.
    monkeypatch.setattr(family, "bilstm", small_bilstm)
    directory = tmp_path / "model" / "tiny"
    published = splits.standard_split("cremad")
    few = {part: sorted(speakers)[:5] for part, speakers in published.items()}
    (tmp_path / "few.json").write_text(json.dumps(few))
    report = train_model(
        Bilstm(BilstmSettings(epochs=1)),
        corpus="cremad",
        data=small_corpus,
        directory=directory,
        splits_file=tmp_path / "few.json",
        cache=tmp_path / "cache",
        examples=DATA,
        command="ser train --data X",
    )
    assert report.clips == 5 * 4
    assert report.speakers == few["dev"]
    onnx, keras = (EmotionPredictor.load(directory, engine=e) for e in ("onnx", "keras"))
    for clip in CLIPS:
        assert dict(onnx.predict(clip.path).probabilities) == pytest.approx(
            dict(keras.predict(clip.path).probabilities), abs=1e-4
        )
    manifest = json.loads((directory / MANIFEST).read_text())
    assert manifest["metrics"]["dev"]["uar"] == report.uar
    assert manifest["training"]["epochs"] == 1
    assert len(manifest["metrics"]["examples"]) == 12
    assert f"UAR {report.uar:.4f}" in (directory / CARD_FILE).read_text()
    assert [path.name for path in directory.parent.iterdir()] == ["tiny"]
    assert not list((tmp_path / "cache").rglob("bilstm-*"))


def test_a_run_continues_only_where_everything_is_the_same(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = []

    def stop(*_: object, checkpoint: Path, **__: object) -> None:
        checkpoints.append(checkpoint)
        raise Killed

    monkeypatch.setattr(family, "train", stop)
    options = {
        "family": Bilstm(),
        "corpus": "cremad",
        "data": small_corpus,
        "directory": tmp_path / "x",
        "cache": tmp_path / "cache",
    }
    longer = Bilstm(BilstmSettings(epochs=3))
    for changed in ({}, {}, {"seed": 1}, {"family": longer}, {"emotions": ("Sad", "Angry")}):
        with pytest.raises(Killed):
            train_model(**options | changed)
    assert checkpoints[0] == checkpoints[1]
    assert len(set(checkpoints)) == 4


def test_a_run_that_fails_leaves_the_old_model(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "model" / "tiny"
    directory.mkdir(parents=True)
    old = (PUBLISHED / MANIFEST).read_text()
    (directory / MANIFEST).write_text(old)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(family, "train", stop)
    with pytest.raises(KeyboardInterrupt):
        train_model(Bilstm(), corpus="cremad", data=small_corpus, directory=directory)
    assert (directory / MANIFEST).read_text() == old


class Killed(BaseException):
    """As a kill, nothing catches it."""


@pytest.mark.parametrize("backed_up", [False, True])
@pytest.mark.parametrize("killed_after", [1, 3])
def test_a_killed_training_continues_and_ends_with_its_best_epoch(
    killed_after: int, backed_up: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is tested is the checkpoints, whatever the network.
    monkeypatch.setattr(family, "bilstm", small_bilstm)
    # The labels of the two sets contradict each other: the first epoch is the best.
    targets = np.arange(8) % 2
    trained_on = Examples([frames(20, float(target)) + 0.1 * frames(20) for target in targets], targets)
    others = Examples(trained_on.frames, 1 - targets)
    settings = BilstmSettings(epochs=5)
    options = {"classes": 2, "settings": settings, "checkpoint": tmp_path / "checkpoint"}
    backup = keras.callbacks.BackupAndRestore
    save, calls = backup.on_epoch_end, []

    def killed(callback: keras.callbacks.Callback, epoch: int, logs: dict[str, float]) -> None:
        calls.append(epoch)
        if backed_up or len(calls) < killed_after:
            save(callback, epoch, logs)
        if len(calls) == killed_after:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(backup, "on_epoch_end", killed)
        with pytest.raises(Killed):
            family.train(trained_on, others, **options)
    before = json.loads((tmp_path / "checkpoint" / "epochs" / "epochs.json").read_text())
    assert len(before) == killed_after
    trained = family.train(trained_on, others, **options)
    losses = trained.history["val_loss"]
    assert len(losses) == 5
    kept = killed_after if backed_up else killed_after - 1
    assert losses[:kept] == [epoch["logs"]["val_loss"] for epoch in before[:kept]]
    assert trained.best_epoch == np.argmin(losses) + 1
    # The weights, too, are those of the epoch before the kill.
    batches = Batches(others, trained.scaler, seed=None, batch_size=8)
    found, _ = trained.model.evaluate(batches, verbose=0)
    assert found == pytest.approx(min(losses), rel=1e-3)
    assert not (tmp_path / "checkpoint").exists()


def test_a_corpus_without_the_splits_speakers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        train_model(Bilstm(), corpus="cremad", data=DATA, directory=tmp_path / "x")


def clip(emotion: str, speaker: str = "1") -> Clip:
    return Clip(Path("x"), speaker, emotion)


def test_scores_are_what_they_say() -> None:
    clips = [clip("A"), clip("A"), clip("A"), clip("B", "2"), clip("B", "2")]
    report = evaluation.score(["A", "B"], clips, ["A", "A", "B", "B", evaluation.REFUSED])
    assert report.uar == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert report.wa == pytest.approx(3 / 5)
    assert report.confusion == [[2, 1, 0], [0, 1, 1]]
    assert report.refused == 1
    assert report.speakers == ["1", "2"]
    assert report.per_class["A"] == pytest.approx({"precision": 1, "recall": 2 / 3, "f1": 0.8, "clips": 3})
    assert report.macro_f1 == pytest.approx((0.8 + 0.5) / 2)


def test_a_model_that_always_says_the_same_scores_chance() -> None:
    clips = [clip("A")] * 90 + [clip("B")] * 10
    report = evaluation.score(["A", "B"], clips, ["A"] * 100)
    assert report.uar == 0.5
    assert report.wa == 0.9
