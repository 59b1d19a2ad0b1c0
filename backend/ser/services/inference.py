"""The road of one clip: bytes -> waveform -> frames, if it is speech -> windows -> `Prediction`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ser.services import audio, feature_extractor, voice_activity
from ser.services.engines import Engine, EngineName, Probabilities, load_engine
from ser.services.feature_extractor import MAX_FRAMES, Frames
from ser.services.model_store import ModelDirectory

WINDOW_HOP_FRAMES = MAX_FRAMES // 2
_BATCH_WINDOWS = 32

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prediction:
    """What a clip sounds like.

    Attributes:
        probabilities: one per emotion, in the model's order; they sum to 1.
        timestamp: when it was made, UTC.
    """

    probabilities: Mapping[str, float]
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `emotion`, 0-1."""
        return self.probabilities[self.emotion]

    def as_dict(self) -> dict[str, Any]:
        """Return the published JSON shape: four decimals, ISO time without a zone (it is UTC)."""
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 4),
            "probabilities": {name: round(p, 4) for name, p in self.probabilities.items()},
            "timestamp": self.timestamp.replace(tzinfo=None).isoformat(timespec="microseconds"),
        }


class EmotionPredictor:
    """A network with all that leads to it.

    Args:
        directory: where the model is, and what it says of itself.
        engine: what runs its network.
    """

    def __init__(self, directory: ModelDirectory, engine: Engine) -> None:
        self.manifest = directory.manifest
        self.card = directory.card
        self._engine = engine

    @classmethod
    def load(cls, directory: Path | ModelDirectory, *, engine: EngineName = "onnx") -> EmotionPredictor:
        """Load a model directory.

        Raises:
            ModelError: there is no usable model in it.
        """
        if isinstance(directory, Path):
            directory = ModelDirectory(directory)
        return cls(directory, load_engine(engine, directory))

    def predict(self, source: bytes | Path, *, max_duration_s: float = audio.MAX_DURATION_S) -> Prediction:
        """Hear which emotion an audio file carries.

        Args:
            source: the bytes of an audio file, or the path of one.
            max_duration_s: longer audio is refused.

        Raises:
            AudioError: the audio cannot be decoded, is too short or too long, or holds no speech.
            OSError: the path cannot be read.
        """
        return self.predict_waveform(audio.decode(source, max_duration_s=max_duration_s))

    def predict_waveform(self, y: audio.Waveform) -> Prediction:
        """Hear which emotion a waveform [shape=(n,)], float32, 16 kHz mono carries.

        Raises:
            AudioError: it is too short or holds no speech.
        """
        # First the features: of what is too short, nobody can say whether it is speech.
        frames = feature_extractor.extract(y)
        voice_activity.require_speech(y)
        return self.predict_frames(frames)

    def predict_frames(self, frames: Frames) -> Prediction:
        """Hear which emotion frames [shape=(T, 120)] carry; windows over 4 s are averaged."""
        mean = self.probabilities(frames).mean(axis=0)
        mean /= mean.sum()
        return Prediction(dict(zip(self.manifest.labels, mean.tolist(), strict=True)))

    def probabilities(self, frames: Frames) -> Probabilities:
        """Return the probabilities [shape=(windows, C)] of each window of `frames`."""
        batch = windows(frames)
        return np.concatenate(
            [self._engine.run(batch[i : i + _BATCH_WINDOWS]) for i in range(0, len(batch), _BATCH_WINDOWS)]
        )

    def warm_up(self) -> None:
        """Pay now for every first call on the road, so that no request does."""
        feature_extractor.warm_up()
        voice_activity.warm_up()
        for length in (MAX_FRAMES // 2, MAX_FRAMES):
            self._engine.run(np.zeros((1, length, feature_extractor.N_FEATURES), np.float32))


def windows(frames: Frames) -> Frames:
    """Cover frames [shape=(T, 120)] with overlapping windows [shape=(B, min(T, 400), 120)].

    The last window ends with the last frame, so that nothing is cut and nothing is padded.
    """
    last = len(frames) - MAX_FRAMES
    if last <= 0:
        return frames[np.newaxis]
    starts = [*range(0, last, WINDOW_HOP_FRAMES), last]
    return np.stack([frames[start : start + MAX_FRAMES] for start in starts])
