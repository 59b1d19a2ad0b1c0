"""Checks a model directory, and says everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import ModelCorrupt, ModelError
from ser.models.baseline import Baseline
from ser.models.engines import KerasEngine, OnnxEngine, Probabilities
from ser.models.manifest import CARD_FILE, KERAS_FILE, MANIFEST, NETWORK_FILES, ONNX_FILE, FileList, Manifest
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory, ModelFiles

# By how much a sum of probabilities may differ from 1, and a probability from that of the other engine.
TOLERANCE = 1e-4
# The sounds that a model has to answer for: shorter and longer than the window of a shipped one.
_SOUNDS_S = (1.0, 6.0)
_PITCH_HZ, _HARMONICS, _SYLLABLES_HZ, _NOISE = 140.0, 20, 4.0, 0.01
_KERAS_MODULES = ("keras", "tensorflow")


@dataclass(frozen=True)
class Findings:
    """What a check of a model directory found.

    Attributes:
        faults: what is wrong, a sentence each.
        keras_compared: whether the answers of the Keras file were compared with those of the ONNX file;
            None where the model has no Keras file.
    """

    faults: Sequence[str]
    keras_compared: bool | None


def check(path: Path) -> Findings:
    """Check a model directory: manifest, files, card, features, network, and what it answers.

    One fault does not hide another, as far as the rest can be checked without what it spoils. The Keras file
    is compared with the ONNX file where Keras is installed.
    """
    faults: list[str] = []
    described: ModelFiles[Manifest] | None = None
    directory: ModelDirectory | None = None
    with _noted(faults):
        described = ModelFiles(path, Manifest)
    with _noted(faults):
        _check_files(described or ModelFiles(path, FileList), faults)
    with _noted(faults):
        directory = ModelDirectory(path)
    compared = None if described is None else _check_network(described, directory, faults)
    # What cannot be read stops more than one of the checks.
    return Findings(tuple(dict.fromkeys(faults)), compared)


@contextmanager
def _noted(faults: list[str]) -> Iterator[None]:
    """Add what is raised of a model to its faults, and go on."""
    try:
        yield
    except ModelCorrupt as error:
        faults += error.faults
    except ModelError as error:
        faults.append(str(error))


def _check_files(files: ModelFiles[FileList], faults: list[str]) -> None:
    """Note which files are missing, changed or not listed."""
    for name in files.manifest.sha256:
        with _noted(faults):
            files.read(name)
    unlisted = (name for name in NETWORK_FILES if name not in files.manifest.sha256)
    faults += [
        f"{name} of '{files.name}' is not listed in {MANIFEST}."
        for name in unlisted
        if os.path.lexists(files.path / name)
    ]
    if not files.card:
        faults.append(f"'{files.name}' has no {CARD_FILE} that can be read.")


def _check_network(
    files: ModelFiles[Manifest], directory: ModelDirectory | None, faults: list[str]
) -> bool | None:
    """Note what is wrong with the network; return whether Keras and ONNX were compared (`Findings`).

    Args:
        files: of the model.
        directory: the same with its features; None where these are not known, so nothing can be predicted.
        faults: the list to add to.
    """
    of_onnx: list[Probabilities] | None = None
    of_keras: list[Probabilities] | None = None
    with _noted(faults):
        onnx = OnnxEngine(files)
        if directory is not None:
            of_onnx = _answers(EmotionPredictor(directory, onnx), ONNX_FILE)
    if KERAS_FILE not in files.manifest.sha256:
        return None
    if not all(map(find_spec, _KERAS_MODULES)):
        return False
    with _noted(faults):
        keras = KerasEngine(files)
        if directory is not None:
            of_keras = _answers(EmotionPredictor(directory, keras), KERAS_FILE)
    if of_onnx is None or of_keras is None:
        return False
    difference = max(float(np.abs(one - other).max()) for one, other in zip(of_onnx, of_keras, strict=True))
    if difference > TOLERANCE:
        faults.append(
            f"{KERAS_FILE} and {ONNX_FILE} of '{files.name}' answer with probabilities that differ by up to "
            f"{difference:.2g}."
        )
    return True


def _answers(predictor: EmotionPredictor, file: str) -> list[Probabilities]:
    """Return the probabilities of the labels for the windows of generated sounds.

    Args:
        predictor: of the model.
        file: what it runs.

    Returns:
        one array [shape=(windows, C)] for each sound without a baseline and, where the model takes one, with.

    Raises:
        ModelError: it cannot answer for them, or the answers are no probabilities.
    """
    predictor.warm_up()
    name = predictor.manifest.name
    found: list[Probabilities] = []
    for duration_s in _SOUNDS_S:
        features = predictor.feature_set.extract(_sound(duration_s))
        for baseline in (None, Baseline.of(features)) if predictor.takes_baseline else (None,):
            try:
                found.append(predictor.window_probabilities(features, baseline))
                _require_probabilities(found[-1])
                network = predictor.predict_features(features, baseline).network
                if network is not None:
                    _require_probabilities(network[np.newaxis])
            except Exception as error:
                raise ModelCorrupt(f"{file} of '{name}' and a sound of {duration_s:g} s: {error}") from error
    return found


def _require_probabilities(answers: Probabilities) -> None:
    """Raise ValueError where answers [shape=(B, C)] are no probabilities."""
    if not np.isfinite(answers).all():
        raise ValueError("the answer is not finite.")
    sums = answers.sum(axis=1)
    furthest = sums[np.abs(sums - 1).argmax()]
    if abs(furthest - 1) > TOLERANCE:
        raise ValueError(f"the answer sums to {furthest:.4g}, not to 1.")
    if answers.min() < 0:
        raise ValueError(f"the answer holds {answers.min():.2g}, which is no probability.")


def _sound(duration_s: float) -> Waveform:
    """Return a voice-like sound [shape=(n,)]: harmonics that rise and fall in the rhythm of syllables."""
    t = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    harmonics = sum(np.sin(2 * np.pi * _PITCH_HZ * n * t) / n for n in range(1, _HARMONICS + 1))
    noise = np.random.default_rng(0).normal(size=len(t))
    level = 0.1 * (1 + np.sin(2 * np.pi * _SYLLABLES_HZ * t))
    return (level * harmonics + _NOISE * noise).astype(np.float32)
