"""Finds, verifies and reads model directories.

A directory holds `final_ser_model.keras`, `scaler.pkl`, `model.onnx`, `model.json` (the manifest) and
`MODEL_CARD.md`. No file is used before its SHA-256 has been found to be the manifest's.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ser.errors import ModelCorrupt, ModelNotFound
from ser.features.mfcc import DEFINITIONS, Definition

MANIFEST = "model.json"
KERAS_FILE = "final_ser_model.keras"
SCALER_FILE = "scaler.pkl"
ONNX_FILE = "model.onnx"
CARD_FILE = "MODEL_CARD.md"
DEFAULT_OUTPUT = "probabilities"

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Corpus(BaseModel):
    """What a model was trained on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    description: str
    licence: str
    licence_url: str
    source: str
    url: str


class Scaling(BaseModel):
    """The statistics of everybody the network was trained on, one number per feature."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: list[_Finite]
    scale: list[_Positive]


class Manifest(BaseModel):
    """What `model.json` says of a model.

    Attributes:
        labels: what it answers with, in this order.
        network_labels: what its network tells apart; `labels` where it is not given.
        output: the name of the ONNX graph's output that gives `labels`.
        temperature: the network's logits are divided by it.
        min_confidence: an answer that is less sure is of low information, 0-1.
        min_speech_s: so is one on less speech.
        prior_frames: the weight of `scaling` against the frames of a baseline.
        scaling: what frames are scaled with when there is no baseline; without it, the model takes none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    description: str
    labels: list[str] = Field(min_length=2)
    network_labels: list[str] | None = None
    output: str = DEFAULT_OUTPUT
    temperature: _Positive = 1.0
    min_confidence: float = Field(0.0, ge=0, le=1)
    min_speech_s: float = Field(0.0, ge=0, allow_inf_nan=False)
    prior_frames: float = Field(0.0, ge=0, allow_inf_nan=False)
    scaling: Scaling | None = None
    architecture: str
    parameters: int
    features: Definition
    sha256: dict[str, str]
    corpus: Corpus
    split: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Any]
    versions: dict[str, str]
    created: str

    @field_validator("labels", "network_labels")
    @classmethod
    def _differ(cls, labels: list[str] | None) -> list[str] | None:
        if labels is not None and len(set(labels)) < len(labels):
            raise ValueError("two labels are the same")
        return labels

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if unknown := set(self.labels) - set(self.network_labels or self.labels):
            raise ValueError(f"labels that the network does not know: {', '.join(sorted(unknown))}")
        widths = {len(self.scaling.mean), len(self.scaling.scale)} if self.scaling else set()
        if widths - {self.features.get("n_features")}:
            raise ValueError("scaling has not one number per feature")
        return self

    @property
    def face(self) -> list[int]:
        """Which of the network's outputs are those of `labels`."""
        known = self.network_labels or self.labels
        return [known.index(label) for label in self.labels]

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

    Attributes:
        manifest: what `model.json` says.
        definition: of the features it takes, one of `feature_extractor.DEFINITIONS`.

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
        if self.manifest.features not in DEFINITIONS:
            raise ModelCorrupt(
                f"Model '{path.name}' was trained on other features than this version extracts; "
                "train it again with this version."
            )
        self.definition = DEFINITIONS[DEFINITIONS.index(self.manifest.features)]

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
        ModelNotFound: neither leads to a model; the message lists those there are, or says where the model
            is that a killed run was about to replace.
        ModelCorrupt: its manifest cannot be used.
    """
    for path in (root / model, Path(model)):
        if (path / MANIFEST).is_file():
            return ModelDirectory(path)
        if old_place(path).is_dir():
            raise ModelNotFound(
                f"'{path.name}' was being replaced when the run was killed. The old one is in "
                f"'{old_place(path)}': rename it back, or train again."
            )
    known = ", ".join(names(root)) or "none"
    raise ModelNotFound(f"No model '{model}'; models in '{root}': {known}.")


def old_place(path: Path) -> Path:
    """Return where a model directory is for the moment in which another one takes its place."""
    return path.with_name(f".{path.name}.old")


def names(root: Path) -> list[str]:
    """Return the names of the models under `root`, sorted; hidden folders are unfinished ones."""
    found = (path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    return sorted(name for name in found if not name.startswith("."))
