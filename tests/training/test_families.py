"""A new family of models is one class and one line of the registry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from toy_family import NAME, Means, NearestMean, NearestMeanSettings

from clips import CLIPS, pieces
from ser.audio.waveform import Waveform
from ser.errors import BadBaseline, ConfigError, ModelCorrupt
from ser.features.mfcc import MFCC
from ser.features.registry import Features, FeatureSet
from ser.models.baseline import Baseline
from ser.models.manifest import CARD_FILE, MANIFEST, ONNX_FILE
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training.data import TrainingSet
from ser.training.families.registry import FAMILIES
from ser.training.family import Family
from ser.training.feature_cache import corpus_features
from ser.training.pipeline import train_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of two models of the toy family, trained through the registry."""
    root = tmp_path_factory.mktemp("toy")
    FAMILIES.add(NAME, "toy_family:NearestMean")
    try:
        train_model(
            FAMILIES.get(NAME)(),
            corpus="folder",
            data=pieces(root / "data"),
            directory=root / "model" / "toy",
            core_directory=root / "model" / "toy-core",
            random_split=True,
            command="ser train",
            cache=root / "cache",
        )
    finally:
        FAMILIES.remove(NAME)
    return root / "model"


def test_a_toy_family_is_trained_written_and_served(trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == ["toy", "toy-core"]
    predictor = EmotionPredictor.load(trained / "toy")
    predictor.warm_up()
    for clip in CLIPS:
        prediction = predictor.predict(clip.path)
        assert set(prediction.probabilities) == {"Angry", "Disgust", "Happy", "Sad"}
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    right = [predictor.predict(clip.path).emotion == clip.emotion for clip in CLIPS]
    # It was trained on parts of most of these very clips.
    assert sum(right) > len(CLIPS) / 2
    with pytest.raises(BadBaseline):
        predictor.predict(CLIPS[0].path, Baseline.of(MFCC.extract(np.ones(16_000, np.float32))))
    with pytest.raises(ModelCorrupt, match=r"lists no final_ser_model\.keras|lists no scaler"):
        EmotionPredictor.load(trained / "toy", engine="keras")


def test_its_manifest_and_card_tell_of_the_training(trained: Path) -> None:
    manifest = ModelDirectory(trained / "toy").manifest
    assert set(manifest.sha256) == {ONNX_FILE}
    assert manifest.features.name == MFCC.name
    assert manifest.task == "emotion"
    assert manifest.licence
    assert manifest.scaling is None
    assert manifest.training["sharpness"] == NearestMeanSettings().sharpness
    assert manifest.training["clips"] > 30
    assert set(manifest.metrics) == {"dev", "calibrate", "random_split"}
    assert set(manifest.metrics["calibrate"]["uar"]) == {"none"}
    text = (trained / "toy" / CARD_FILE).read_text()
    assert "with a calibration model that was trained without them" in text
    assert "It takes no baseline." in text
    assert "Keras" not in text


def test_its_label_subset_uses_the_same_file(trained: Path) -> None:
    assert not (trained / "toy-core" / ONNX_FILE).exists()
    assert not any(path.is_symlink() for path in (trained / "toy-core").iterdir())
    both, core = (EmotionPredictor.load(trained / name) for name in ("toy", "toy-core"))
    assert core.manifest.weights_of == "toy"
    for clip in CLIPS[:4]:
        all_four = both.predict(clip.path).probabilities
        kept = {name: all_four[name] ** both.manifest.temperature for name in ("Angry", "Sad")}
        expected = {name: p ** (1 / core.manifest.temperature) for name, p in kept.items()}
        total = sum(expected.values())
        found = core.predict(clip.path).probabilities
        assert found == pytest.approx({name: p / total for name, p in expected.items()}, abs=1e-4)


def test_its_held_out_speakers_choose_the_temperature(trained: Path) -> None:
    manifest = ModelDirectory(trained / "toy").manifest
    assert manifest.temperature != 1
    assert not set(manifest.split["calibrate"]) & set(manifest.split["dev"])
    assert set(manifest.split["calibrate"]) < set(manifest.split["fit"])
    assert manifest.reference is not None
    assert "'calibrate' speakers" in manifest.reference.of
    assert set(manifest.reference.emotions) == set(manifest.labels)


class EarlyStopping(NearestMean):
    """Keeps what it was given to stop on."""

    core = ()
    stops_early = True

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[set[Path], set[Path]]] = []

    def fit(self, data: TrainingSet, validation: TrainingSet | None = None, **options: Any) -> Means:
        """Fit, and note both sets."""
        assert validation is not None
        self.given.append(({clip.path for clip in data.used}, {clip.path for clip in validation.used}))
        return super().fit(data, validation, **options)


def test_a_family_that_stops_early_is_given_held_out_clips(tmp_path: Path) -> None:
    family = EarlyStopping()
    train_model(
        family,
        corpus="folder",
        data=pieces(tmp_path / "data"),
        directory=tmp_path / "model" / "toy",
        random_split=True,
    )
    manifest = ModelDirectory(tmp_path / "model" / "toy").manifest
    parts = [set(manifest.split[part]) for part in ("fit", "stop", "dev")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 12
    assert set(manifest.metrics) == {"dev", "stop", "random_split"}
    assert manifest.temperature == 1
    assert len(family.given) == 2
    for fitted, stopping in family.given:
        assert stopping
        assert not fitted & stopping


@pytest.mark.parametrize("name", list(FAMILIES))
def test_every_family_keeps_the_contract(name: str) -> None:
    family = FAMILIES.get(name)
    made: Any = family()
    assert isinstance(made, Family)
    with pytest.raises(FrozenInstanceError):
        made.settings.epochs = 1
    assert set(family.core) <= set(family.emotions)
    assert 0 < family.held_out_share < 0.5
    assert not inspect.isabstract(family)
    assert made.describe()


def test_an_unknown_family_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"No family of models 'none' .*hybrid, bilstm"):
        FAMILIES.get("none")


class Averages(FeatureSet):
    """One vector per clip: the means of its MFCC."""

    name = "averages"
    parameters: ClassVar = {"kind": "averages"}
    description = "means of MFCC"
    shape = (MFCC.width,)

    def extract(self, y: Waveform) -> Features:
        """Average the frames."""
        return MFCC.extract(y).mean(axis=0)


def test_vectors_are_cached_and_batched_like_frames(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_text("no sound")
    broken = type(CLIPS[0])(tmp_path / "broken.wav", "1", "Sad")
    clips = [*CLIPS[:3], broken]
    for _ in range(2):
        found = corpus_features(clips, cache=tmp_path / "cache", jobs=1, feature_set=Averages())
        assert [each.shape for each in found] == [(MFCC.width,)] * 3 + [(0,)]
    data = TrainingSet(
        clips=tuple(clips),
        speakers=frozenset(clip.speaker for clip in clips),
        emotions=NearestMean.emotions,
        core=(),
        feature_set=Averages(),
        cache=tmp_path / "cache",
    )
    features, targets = data.examples()
    assert np.stack(features).shape == (3, MFCC.width)
    assert [NearestMean.emotions[i] for i in targets] == [clip.emotion for clip in CLIPS[:3]]
    assert (tmp_path / "cache").is_dir()
    assert not (tmp_path / "cache" / MANIFEST).exists()
