"""Finds, verifies and reads model directories.

A directory holds `final_ser_model.keras`, `scaler.pkl`, `model.onnx`, `model.json` (the manifest) and
`MODEL_CARD.md`. No file is used before its SHA-256 has been found to be the manifest's.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ser.errors import ModelCorrupt, ModelNotFound
from ser.services.feature_extractor import DEFINITION

MANIFEST = "model.json"
KERAS_FILE = "final_ser_model.keras"
SCALER_FILE = "scaler.pkl"
ONNX_FILE = "model.onnx"
CARD_FILE = "MODEL_CARD.md"


class Corpus(BaseModel):
    """What a model was trained on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    description: str
    licence: str
    licence_url: str
    source: str
    url: str


class Manifest(BaseModel):
    """What `model.json` says of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    description: str
    labels: list[str] = Field(min_length=2)
    architecture: str
    parameters: int
    features: dict[str, int | float | str]
    sha256: dict[str, str]
    corpus: Corpus
    split: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Any]
    versions: dict[str, str]
    created: str

    @field_validator("labels")
    @classmethod
    def _differ(cls, labels: list[str]) -> list[str]:
        if len(set(labels)) < len(labels):
            raise ValueError("two labels are the same")
        return labels

    @property
    def unseen_uar(self) -> float | None:
        """UAR on the speakers the model never heard, 0-1; None where it was not measured."""
        uar = self.metrics.get("dev", {}).get("uar")
        return None if uar is None else float(uar)

    @property
    def unseen_speakers(self) -> list[str]:
        """The speakers that `unseen_uar` was measured on."""
        return list(self.metrics.get("dev", {}).get("speakers", []))


class ModelDirectory:
    """One model on disk, its manifest checked; files are checked as they are read.

    Args:
        path: the directory.

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
            raise ModelCorrupt(f"{MANIFEST} of '{path.name}' is malformed: {error}") from error
        if self.manifest.features != DEFINITION:
            raise ModelCorrupt(
                f"Model '{path.name}' was trained on other features than this version extracts; "
                "train it again with this version."
            )

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
            raise ModelCorrupt(f"{MANIFEST} of '{self.path.name}' lists no {name}.")
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise ModelCorrupt(f"{name} of '{self.path.name}' cannot be read.") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise ModelCorrupt(f"{name} of '{self.path.name}' has not the SHA-256 of {MANIFEST}.")
        return content


def find(model: str, root: Path) -> ModelDirectory:
    """Return a model by its name under `root`, or by the path of its directory.

    Raises:
        ModelNotFound: neither leads to a model; the message lists those there are.
        ModelCorrupt: its manifest cannot be used.
    """
    for path in (root / model, Path(model)):
        if (path / MANIFEST).is_file():
            return ModelDirectory(path)
    known = ", ".join(names(root)) or "none"
    raise ModelNotFound(f"No model '{model}'; models in '{root}': {known}.")


def names(root: Path) -> list[str]:
    """Return the names of the models under `root`, sorted; hidden folders are unfinished ones."""
    found = (path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    return sorted(name for name in found if not name.startswith("."))
