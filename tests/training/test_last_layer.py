"""A new last layer on a shipped network: what it begins with, what is fitted, and what stays as it was."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import CLIPS, MODEL, pieces
from ser.cli.main import main
from ser.errors import ModelError
from ser.features.mfcc import MFCC_PITCH
from ser.models.manifest import KERAS_FILE
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training.families import last_layer
from ser.training.families.hybrid import Hybrid
from ser.training.families.last_layer import (
    LastLayer,
    LastLayerSettings,
    regression,
    shipped_layer,
    with_last_layer,
)
from ser.training.families.networks import below_last_layers
from ser.training.families.readings import Readings
from ser.training.families.start import Start
from ser.training.pipeline import train_model
from starts import of_one_member

pytestmark = pytest.mark.slow

NEARLY_FREE, NEARLY_FIXED = 1.0, 1e-9


@pytest.fixture(scope="module")
def start() -> Start:
    return Start.of(ModelDirectory(MODEL))


@pytest.fixture(scope="module")
def members(start: Start) -> list[keras.Model]:
    return start.networks()


@pytest.fixture(scope="module")
def frames() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((4, 120, MFCC_PITCH.width)).astype(np.float32)


def logits_of(members: list[keras.Model], frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of what the members' last layers answer [shape=(B, C)]."""
    heads = [keras.Model(member.input, member.layers[-1].output) for member in members]
    found: NDArray[np.float32] = np.mean([head.predict_on_batch(frames) for head in heads], axis=0)
    return found


def test_it_begins_as_the_shipped_layer(
    start: Start, members: list[keras.Model], frames: NDArray[np.float32]
) -> None:
    begun = with_last_layer(members, shipped_layer(members, start.labels, start.labels))
    expected = keras.ops.softmax(logits_of(members, frames))
    np.testing.assert_allclose(begun.predict_on_batch(frames), expected, atol=1e-5)


def test_a_label_that_the_shipped_layer_does_not_know_is_at_first_the_mean_of_those_it_knows(
    start: Start, members: list[keras.Model], frames: NDArray[np.float32]
) -> None:
    labels = ("Surprise", "Happy", "Angry")
    weights, bias = shipped_layer(members, start.labels, labels)
    logits = below_last_layers(members).predict_on_batch(frames) @ weights + bias
    theirs = logits_of(members, frames)
    centred = theirs - theirs.mean(axis=1, keepdims=True)
    expected = [np.zeros(len(frames)), *(centred[:, start.labels.index(each)] for each in labels[1:])]
    np.testing.assert_allclose(logits.T, expected, atol=1e-4)


def examples(counts: tuple[int, ...]) -> tuple[Readings, NDArray[np.float32]]:
    """Return readings of labels that differ in one unit each, and their targets; one unit hardly moves."""
    rng, classes = np.random.default_rng(1), len(counts)
    labels = np.repeat(np.arange(classes), counts)
    units = rng.standard_normal((len(labels), 10))
    units[np.arange(len(labels)), labels] += 1.5
    units[:, -1] *= 1e-6
    return Readings(units.astype(np.float32), np.arange(len(labels))), np.eye(classes, dtype=np.float32)[
        labels
    ]


@pytest.mark.parametrize("counts", [(300, 300), (300, 300, 300)])
def test_labels_are_learnt_as_far_as_the_penalty_allows(counts: tuple[int, ...]) -> None:
    found, targets = examples(counts)
    prior = np.zeros((10, len(counts)), np.float32), np.zeros(len(counts), np.float32)
    weights, bias = regression(found, targets, prior=prior, variance=NEARLY_FREE)
    right = (found.units @ weights + bias).argmax(axis=1) == targets.argmax(axis=1)
    assert right.mean() > 0.75
    # However it was scaled up, it would say nothing.
    np.testing.assert_array_equal(weights[-1], 0.0)
    weights, _ = regression(found, targets, prior=prior, variance=NEARLY_FIXED)
    np.testing.assert_allclose(weights, 0.0, atol=1e-4)


def test_all_labels_weigh_the_same() -> None:
    found, targets = examples((500, 50))
    prior = np.zeros((10, 2), np.float32), np.zeros(2, np.float32)
    weights, bias = regression(found, targets, prior=prior, variance=NEARLY_FREE)
    answers = (found.units @ weights + bias).argmax(axis=1)
    recalls = [(answers[targets[:, label] == 1] == label).mean() for label in range(2)]
    assert min(recalls) > 0.7
    # Half of each label: nothing is learnt of ordinary speech that could be either.
    either = np.full_like(targets, 0.5)
    weights, bias = regression(found, either, prior=prior, variance=NEARLY_FREE)
    np.testing.assert_allclose(found.units @ weights + bias, 0.0, atol=0.02)


@pytest.fixture(scope="module")
def root(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of one's own on the smaller network of `cremad-6` alone."""
    root = tmp_path_factory.mktemp("few")
    train(root, of_one_member(start, root / "cremad-6"), "mine")
    return root


def train(root: Path, start: Start, name: str) -> None:
    train_model(
        Hybrid(),
        for_few_speakers=LastLayer(start, LastLayerSettings(conditions=1)),
        corpus="folder",
        data=pieces(root / "data"),
        directory=root / "model" / name,
        command="ser train",
        cache=root / "cache",
    )


def test_only_the_last_layer_is_another(root: Path, frames: NDArray[np.float32]) -> None:
    begun, done = (
        keras.saving.load_model(folder / KERAS_FILE, compile=False)
        for folder in (root / "cremad-6", root / "model" / "mine")
    )
    last = done.get_layer("last")
    below = keras.Model(done.input, last.input).predict_on_batch(frames)
    shipped = below_last_layers([begun.get_layer("member_0")]).predict_on_batch(frames)
    np.testing.assert_array_equal(below, shipped)
    assert last.units == len(ModelDirectory(root / "model" / "mine").manifest.labels) == 4


def test_a_model_of_few_speakers_says_where_it_comes_from_and_answers(root: Path) -> None:
    start = Start.of(ModelDirectory(root / "cremad-6"))
    manifest = ModelDirectory(root / "model" / "mine").manifest
    assert manifest.architecture == "1 x hybrid, new last layer"
    assert manifest.training["from"] == {"model": "cremad-6", "keras_sha256": start.sha256}
    assert "trained further from cremad-6: MIT" in manifest.licence
    assert manifest.trained_on == start.manifest.trained_on | {"own recordings"}
    with pytest.raises(ModelError, match="'mine' cannot be trained further"):
        Start.of(ModelDirectory(root / "model" / "mine"))
    frames = np.random.default_rng(0).standard_normal((150, MFCC_PITCH.width)).astype(np.float32)
    onnx, reference = (
        EmotionPredictor.load(root / "model" / "mine", engine=engine) for engine in ("onnx", "keras")
    )
    np.testing.assert_allclose(
        *(list(each.predict_features(frames).probabilities.values()) for each in (onnx, reference)), atol=1e-4
    )


def test_it_knows_what_it_was_fitted_to(root: Path) -> None:
    mine = EmotionPredictor.load(root / "model" / "mine")
    # The clips whose pieces were recordings; some are of speakers that were held out.
    answers = [mine.predict(clip.path).emotion == clip.emotion for clip in CLIPS]
    assert np.mean(answers) > 0.5


def test_no_layer_is_fitted_twice(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_layer, "regression", lambda *_, **__: pytest.fail("fitted again"))
    train(root, Start.of(ModelDirectory(root / "cremad-6")), "again")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--unfreeze"], "--from names the model"),
        (["--from", "none", "--unfreeze"], "--from names the model"),
        (["--from", "cremad-6", "--epochs", "2"], "--unfreeze trains all layers"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pieces(tmp_path / "data", per_clip=1)
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--corpus", "folder", "--data", str(data), *options])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
