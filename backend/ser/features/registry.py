"""The feature sets: what turns a waveform into what a model reads.

A new feature set is one file with a `FeatureSet` in it, and one line in `FEATURE_SETS`. A model's
manifest names its feature set, with the version and the parameters that it was trained with.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import ModelCorrupt, ModelError
from ser.registry import Registry

Features = NDArray[np.float32]
# Frames over time [shape=(T, D)].
Frames = NDArray[np.float32]
Parameters = Mapping[str, int | float | str]

# Frames of all feature sets over time are 10 ms apart, and see 25 ms.
HOP_LENGTH = 160
FRAME_LENGTH = 400
FRAME_S = HOP_LENGTH / SAMPLE_RATE_HZ

_KIND_BYTES = 6


class FeatureSet(ABC):
    """What a model reads of a waveform.

    Attributes:
        name: as manifests and the registry name it.
        version: another one wherever the same waveform gives other numbers.
        parameters: every constant that the numbers depend on.
        description: what they are, for people.
        shape: of one clip's features; the first is None where it is the number of frames, `HOP_LENGTH` apart.
        libraries: what extraction imports of the extra `published`.
        groups: name -> which of the numbers of a frame are alike, to tell how features drift.
    """

    name: str
    version: int = 1
    parameters: Parameters
    description: str
    shape: tuple[int | None, ...]
    libraries: tuple[str, ...] = ()
    groups: Mapping[str, slice] = MappingProxyType({"all": slice(None)})

    @abstractmethod
    def extract(self, y: Waveform) -> Features:
        """Return the features [shape=self.shape], float32, finite, unscaled.

        Args:
            y: waveform [shape=(n,)], float32, 16 kHz mono.

        Raises:
            TooShort: too little sound is left after trimming.
        """

    def extract_with_start(self, y: Waveform) -> tuple[Features, int]:
        """Do as `extract`, and also return at which sample of the waveform the features begin."""
        return self.extract(y), 0

    def warm_up(self) -> None:
        """Pay now for imports and first calls, so that no request does."""
        self.extract(np.sin(np.arange(SAMPLE_RATE_HZ, dtype=np.float32)))

    def require_libraries(self) -> None:
        """Raise unless what extraction imports is installed.

        Raises:
            ModelError: something is missing; the message says how to install it.
        """
        if missing := [name for name in self.libraries if find_spec(name) is None]:
            raise ModelError(
                f"The features '{self.name}' need {' and '.join(missing)}: "
                "install the extra 'published' of ser."
            )

    @property
    def over_time(self) -> bool:
        """Whether the features are frames over time, of which windows can be cut."""
        return self.shape[0] is None

    @property
    def width(self) -> int:
        """How many numbers a frame, or a vector, has."""
        width = self.shape[-1]
        assert width is not None  # noqa: S101
        return width

    @property
    def kind(self) -> str:
        """The short name of statistics of these features: the same for equal parameters and versions."""
        # Version 1 counts as none: baselines that clients hold do not have it.
        version = {"version": self.version} if self.version > 1 else {}
        canonical = json.dumps({**self.parameters, **version}, sort_keys=True).encode()
        return hashlib.sha256(canonical).hexdigest()[: 2 * _KIND_BYTES]

    def describe(self) -> dict[str, Any]:
        """Return what a manifest says of them."""
        return {"name": self.name, "version": self.version, "parameters": dict(self.parameters)}


FEATURE_SETS: Registry[FeatureSet] = Registry(
    "feature set",
    {
        "mfcc-delta": "ser.features.mfcc:MFCC",
        "mfcc-delta-pitch": "ser.features.mfcc:MFCC_PITCH",
        "log-mel": "ser.features.log_mel:LOG_MEL",
        "clip-42": "ser.features.clip_42:CLIP_42",
        "clip-105": "ser.features.clip_105:CLIP_105",
        "clip-187": "ser.features.clip_187:CLIP_187",
    },
    error=ModelCorrupt,
)
