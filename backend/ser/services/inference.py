"""The road of one clip: bytes -> waveform -> frames, if it is speech -> windows -> `Prediction`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import numpy as np

from ser import timestamps
from ser.services import audio, feature_extractor, voice_activity
from ser.services.engines import Engine, EngineName, Probabilities, load_engine
from ser.services.feature_extractor import MAX_FRAMES, Frames
from ser.services.model_store import ModelDirectory

WINDOW_HOP_FRAMES = MAX_FRAMES // 2
_BATCH_WINDOWS = 32

# More at once would only take memory: it is the processor that is short.
_slots = BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True)
class Prediction:
    """What a clip sounds like.

    Attributes:
        probabilities: one per emotion, in the model's order; they sum to 1.
        timestamp: when it was made, as the API tells the time.
    """

    probabilities: Mapping[str, float]
    timestamp: str = field(default_factory=timestamps.now)

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `emotion`, 0-1."""
        return self.probabilities[self.emotion]

    def as_dict(self) -> dict[str, Any]:
        """Return the published JSON shape: with four decimals."""
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 4),
            "probabilities": {name: round(p, 4) for name, p in self.probabilities.items()},
            "timestamp": self.timestamp,
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

    def predict(
        self,
        source: bytes | Path,
        *,
        max_duration_s: float = audio.MAX_DURATION_S,
        max_decoding_s: float | None = None,
    ) -> Prediction:
        """Hear which emotion an audio file carries.

        Args:
            source: the bytes of an audio file, or the path of one.
            max_duration_s: longer audio is refused.
            max_decoding_s: so is audio that takes more processor time to decode.

        Raises:
            AudioError: the audio cannot be decoded, is too short or too long, or holds no speech.
            OSError: the path cannot be read.
        """
        with _slots:
            y = audio.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
            return self.predict_waveform(y)

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
