"""A model directory in the making: it appears whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import keras
from sklearn.preprocessing import StandardScaler

from ser.services.inference import EmotionPredictor
from ser.services.model_store import (
    CARD_FILE,
    KERAS_FILE,
    MANIFEST,
    ONNX_FILE,
    SCALER_FILE,
    ModelDirectory,
)
from ser.training import card
from ser.training.corpora import Clip
from ser.training.export import Faces, export_onnx

NETWORK_FILES = (KERAS_FILE, SCALER_FILE, ONNX_FILE)
_VERSIONED = (
    "keras",
    "tensorflow",
    "onnx",
    "onnxruntime",
    "librosa",
    "scikit-learn",
    "numpy",
    "av",
    "ser",
)


class Package:
    """The hidden folder beside a model directory in which the next one is made.

    Args:
        directory: where the model will be, named as the model.

    Attributes:
        folder: the hidden folder.
        manifest: what `model.json` will say.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._linked: Package | None = None
        self.folder = directory.with_name(f".{directory.name}.partial")
        self.manifest: dict[str, Any] = {}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def write_networks(
        self,
        network: keras.Model,
        scaler: StandardScaler,
        build: Callable[..., keras.Model],
        faces: Faces | None = None,
    ) -> None:
        """Write the Keras, scaler and ONNX files; see `export_onnx`."""
        network.save(self.folder / KERAS_FILE)
        (self.folder / SCALER_FILE).write_bytes(pickle.dumps(scaler))
        export_onnx(network, scaler, build, self.folder / ONNX_FILE, faces)

    def link_networks(self, other: Package) -> None:
        """Share the network files of another package, which must be installed first."""
        self._linked = other
        self._link(other.folder)

    def _link(self, folder: Path) -> None:
        for name in NETWORK_FILES:
            link = self.folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(Path("..") / folder.name / name)

    def describe(self, **facts: Any) -> None:
        """Write the manifest: what is known so far, and what every model has."""
        self.manifest |= {
            "name": self._directory.name,
            "sha256": {
                name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in NETWORK_FILES
            },
            "versions": {"python": platform.python_version(), **{n: version(n) for n in _VERSIONED}},
            "created": datetime.now(UTC).date().isoformat(),
            **facts,
        }
        (self.folder / MANIFEST).write_text(json.dumps(self.manifest, indent=2) + "\n")

    def predictor(self) -> EmotionPredictor:
        """Load what has been written so far."""
        return EmotionPredictor.load(self.folder)

    def install(self) -> Self:
        """Write the card, and put the folder in the place of the model directory."""
        (self.folder / CARD_FILE).write_text(card.render(ModelDirectory(self.folder).manifest))
        if self._linked is not None:
            self._link(self._linked._directory)
        old = self._directory.with_name(f".{self._directory.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._directory.exists():
            self._directory.rename(old)
        self.folder.rename(self._directory)
        shutil.rmtree(old, ignore_errors=True)
        return self


def predictions(predictor: EmotionPredictor, clips: Sequence[Clip]) -> dict[str, Any]:
    """Return what a model hears in some clips, for its manifest."""
    return {
        clip.path.stem: {
            "intended": clip.emotion,
            "emotion": (prediction := predictor.predict(clip.path)).emotion,
            "probabilities": dict(prediction.probabilities),
        }
        for clip in clips
    }
