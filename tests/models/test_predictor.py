from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import skops.io

from clips import CLIPS, DATA, MODEL, copied_model
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.errors import ModelCorrupt, ModelError, ModelNotFound
from ser.features.mfcc import MAX_FRAMES, MFCC
from ser.models import store as model_store
from ser.models.baseline import Baseline
from ser.models.manifest import KERAS_FILE, MANIFEST, ONNX_FILE, PICKLED_SCALER_FILE, SCALER_FILE, Window
from ser.models.pool import ModelPool
from ser.models.predictor import EmotionPredictor, Prediction, windows


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped model, to be spoilt."""
    return copied_model(tmp_path / "copy")


def put(directory: Path, file: str, content: bytes) -> None:
    """Put a file into a model, and its hash into the manifest: what an attacker would do."""
    (directory / file).write_bytes(content)
    manifest = json.loads((directory / MANIFEST).read_text())
    manifest["sha256"][file] = hashlib.sha256(content).hexdigest()
    (directory / MANIFEST).write_text(json.dumps(manifest))


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 1), (399, 1), (400, 1), (401, 2), (600, 2), (601, 3), (800, 3), (1000, 4), (30_000, 149)],
)
def test_windows_cover_every_frame(count: int, expected: int) -> None:
    frames = np.repeat(np.arange(count, dtype=np.float32)[:, np.newaxis], MFCC.width, axis=1)
    covered = windows(frames, Window())
    assert covered.shape == (expected, min(count, MAX_FRAMES), MFCC.width)
    assert set(np.unique(covered)) == set(range(count))


def test_long_clips_are_averaged_not_cut(predictor: EmotionPredictor, speech: Waveform) -> None:
    other = decode(CLIPS[6].path)
    long = np.concatenate([np.tile(speech, 3), np.tile(other, 3)])
    frames = predictor.feature_set.extract(long)
    each = predictor.window_probabilities(frames)
    assert len(each) > 3
    prediction = predictor.predict_waveform(long)
    np.testing.assert_allclose(list(prediction.probabilities.values()), each.mean(axis=0), atol=1e-6)
    cut = predictor.predict_features(frames[:MAX_FRAMES])
    assert dict(prediction.probabilities) != pytest.approx(dict(cut.probabilities), abs=1e-3)


def test_a_prediction_is_told_as_published() -> None:
    statistics = Baseline.of(np.zeros((7, MFCC.width), np.float32))
    answer = Prediction({"Angry": 0.123456, "Happy": 0.876544}, statistics).as_dict()
    assert answer["emotion"] == "Happy"
    assert answer["confidence"] == 0.8765
    assert answer["probabilities"] == {"Angry": 0.1235, "Happy": 0.8765}
    assert answer["low_information"] is False


@pytest.mark.parametrize("file", [ONNX_FILE, KERAS_FILE, SCALER_FILE])
def test_one_changed_byte_is_refused(file: str, copy: Path) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(ModelCorrupt, match=file):
        EmotionPredictor.load(copy, engine="onnx" if file == ONNX_FILE else "keras")


def test_no_pickle_is_opened_even_if_its_hash_is_right(copy: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for file in (PICKLED_SCALER_FILE, SCALER_FILE):
        put(copy, file, b"cos\nsystem\n(S'touch " + bytes(proof) + b"'\ntR.")
    with pytest.raises(ModelError, match=r"cannot load"):
        EmotionPredictor.load(copy, engine="keras")
    assert not proof.exists()
    assert EmotionPredictor.load(copy).predict(CLIPS[0].path)


def test_a_scaler_that_would_run_code_is_refused(copy: Path, tmp_path: Path) -> None:
    put(copy, SCALER_FILE, skops.io.dumps(Touch(tmp_path / "proof")))
    with pytest.raises(ModelError, match=r"cannot load|no StandardScaler"):
        EmotionPredictor.load(copy, engine="keras")
    assert not (tmp_path / "proof").exists()


def test_a_model_of_an_older_version_runs_but_its_pickle_is_not_read(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    del manifest["sha256"][SCALER_FILE]
    older = {name: value for name, value in manifest.items() if name not in ("task", "window", "licence")}
    older["features"] = manifest["features"]["parameters"]
    (copy / MANIFEST).write_text(json.dumps(older))
    expected = EmotionPredictor.load(MODEL).predict(CLIPS[0].path).probabilities
    assert dict(EmotionPredictor.load(copy).predict(CLIPS[0].path).probabilities) == dict(expected)
    with pytest.raises(ModelError, match=r"scaler\.pkl, which could execute"):
        EmotionPredictor.load(copy, engine="keras")


@pytest.mark.parametrize("file", [ONNX_FILE, MANIFEST])
def test_a_missing_file_is_named(file: str, copy: Path) -> None:
    (copy / file).unlink()
    with pytest.raises(ModelError, match=file):
        EmotionPredictor.load(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": []},
        {"sha256": {}},
        {"features": {**MFCC.describe(), "version": 2}},
        {"features": {"name": "mfcc-delta", "parameters": {**MFCC.parameters, "n_mfcc": 13}}},
        {"features": {**MFCC.parameters, "n_mfcc": 13}},
        {"features": {"name": "no-such", "parameters": {}}},
        {"features": {"kind": ["mfcc"]}},
        {"features": ["mfcc"]},
        {"weights_of": "../cremad-6"},
        {"weights_of": "cremad\0"},
        {"surprise": 1},
        {"labels": ["Angry", "Angry", "Sad", "Disgust"]},
        {"labels": ["Angry", "Happy", "Sad", "Disgust", "Fear"]},
        {"corpus": {}},
    ],
    ids=[
        "no labels",
        "no hashes",
        "another version of the features",
        "other parameters",
        "other parameters, as older versions wrote them",
        "an unknown feature set",
        "a kind of features that is no text",
        "a list of features",
        "weights elsewhere",
        "weights of no file name",
        "unknown field",
        "one label twice",
        "a label too many",
        "no corpus",
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(change: dict[str, object], copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps(manifest | change))
    with pytest.raises(ModelCorrupt):
        EmotionPredictor.load(copy)


def test_a_model_that_reads_single_frames_gets_warm(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["window"] = {"length_frames": 1, "hop_frames": 1}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    EmotionPredictor.load(copy).warm_up()


def test_unfinished_models_are_not_listed(copy: Path) -> None:
    shutil.copytree(copy, copy.with_name(".copy.partial"))
    assert model_store.names(copy.parent) == ["copy"]


def test_models_are_found_by_name_and_by_path(copy: Path) -> None:
    root = copy.parent
    assert model_store.names(root) == ["copy"]
    assert model_store.find("copy", root).path == copy
    assert model_store.find(str(copy), Path("/nonexistent")).path == copy
    with pytest.raises(ModelNotFound, match=r"models in .+: copy"):
        model_store.find("none", root)


def test_the_clips_have_their_licence() -> None:
    assert "Open Database License" in (DATA / "LICENSE.txt").read_text()


def test_a_model_in_the_current_folder_is_named_as_its_folder(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy)
    assert model_store.find(".", Path("/nonexistent")).name == "copy"
    pool = ModelPool.load(Path("/nonexistent"), default=".", engine="onnx", max_loaded=1)
    assert list(pool.directories) == ["copy"]


def test_a_link_to_a_model_has_its_own_name(copy: Path, tmp_path: Path) -> None:
    root = tmp_path / "models"
    root.mkdir()
    (root / "current").symlink_to(copy)
    pool = ModelPool.load(root, default="current", engine="onnx", max_loaded=1)
    assert (pool.default, list(pool.directories)) == ("current", ["current"])
    (copy / "folder").mkdir()
    assert model_store.find(str(copy / "folder" / ".."), root).name == "copy"


@pytest.mark.parametrize("path", [".", "..", "/", ""])
def test_a_path_without_a_model_is_told_and_nothing_breaks(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound, match=r"No model '.*'; models in"):
        model_store.find(path, tmp_path / "models")


@pytest.mark.parametrize("aggregate", ["mean", "vote"])
def test_a_span_longer_than_the_models_window_is_predicted_from_all_of_it(
    aggregate: str, copy: Path, speech: Waveform
) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["window"] = {"length_frames": 50, "hop_frames": 25, "aggregate": aggregate}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    predictor = EmotionPredictor.load(copy)
    extracted = predictor.extract(speech)
    assert extracted is not None
    whole, silence = predictor.predict_spans(extracted, [(0, len(speech)), (-10, -5)])
    frames = extracted.window(0, len(speech))
    assert len(frames) > 2 * 50
    expected = predictor.predict_features(frames).probabilities
    assert whole.probabilities.tolist() == pytest.approx(list(expected.values()), abs=1e-5)
    assert silence is None


def test_the_manifest_says_how_windows_become_one_answer(copy: Path) -> None:
    y = np.concatenate([decode(clip.path) for clip in CLIPS[:4]])
    plain = EmotionPredictor.load(copy)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["window"] = {"length_frames": 150, "hop_frames": 50, "aggregate": "vote"}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    voting = EmotionPredictor.load(copy)
    features = plain.speech_features(y)
    assert len(voting.window_probabilities(features)) > 2 * len(plain.window_probabilities(features))
    votes = np.bincount(voting.window_probabilities(features).argmax(axis=1), minlength=4)
    shares = list(voting.predict_features(features).probabilities.values())
    assert shares == pytest.approx((votes / votes.sum()).tolist())
