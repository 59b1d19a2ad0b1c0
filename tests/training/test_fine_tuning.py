"""A shipped network is trained further: what it begins with, and which layers are trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from clips import MODEL, PUBLISHED, pieces
from ser.cli.main import main
from ser.errors import ModelError
from ser.models.manifest import KERAS_FILE
from ser.models.store import ModelDirectory
from ser.training.families import networks
from ser.training.families.fine_tuned import PHASES, FineTuned
from ser.training.families.hybrid_batches import HybridSettings
from ser.training.families.networks import hybrid
from ser.training.families.start import Start
from ser.training.pipeline import train_model

pytestmark = pytest.mark.slow
SIX = MODEL.with_name("cremad-6")


@pytest.fixture(scope="module")
def start() -> Start:
    # A model of four emotions runs the network of the one of six.
    return Start.of(ModelDirectory(MODEL))


def test_a_start_is_the_model_that_has_the_network(start: Start) -> None:
    assert start.path == SIX.resolve()
    assert len(start.members) == 2
    with pytest.raises(ModelError, match="'bilstm-cremad' cannot be trained further"):
        Start.of(ModelDirectory(PUBLISHED))


def test_it_begins_with_the_weights_of_each_member_and_with_those_of_shared_labels(start: Start) -> None:
    labels = ["Surprise", "Happy", "Angry"]
    known = start.manifest.labels
    for number, size in enumerate(start.members):
        same, other = hybrid(len(known), size), hybrid(len(labels), size)
        start.begin(number, same, known)
        random = other.layers[-1].get_weights()[0][:, 0].copy()
        start.begin(number, other, labels)
        for a, b in zip(same.layers[:-1], other.layers[:-1], strict=True):
            for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
                np.testing.assert_array_equal(x, y)
        weights, bias = other.layers[-1].get_weights()
        theirs, their_bias = same.layers[-1].get_weights()
        for label in ("Happy", "Angry"):
            at, before = labels.index(label), known.index(label)
            np.testing.assert_array_equal(weights[:, at], theirs[:, before])
            assert bias[at] == their_bias[before]
        np.testing.assert_array_equal(weights[:, 0], random)


@pytest.mark.parametrize(("trained", "some"), [("head", False), ("upper", True), ("all", True)])
def test_layers_are_unfrozen_step_by_step(trained: networks.Trained, some: bool, start: Start) -> None:
    model = hybrid(3, start.members[1])
    networks.freeze(model, trained)
    lstms = [layer for layer in model.layers if "bidirectional" in layer.name]
    convolutions = [layer for layer in model.layers if "conv1d" in layer.name]
    assert model.layers[-1].trainable_weights
    assert all(bool(layer.trainable_weights) == some for layer in lstms)
    assert all(bool(layer.trainable_weights) == (trained == "all") for layer in convolutions)
    assert [phase.trained for phase in PHASES] == ["head", "upper", "all"]


def test_own_recordings_are_trained_on_from_a_shipped_model(start: Start, tmp_path: Path) -> None:
    only = replace(PHASES[0], share=1.0)
    family = FineTuned(start, HybridSettings(epochs=1, phases=(only,), conditions=0, batch_size=16))
    train_model(
        family,
        corpus="folder",
        data=pieces(tmp_path / "data"),
        directory=tmp_path / "model" / "mine",
        command="ser train",
        cache=tmp_path / "cache",
    )
    begun, done = (
        keras.saving.load_model(folder / KERAS_FILE, compile=False).get_layer("member_1")
        for folder in (SIX, tmp_path / "model" / "mine")
    )
    # Only the last layer was trained.
    for before, after in zip(begun.layers[:-1], done.layers[:-1], strict=True):
        for x, y in zip(before.get_weights(), after.get_weights(), strict=True):
            np.testing.assert_array_equal(x, y)
    manifest = ModelDirectory(tmp_path / "model" / "mine").manifest
    assert len(manifest.labels) == done.layers[-1].units == 4
    assert manifest.training["from"] == {"model": "cremad-6", "keras_sha256": start.sha256}
    assert "trained further from cremad-6: MIT" in manifest.licence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "none"], "No model 'none'"),
        (["--from", "bilstm-cremad"], "cannot be trained further"),
        (["--from", "cremad-6", "--family", "bilstm"], "are always trained anew"),
    ],
)
def test_a_model_that_cannot_be_trained_further_is_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pieces(tmp_path / "data", per_clip=1)
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--corpus", "folder", "--data", str(data), *options])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
