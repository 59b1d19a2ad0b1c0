"""Finds, verifies and reads model directories.

A directory holds `final_ser_model.keras`, `scaler.skops`, `model.onnx`, `model.json` (the manifest) and
`MODEL_CARD.md`; `scaler.pkl` is there for other tools and is never read. A file is used only if its SHA-256
is the manifest's.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from ser.errors import ModelCorrupt, ModelError, ModelNotFound, ModelUnavailable
from ser.features.registry import FEATURE_SETS, FeatureSet
from ser.models.manifest import CARD_FILE, MANIFEST, NETWORK_FILES, ONNX_FILE, VOICE_GENDER, Manifest


class ModelDirectory:
    """One model on disk, its manifest checked; files are checked as they are read.

    Args:
        path: the directory.

    Attributes:
        manifest: what `model.json` says.
        feature_set: what its network reads.

    Raises:
        ModelNotFound: there is no manifest in it.
        ModelCorrupt: the manifest is malformed, or made for other features than ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = (path / MANIFEST).read_bytes()
        except OSError as error:
            raise ModelNotFound(f"No model at '{path}': {MANIFEST} cannot be read.") from error
        try:
            self.manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise ModelCorrupt(f"{MANIFEST} of '{self.name}' is malformed: {error}") from error
        self.feature_set = self._known_features()
        scaling = self.manifest.scaling
        if scaling and len(scaling.mean) != self.feature_set.width:
            raise ModelCorrupt(
                f"{MANIFEST} of '{self.name}' is malformed: scaling has not one number per feature."
            )

    @property
    def name(self) -> str:
        """The directory's own name, also where the path is `.`; of a link, the link's."""
        path = self.path.absolute()
        return path.name if path.name != ".." else path.resolve().name

    @property
    def card(self) -> str:
        """The model card in Markdown; empty where there is none."""
        path = self.path / CARD_FILE
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def read(self, name: str) -> bytes:
        """Return the content of a file of the model.

        Raises:
            ModelCorrupt: it is missing, not listed, or not the one the manifest describes.
        """
        expected = self.manifest.sha256.get(name)
        if expected is None:
            raise ModelCorrupt(f"{MANIFEST} of '{self.name}' lists no {name}.")
        try:
            content = (self._folder_of(name) / name).read_bytes()
        except OSError as error:
            owner = self.manifest.weights_of
            where = f", which it takes from '{owner}' beside it," if owner else ""
            raise ModelCorrupt(f"{name} of '{self.name}'{where} cannot be read.") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise ModelCorrupt(f"{name} of '{self.name}' has not the SHA-256 of {MANIFEST}.")
        return content

    @property
    def network_temperature(self) -> float:
        """What the logits of all the network's labels are divided by: the temperature of the files' owner."""
        try:
            return ModelDirectory(self._folder_of(ONNX_FILE)).manifest.temperature
        except ModelError:
            # The files are enough to run the network.
            return self.manifest.temperature

    def _folder_of(self, name: str) -> Path:
        if self.manifest.weights_of is None or name not in NETWORK_FILES:
            return self.path
        return self.path.resolve().parent / self.manifest.weights_of

    def _known_features(self) -> FeatureSet:
        read = self.manifest.features
        if read.name in FEATURE_SETS:
            known = FEATURE_SETS.get(read.name)
            if (known.version, dict(known.parameters)) == (read.version, read.parameters):
                return known
        raise ModelCorrupt(
            f"Model '{self.name}' was trained on other features than this version extracts; "
            "train it again with this version."
        )


def find(model: str, root: Path) -> ModelDirectory:
    """Return a model by its name under `root`, or by the path of its directory.

    Raises:
        ModelNotFound: neither leads to a model; the message lists those there are, or says where the model
            is that a killed run was about to replace.
        ModelCorrupt: its manifest cannot be used.
    """
    for path in (root / model, Path(model)):
        try:
            if (path / MANIFEST).is_file():
                return ModelDirectory(path)
            replaced = bool(path.name) and old_place(path).is_dir()
        except OSError as error:
            # A name that is too long, or a folder that may not be read.
            raise ModelNotFound(f"No model '{model}': {error.strerror}.") from error
        if replaced:
            raise ModelNotFound(
                f"'{path.name}' was being replaced when the run was killed. The old one is in "
                f"'{old_place(path)}': rename it back, or train again."
            )
    known = ", ".join(names(root)) or "none"
    raise ModelNotFound(f"No model '{model}'; models in '{root}': {known}.")


def find_voice_gender(root: Path) -> ModelDirectory:
    """Return the first model under `root`, by name, that tells whether a voice sounds female or male.

    Raises:
        ModelUnavailable: there is none.
    """
    for name in names(root):
        try:
            directory = ModelDirectory(root / name)
        except ModelError:
            continue
        if directory.manifest.task == VOICE_GENDER:
            return directory
    raise no_voice_gender()


def no_voice_gender() -> ModelUnavailable:
    """Return the error where no model tells whether a voice sounds female or male."""
    return ModelUnavailable(
        "There is no model that tells whether a voice sounds female or male; "
        "`ser train --family voice-gender` makes one."
    )


def old_place(path: Path) -> Path:
    """Return where a model directory is for the moment in which another one takes its place."""
    return path.with_name(f".{path.name}.old")


def names(root: Path) -> list[str]:
    """Return the names of the models under `root`, sorted; hidden folders are unfinished ones."""
    found = (path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    return sorted(name for name in found if not name.startswith("."))
