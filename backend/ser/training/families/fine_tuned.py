"""A shipped network that is trained further on other recordings, its layers unfrozen step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ser.models.manifest import KERAS_FILE, Manifest
from ser.training.families.hybrid import Hybrid
from ser.training.families.hybrid_batches import FIRST, HybridSettings
from ser.training.families.start import Start

EPOCHS = 24
# First the new last layer alone, then what is above the convolutions, then all of it, at ever lower rates.
PHASES = (
    replace(FIRST, share=0.25, learning_rate=2e-3, trained="head"),
    replace(FIRST, share=0.35, learning_rate=7e-4, trained="upper"),
    replace(FIRST, share=0.4, learning_rate=3e-4, clean_share=0.5),
)


class FineTuned(Hybrid):
    """The network of a shipped model, trained further on one's own recordings.

    Args:
        start: the model.
        settings: how it is trained; the sizes of the members are those of `start`.
    """

    default_name = "own"

    start: Start

    def __init__(self, start: Start, settings: HybridSettings | None = None) -> None:
        settings = settings or HybridSettings(epochs=EPOCHS, phases=PHASES)
        super().__init__(replace(settings, members=start.members))
        self.start = start

    @property
    def start_manifest(self) -> Manifest:
        """What is said of the model that is trained further."""
        return self.start.manifest

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        manifest = self.start_manifest
        begun = {"model": manifest.name, "keras_sha256": manifest.sha256[KERAS_FILE]}
        return super().describe() | {"from": begun}
