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
from typing import Any

import keras
from sklearn.preprocessing import StandardScaler

from ser.corpora.base import Clip
from ser.errors import ModelError
from ser.models import store as model_store
from ser.models.predictor import EmotionPredictor
from ser.models.store import (
    CARD_FILE,
    KERAS_FILE,
    MANIFEST,
    ONNX_FILE,
    SCALER_FILE,
    ModelDirectory,
)
from ser.training import card
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
        directory: where the model will be.
        folder: the hidden folder.
        manifest: what `model.json` will say.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
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
        """Share the network files of another package, which must be installed with this one."""
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
            "name": self.directory.name,
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

    def complete(self) -> None:
        """Write the card, and link to where the shared files will be."""
        (self.folder / CARD_FILE).write_text(card.render(ModelDirectory(self.folder).manifest))
        if self._linked is not None:
            self._link(self._linked.directory)


def install(packages: Sequence[Package]) -> None:
    """Put packages in the places of their model directories, all at once as far as that is possible."""
    for package in packages:
        package.complete()
    replaced = [package.directory for package in packages if package.directory.exists()]
    for directory in replaced:
        shutil.rmtree(model_store.old_place(directory), ignore_errors=True)
    for directory in replaced:
        directory.rename(model_store.old_place(directory))
    for package in packages:
        package.folder.rename(package.directory)
    for directory in replaced:
        shutil.rmtree(model_store.old_place(directory))


def make_ready(directories: Sequence[Path]) -> None:
    """Make sure, before anything is learnt, that models can be installed together in these places.

    What a killed run left half replaced is restored first.

    Args:
        directories: the models', all in one folder.

    Raises:
        ModelError: another model shares the files of one that is to be replaced.
    """
    root = directories[0].parent
    _restore(root)
    wanted = {directory.resolve() for directory in directories}
    for name in model_store.names(root):
        if (root / name).resolve() in wanted:
            continue
        for file in NETWORK_FILES:
            owner = (root / name / file).resolve().parent
            if owner in wanted:
                raise ModelError(
                    f"The model '{name}' shares the files of '{owner.name}' and would break without them. "
                    f"Train both (--core-name {name}), train under another --name, or remove '{name}' first."
                )


def _restore(root: Path) -> None:
    olds = {path.name.removeprefix(".").removesuffix(".old"): path for path in root.glob(".*.old")}
    missing = [name for name in olds if not (root / name).exists()]
    # Where none is missing, it was killed when all the new ones were there.
    if missing:
        # The missing ones last: while there is one, not all the old ones are back.
        for name in sorted(olds, key=missing.__contains__):
            shutil.rmtree(root / name, ignore_errors=True)
            olds[name].rename(root / name)
    else:
        for old in olds.values():
            shutil.rmtree(old)


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
