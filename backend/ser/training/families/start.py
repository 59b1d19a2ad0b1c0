"""The model that a fine-tuned one begins with."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from ser.errors import ModelError
from ser.models.manifest import KERAS_FILE, Manifest
from ser.models.store import ModelDirectory
from ser.training.families.networks import Size


@dataclass(frozen=True)
class Start:
    """A hybrid model on disk, whose members are trained further.

    Attributes:
        path: its directory, with its own network files.
        manifest: what its `model.json` says.
        members: the size of each of its members.
    """

    path: Path
    manifest: Manifest
    members: tuple[Size, ...]

    @classmethod
    def of(cls, directory: ModelDirectory) -> Start:
        """Return a shipped model, or the one whose network it uses.

        Raises:
            ModelError: its network is no hybrid one with a Keras file.
        """
        manifest, path = directory.manifest, directory.path.resolve()
        if manifest.weights_of is not None:
            path = path.parent / manifest.weights_of
            manifest = ModelDirectory(path).manifest
        try:
            members = tuple(Size(**size) for size in manifest.training["members"])
        except (KeyError, TypeError):
            members = ()
        if KERAS_FILE not in manifest.sha256 or not members:
            raise ModelError(
                f"'{directory.name}' cannot be trained further: its network is not the shipped kind."
            )
        return cls(path, manifest, members)

    @property
    def sha256(self) -> str:
        """Of its Keras file."""
        return self.manifest.sha256[KERAS_FILE]

    @property
    def labels(self) -> tuple[str, ...]:
        """The order of its network's outputs."""
        return tuple(self.manifest.network_labels or self.manifest.labels)

    def networks(self) -> list[keras.Model]:
        """Return its members, as they were trained.

        Raises:
            ModelError: another model is in its place by now.
        """
        content = ModelDirectory(self.path).read(KERAS_FILE)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelError(f"'{self.manifest.name}' was replaced while it was trained further.")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / KERAS_FILE
            path.write_bytes(content)
            network = keras.saving.load_model(path, compile=False)
        return [network.get_layer(f"member_{number}") for number in range(len(self.members))]

    def begin(self, number: int, model: keras.Model, labels: Sequence[str]) -> None:
        """Give a network the weights of a member; those of labels that are new stay random.

        Args:
            number: of the member, from 0.
            model: a hybrid network of the member's size.
            labels: the order of its outputs.

        Raises:
            ModelError: another model is in its place by now.
        """
        member = self.networks()[number]
        for layer, known in zip(model.layers[:-1], member.layers[:-1], strict=True):
            layer.set_weights(known.get_weights())
        weights, bias = model.layers[-1].get_weights()
        known_weights, known_bias = member.layers[-1].get_weights()
        known_labels = self.labels
        shared = [
            (labels.index(label), known_labels.index(label)) for label in labels if label in known_labels
        ]
        for own, theirs in shared:
            weights[:, own], bias[own] = known_weights[:, theirs], known_bias[theirs]
        model.layers[-1].set_weights([np.asarray(weights), np.asarray(bias)])
