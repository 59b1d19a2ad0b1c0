"""What decides the results of a batch, beside the recordings."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ser import __version__
from ser.analysis.calls import VoicesBy
from ser.config import EngineName, Settings
from ser.models import store
from ser.models.manifest import MANIFEST, ONNX_FILE
from ser.models.store import ModelDirectory


@dataclass(frozen=True)
class ModelFacts:
    """What the results say of the model that made them.

    Attributes:
        name: of the manifest.
        sha256: of its network, `model.onnx`; empty where the manifest lists none.
        manifest_sha256: of its manifest, which also holds the calibration and the hashes of all files.
        labels: the emotions, in the model's order.
        description: of the manifest.
        licence: of the weights.
        restricted: whether that licence forbids some uses.
    """

    name: str
    sha256: str
    manifest_sha256: str
    labels: tuple[str, ...]
    description: str
    licence: str
    restricted: bool

    @classmethod
    def of(cls, directory: ModelDirectory) -> ModelFacts:
        """Return those of a model directory.

        Raises:
            WrongTask: the model predicts no emotions.
        """
        manifest = directory.manifest
        manifest.require_emotions()
        return cls(
            name=manifest.name,
            sha256=manifest.sha256.get(ONNX_FILE, ""),
            manifest_sha256=hashlib.sha256((directory.path / MANIFEST).read_bytes()).hexdigest(),
            labels=tuple(manifest.labels),
            description=manifest.description,
            licence=manifest.licence,
            restricted=manifest.restricted,
        )


@dataclass(frozen=True)
class Options:
    """How each recording is analysed; workers get all of it with their work.

    Attributes:
        model: name or absolute path, as workers find it.
        facts: of the model; workers compare theirs.
        engine: what runs the network.
        own_baseline: whether each recording, or each voice, is normalised with its own statistics.
        prior: how frequent emotions are; see `EmotionPredictor.with_prior`.
        voices_by: how two voices are told apart; None takes all speech for one voice.
        max_duration_s: longer recordings fail.
        max_decoding_s: those that take more processor time to decode fail; see `AudioStream`.
        max_remote_bytes: larger remote files fail.
        ser_version: of this package.
    """

    model: str
    facts: ModelFacts
    engine: EngineName
    own_baseline: bool
    prior: str | None
    voices_by: VoicesBy | None
    max_duration_s: float
    max_decoding_s: float
    max_remote_bytes: int
    ser_version: str = __version__

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        model: str | None,
        own_baseline: bool,
        prior: str | None,
        voices_by: VoicesBy | None,
    ) -> Options:
        """Return those of a command line and the settings.

        Raises:
            ModelError: there is no usable model.
        """
        directory = store.find(model or settings.model, settings.model_dir)
        by_name = directory.path.parent == settings.model_dir
        return cls(
            model=directory.path.name if by_name else str(directory.path.absolute()),
            facts=ModelFacts.of(directory),
            engine=settings.engine,
            own_baseline=own_baseline,
            prior=prior or None,
            voices_by=voices_by,
            max_duration_s=settings.max_analyze_s,
            max_decoding_s=settings.max_decoding_s,
            max_remote_bytes=settings.max_analyze_bytes,
        )

    @property
    def deciding(self) -> dict[str, Any]:
        """What a batch must keep from its beginning to its end, as JSON; where the model is may change."""
        body = asdict(self)
        del body["model"]
        return body | {"facts": body["facts"] | {"labels": list(self.facts.labels)}}


def find_model(options: Options, model_dir: Path) -> ModelDirectory:
    """Return the model of a batch on this machine.

    Raises:
        ModelError: there is none.
    """
    return store.find(options.model, model_dir)
