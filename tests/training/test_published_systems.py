"""The published systems: their size, and the same answer from the network and from its ONNX graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from clips import CLIPS, pieces
from ser import corpora
from ser.features.clip_187 import CLIP_187
from ser.models.engines import FRAMES_INPUT
from ser.models.manifest import ONNX_FILE
from ser.training.calibration import calibrate, score
from ser.training.clip_copies import KINDS, ClipCopy
from ser.training.data import TrainingSet
from ser.training.export import KerasModel
from ser.training.families import bert_tokens
from ser.training.families.bert_tokens import CODES, HIDDEN_SHARE, BertTokens, HiddenCodes, set_codes
from ser.training.families.classical import Classical
from ser.training.families.crops import CropSettings
from ser.training.families.hindi_lstm import HindiLstm
from ser.training.families.registry import FAMILIES
from ser.training.families.vectors import VectorSettings
from ser.training.family import Head

pytestmark = pytest.mark.slow

NETWORKS = (
    "dense-105",
    "dense-105-8",
    "cnn-lstm-42",
    "cnn-lstm-voting",
    "bert-tokens",
    "voice-gender",
)
CLASSICAL = ("hindi-svm", "hindi-random-forest", "hindi-decision-tree", "hindi-mlp", "hindi-knn")
EMOTIONS = ("Angry", "Disgust", "Happy", "Sad")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pieces(tmp_path_factory.mktemp("own"), per_clip=3)


def training_set(folder: Path, cache: Path, feature_set: Any) -> TrainingSet:
    clips = tuple(corpora.load("folder", folder))
    emotions = tuple(sorted({clip.emotion for clip in clips}))
    speakers = frozenset(clip.speaker for clip in clips)
    return TrainingSet(clips, speakers, emotions, (), feature_set, cache)


def run(file: Path, batch: np.ndarray, output: str) -> np.ndarray:
    return ort.InferenceSession(file.read_bytes()).run([output], {FRAMES_INPUT: batch})[0]


@pytest.mark.parametrize(("name", "count"), [("dense-105", 230_791), ("cnn-lstm-42", 69_480)])
def test_a_network_is_as_large_as_the_published_one(name: str, count: int) -> None:
    family = FAMILIES.get(name)()
    assert family.network(len(family.emotions)).count_params() == count


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_small(name: str) -> None:
    family = FAMILIES.get(name)()
    assert 4 * family.network(len(family.emotions)).count_params() < 2.9e6


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_trained_and_answers_the_same_as_its_graph(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A shallower BERT: its layers are all alike.
    monkeypatch.setattr(bert_tokens, "PRETRAINING_EPOCHS", 1)
    monkeypatch.setattr(bert_tokens, "BLOCKS", 1)
    family_type = FAMILIES.get(name)
    family = family_type()
    short: Any = VectorSettings(epochs=1, copies=("noise",))
    if isinstance(family.settings, CropSettings):
        short = CropSettings(epochs=1, lengths_frames=(40, 60), batch_size=16)
    family = family_type(short)
    data = training_set(folder, tmp_path / "cache", family.feature_set)
    model = family.fit(data, seed=1, checkpoints=tmp_path / "members")
    assert isinstance(model, KerasModel)
    family.export(model, tmp_path, {"probabilities": Head(range(len(data.emotions)), 1.0)})
    require_same_answers(model, data, tmp_path)
    assert model.scaling is None


def require_same_answers(model: KerasModel, data: TrainingSet, folder: Path) -> None:
    features, _ = data.examples()
    # Two lengths: Keras traces its graph anew for each.
    for each in features[:2]:
        batch = each[np.newaxis]
        expected = model.run(batch)
        assert expected.sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(run(folder / ONNX_FILE, batch, "probabilities"), expected, atol=1e-4)


def test_hindi_is_read_by_the_smaller_network_of_a_shipped_model(folder: Path, tmp_path: Path) -> None:
    settings = HindiLstm().settings
    assert settings.members == 1
    family = HindiLstm(replace(settings, conditions=1))
    data = training_set(folder, tmp_path / "cache", family.feature_set)
    model = family.fit(data, seed=1, checkpoints=tmp_path / "members")
    assert isinstance(model, KerasModel)
    assert model.parameters < min(each.count_params() for each in family.start.networks()) + 50_000
    assert model.scaling is not None
    family.export(model, tmp_path, {"probabilities": Head(range(len(data.emotions)), 1.0)})
    require_same_answers(model, data, tmp_path)
    assert (tmp_path / ONNX_FILE).stat().st_size < 3e6


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_classical_system_answers_the_same_as_its_graph(name: str, folder: Path, tmp_path: Path) -> None:
    family_type = FAMILIES.get(name)
    family = family_type(family_type.Settings(copies=("noise",)))
    data = training_set(folder, tmp_path / "cache", family.feature_set)
    model = family.fit(data, seed=1, checkpoints=tmp_path)
    family.export(model, tmp_path, {"probabilities": Head(range(len(data.emotions)), 1.0)})
    features, _ = data.examples()
    batch = np.stack(features)
    expected = model.run(batch)
    assert expected.shape == (len(batch), len(data.emotions))
    np.testing.assert_allclose(run(tmp_path / ONNX_FILE, batch, "probabilities"), expected, atol=1e-4)
    scores = score(model, data, scaling=None, window=family.window, prior_frames=0.0)
    assert 0 < calibrate(scores, range(len(data.emotions))).temperature <= 5


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_classical_system_is_an_estimator(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, CLIP_187.width)).astype(np.float32)
    y = np.array(["Sad", "Angry"])[(x[:, 0] > 0).astype(int)]
    family = FAMILIES.get(name)()
    assert isinstance(family, Classical)
    estimator = family.pipeline(seed=1)
    twin = clone(estimator)
    assert estimator.fit(x, y) is estimator
    check_is_fitted(estimator)
    assert estimator.classes_.tolist() == ["Angry", "Sad"]
    found = estimator.predict_proba(x)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert set(estimator.predict(x)) <= {"Angry", "Sad"}
    # The same seed and the same data give the same answers.
    np.testing.assert_array_equal(twin.fit(x, y).predict_proba(x), found)


def test_copies_change_the_sound_of_each_clip_and_are_the_same_each_time(
    folder: Path, tmp_path: Path
) -> None:
    data = training_set(folder, tmp_path, CLIP_187)
    plain, targets = data.examples()
    for kind in KINDS:
        copied, same = data.examples(ClipCopy(kind))
        assert same.tolist() == targets.tolist()
        changed = np.abs(np.stack(copied) - np.stack(plain)).max(axis=1)
        assert (changed > 0.1).mean() > 0.9
        fresh, _ = training_set(folder, tmp_path / "other", CLIP_187).examples(ClipCopy(kind))
        np.testing.assert_array_equal(np.stack(fresh), np.stack(copied))


def test_a_copy_is_made_of_no_clip_that_is_tested(folder: Path, tmp_path: Path) -> None:
    everything = training_set(folder, tmp_path, CLIP_187)
    held = everything.of_clips(everything.clips[::3])
    kept = everything.of_clips(clip for clip in everything.clips if clip not in held.used)
    assert {clip.path for clip in kept.used}.isdisjoint(clip.path for clip in held.used)
    assert len(kept.used) + len(held.used) == len(everything.used)
    assert len(kept.examples(ClipCopy("noise"))[0]) <= len(kept.used)
    assert kept.identity() != held.identity() != everything.identity()
    # They share one cache of features.
    assert len(list(tmp_path.iterdir())) == 1


def test_codes_are_the_nearest_centres_and_hidden_ones_are_guessed(folder: Path, tmp_path: Path) -> None:
    family = BertTokens(CropSettings(lengths_frames=(60, 60), batch_size=16))
    pool = training_set(folder, tmp_path, family.feature_set).pool()
    model = family.network(4)
    tokens = model.get_layer("tokens")
    set_codes(tokens, pool, np.random.default_rng(0))
    weights, _ = tokens.get_layer("centres").get_weights()
    frames = np.random.default_rng(1).normal(size=(2, 30, weights.shape[0])).astype(np.float32)
    averaged = frames.reshape(2, 10, 3, -1).mean(axis=2)
    distances = ((averaged[:, :, np.newaxis] - weights.T) ** 2).sum(axis=-1)
    assert tokens.predict_on_batch(frames).tolist() == distances.argmin(axis=-1).tolist()
    codes, hidden = HiddenCodes(tokens, pool, family.settings, seed=0)[0]
    assert codes.shape == hidden.shape == (len(codes), 20)
    assert ((codes == CODES) == (hidden >= 0)).all()
    assert 0 < (codes == CODES).mean() < 3 * HIDDEN_SHARE


def test_a_vote_is_a_share_of_sequences(folder: Path, tmp_path: Path) -> None:
    family = FAMILIES.get("cnn-lstm-voting")()
    assert family.window.aggregate == "vote"
    data = training_set(folder, tmp_path, family.feature_set).of_clips(
        training_set(folder, tmp_path, family.feature_set).clips[:3]
    )

    class Constant:
        """Votes for its second label, then for its first ones."""

        def run(self, batch: np.ndarray, mean: object = None, scale: object = None) -> np.ndarray:
            found = np.full((len(batch), 4), 0.1, np.float32)
            found[:, 0] = 0.7
            found[: len(batch) // 2 + 1, :2] = 0.1, 0.7
            return found

    scores = score(Constant(), data, scaling=None, window=family.window, prior_frames=0.0)
    shares = np.exp(scores.logits["none"])
    assert shares.argmax(axis=1).tolist() == [1, 1, 1]
    assert (shares.max(axis=1) > 0.5).all()
    assert calibrate(scores, range(4), voting=True).temperature == 1.0


def test_every_family_says_what_it_is() -> None:
    for name in FAMILIES:
        family = FAMILIES.get(name)
        assert family.corpora[0] in corpora.CORPORA
        assert name in (family.default_name, "hybrid", "bilstm")
        assert len(set(family.emotions)) == len(family.emotions)
        assert (family.group == "recommended") == (name in ("hybrid", "voice-gender"))
    assert len(CLIPS) == 12
