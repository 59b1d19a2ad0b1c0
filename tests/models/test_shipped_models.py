"""The models in the repository: both engines, their cards, and whom they were trained on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, MODEL
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.corpora.base import Clip
from ser.errors import ModelCorrupt
from ser.evaluation import scores
from ser.features.mfcc import MAX_FRAMES, MFCC, MFCC_PITCH
from ser.models.baseline import Baseline
from ser.models.manifest import CARD_FILE, KERAS_FILE, NETWORK_FILES, ONNX_FILE, SCALER_FILE
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory

FOUR = ["Angry", "Happy", "Sad", "Disgust"]
SHIPPED = {
    "bilstm-cremad": (FOUR, MFCC),
    "cremad-4": (FOUR, MFCC_PITCH),
    "cremad-6": ([*FOUR, "Fear", "Neutral"], MFCC_PITCH),
}
ROOT = MODEL.parent


@pytest.fixture(scope="module", params=SHIPPED)
def directory(request: pytest.FixtureRequest) -> Path:
    return ROOT / request.param


@pytest.fixture(scope="module")
def onnx(directory: Path) -> EmotionPredictor:
    return EmotionPredictor.load(directory)


@pytest.fixture(scope="module")
def keras(directory: Path) -> EmotionPredictor:
    return EmotionPredictor.load(directory, engine="keras")


@pytest.mark.slow
@pytest.mark.parametrize("duration_s", [0.3, 0.5, 1.0, 1.7, 2.5, 3.3, 4.0, 30.0])
@pytest.mark.parametrize("spoken_s", [0, 2, 20])
def test_keras_and_onnx_agree(
    duration_s: float, spoken_s: int, onnx: EmotionPredictor, keras: EmotionPredictor
) -> None:
    speech = np.concatenate([decode(clip.path) for clip in CLIPS])
    y = np.resize(speech[5_000:], int(duration_s * SAMPLE_RATE_HZ))
    frames = onnx.feature_set.extract(y)
    assert len(frames) > (MAX_FRAMES if duration_s > 4 else 0)
    baseline = None
    if spoken_s:
        baseline = Baseline.of(onnx.feature_set.extract(speech[: spoken_s * SAMPLE_RATE_HZ]))
    one, other = (engine.window_probabilities(frames, baseline) for engine in (onnx, keras))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    np.testing.assert_allclose(one.sum(axis=1), 1, atol=1e-5)


def test_they_predict_what_their_cards_say(onnx: EmotionPredictor, directory: Path) -> None:
    card, right, known = (directory / CARD_FILE).read_text(), 0, 0
    for clip in CLIPS:
        if clip.emotion not in onnx.manifest.labels:
            continue
        expected = onnx.manifest.metrics["examples"][clip.path.stem]
        prediction = onnx.predict(clip.path)
        assert dict(prediction.probabilities) == pytest.approx(expected["probabilities"], abs=1e-3)
        assert expected["intended"] == clip.emotion
        assert f"| {clip.path.stem} | {clip.emotion} | {prediction.emotion} | " in card
        right += prediction.emotion == clip.emotion
        known += 1
    assert f"{right} of {known} as intended" in card


def test_their_scores_are_those_of_their_confusions(onnx: EmotionPredictor, directory: Path) -> None:
    dev = onnx.manifest.metrics["dev"]
    cells = [
        (intended, answer, count)
        for intended, row in zip(dev["labels"], dev["confusion"], strict=True)
        for answer, count in zip([*dev["labels"], scores.REFUSED], row, strict=False)
    ]
    clips = [Clip(Path("x"), "1", intended) for intended, _, count in cells for _ in range(count)]
    answers = [answer for _, answer, count in cells for _ in range(count)]
    found = scores.score(dev["labels"], clips, answers)
    assert found.clips == dev["clips"]
    for name in ("uar", "wa", "macro_f1"):
        assert getattr(found, name) == pytest.approx(dev[name])
    for emotion, row in dev["per_class"].items():
        assert found.per_class[emotion] == pytest.approx(row)
    assert f"{found.uar:.3f}" in (directory / CARD_FILE).read_text()


def test_they_are_measured_on_speakers_that_were_not_in_training(onnx: EmotionPredictor) -> None:
    split = onnx.manifest.split
    trained_on = {speaker for part in ("fit", "stop", "calibrate") for speaker in split.get(part, [])}
    assert len(trained_on) == 56
    assert not trained_on & set(split["dev"])
    assert not trained_on & {clip.speaker for clip in CLIPS}
    assert set(onnx.manifest.metrics["dev"]["speakers"]) == set(split["dev"])


def test_their_manifests_are_whole(onnx: EmotionPredictor, directory: Path) -> None:
    manifest = onnx.manifest
    labels, feature_set = SHIPPED[directory.name]
    assert manifest.name == directory.name
    assert manifest.labels == labels
    assert manifest.features.model_dump() == feature_set.describe()
    assert manifest.scaling is not None
    assert set(manifest.sha256) == set(NETWORK_FILES)
    assert manifest.training["command"].startswith("ser train ")
    assert {"keras", "tensorflow", "onnx", "scikit-learn", "numpy", "python"} <= set(manifest.versions)
    assert "ODbL" in manifest.corpus.licence


def test_the_published_network_has_its_published_size() -> None:
    assert ModelDirectory(ROOT / "bilstm-cremad").manifest.parameters == 427_844


def test_two_names_share_one_small_set_of_files_without_links() -> None:
    assert not [path for path in ROOT.rglob("*") if path.is_symlink()]
    four, six = (ModelDirectory(ROOT / name) for name in ("cremad-4", "cremad-6"))
    assert four.manifest.weights_of == "cremad-6"
    assert not any((four.path / name).exists() for name in NETWORK_FILES)
    for name in (KERAS_FILE, SCALER_FILE, ONNX_FILE):
        assert four.read(name) == six.read(name)
        assert len(six.read(name)) <= 6e6


def test_a_model_finds_the_files_of_another_wherever_both_are(tmp_path: Path) -> None:
    for name in ("cremad-4", "cremad-6"):
        shutil.copytree(ROOT / name, tmp_path / name)
    assert EmotionPredictor.load(tmp_path / "cremad-4").predict(CLIPS[0].path)
    (tmp_path / "cremad-6" / ONNX_FILE).unlink()
    with pytest.raises(ModelCorrupt, match=r"takes from 'cremad-6' beside it"):
        EmotionPredictor.load(tmp_path / "cremad-4")
    assert ModelDirectory(ROOT / "cremad-6").manifest.parameters <= 1.5e6


def test_four_emotions_are_the_six_restricted_and_calibrated_anew() -> None:
    four, six = (EmotionPredictor.load(ROOT / name) for name in ("cremad-4", "cremad-6"))
    assert four.manifest.temperature != six.manifest.temperature
    for clip in CLIPS[:4]:
        frames = six.feature_set.extract(decode(clip.path))
        logits = np.log(six.window_probabilities(frames)[:, six_of(four)]) * six.manifest.temperature
        powers = np.exp(logits / four.manifest.temperature)
        expected = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(four.window_probabilities(frames), expected, atol=1e-5)


def six_of(four: EmotionPredictor) -> list[int]:
    """Return where the four emotions are among the network's six."""
    return four.manifest.label_indices
