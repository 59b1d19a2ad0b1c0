"""The road of one clip: bytes -> waveform -> frames, if it is speech -> windows -> `Prediction`."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser import timestamps
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import EngineName
from ser.errors import BadBaseline, BaselineTooShort, TooLong
from ser.features import mfcc as feature_extractor
from ser.features.mfcc import MAX_FRAMES, Definition, Frames
from ser.limits import MAX_DURATION_S
from ser.models.baseline import MIN_BASELINE_S, MIN_DETECTED_S, Baseline, Statistics
from ser.models.engines import Engine, Probabilities, load_engine
from ser.models.store import ModelDirectory, Scaling
from ser.speech import gate as voice_activity

WINDOW_HOP_FRAMES = MAX_FRAMES // 2
_BATCH_WINDOWS = 32

# Of probabilities in answers.
_DECIMALS = 4

# More at once would only take memory: it is the processor that is short.
_slots = BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True)
class Prediction:
    """What a clip sounds like.

    Attributes:
        probabilities: one per emotion, in the model's order; they sum to 1.
        heard: the statistics of the frames it was made from.
        low_information: whether it should be shown as uncertain.
        timestamp: when it was made, as the API tells the time.
    """

    probabilities: Mapping[str, float]
    heard: Baseline
    low_information: bool = False
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
            "confidence": rounded(self.confidence),
            "probabilities": all_rounded(self.probabilities),
            "timestamp": self.timestamp,
            "low_information": self.low_information,
        }


class EmotionPredictor:
    """A network with all that leads to it.

    Args:
        directory: where the model is, and what it says of itself.
        engine: what runs its network.
    """

    def __init__(self, directory: ModelDirectory, engine: Engine) -> None:
        self.manifest = directory.manifest
        self.definition = directory.definition
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
        baseline: Baseline | None = None,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float | None = None,
    ) -> Prediction:
        """Hear which emotion an audio file carries.

        Args:
            source: the bytes of an audio file, or the path of one.
            baseline: how this voice ordinarily sounds; everybody's by default.
            max_duration_s: longer audio is refused.
            max_decoding_s: so is audio that takes more processor time to decode.

        Raises:
            AudioError: the audio cannot be decoded, is too short or too long, or holds no speech.
            BadBaseline: this model takes no baseline.
            OSError: the path cannot be read.
        """
        with _slots:
            y = audio.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
            return self.predict_waveform(y, baseline)

    def predict_waveform(self, y: Waveform, baseline: Baseline | None = None) -> Prediction:
        """Hear which emotion a waveform [shape=(n,)], float32, 16 kHz mono carries.

        Raises:
            AudioError: it is too short or holds no speech.
            BadBaseline: this model takes no baseline.
        """
        return self.predict_frames(self.speech_frames(y), baseline)

    def predict_frames(self, frames: Frames, baseline: Baseline | None = None) -> Prediction:
        """Hear which emotion frames [shape=(T, D)] carry; windows over 4 s are averaged.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        mean = self.probabilities(frames, baseline).mean(axis=0)
        mean /= mean.sum()
        heard = Baseline.of(frames)
        return Prediction(
            self.named(mean),
            heard,
            low_information=bool(mean.max() < self.manifest.min_confidence)
            or heard.speech_s < self.manifest.min_speech_s,
        )

    def probabilities(self, frames: Frames, baseline: Baseline | None = None) -> Probabilities:
        """Return the probabilities [shape=(windows, C)] of each window of `frames`.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        mean, scale = (None, None) if baseline is None else self._blended(baseline)
        batch = windows(frames)
        return np.concatenate(
            [
                self._engine.run(batch[i : i + _BATCH_WINDOWS], mean, scale)
                for i in range(0, len(batch), _BATCH_WINDOWS)
            ]
        )

    def probabilities_of(self, heard: Sequence[Frames], baseline: Baseline | None = None) -> Probabilities:
        """Return the probabilities [shape=(n, C)] of n windows [shape=(T, D) each, T up to 400].

        Those of one length go through the network together.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        mean, scale = (None, None) if baseline is None else self._blended(baseline)
        found = np.empty((len(heard), len(self.manifest.labels)), np.float32)
        lengths = np.array([len(frames) for frames in heard])
        for length in set(lengths.tolist()):
            (alike,) = np.nonzero(lengths == length)
            for some in np.split(alike, range(_BATCH_WINDOWS, len(alike), _BATCH_WINDOWS)):
                found[some] = self._engine.run(np.stack([heard[i] for i in some]), mean, scale)
        return found

    def named(self, probabilities: NDArray[np.floating[Any]]) -> dict[str, float]:
        """Return which emotion each of the probabilities [shape=(C,)] is of."""
        return dict(zip(self.manifest.labels, probabilities.tolist(), strict=True))

    def learn(
        self,
        sources: Iterable[bytes | Path],
        baseline: Baseline | None = None,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float = math.inf,
    ) -> Baseline:
        """Learn how a voice ordinarily sounds.

        Args:
            sources: one audio file or several, each its bytes or its path.
            baseline: what is already known of the voice.
            max_duration_s: of all files together; longer audio is refused.
            max_decoding_s: so is audio that takes more processor time to decode, together.

        Returns:
            `baseline` grown by what was heard.

        Raises:
            AudioError: a file cannot be decoded, is too short or too long, or holds no speech.
            BaselineTooShort: less than `MIN_BASELINE_S` are known in the end, or a first baseline is mostly
                of pauses.
            OSError: a path cannot be read.
        """
        left_s, needed_s = max_duration_s, 0.0 if baseline else MIN_DETECTED_S
        for source in sources:
            with _slots:
                started_s = thread_time()
                y = audio.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
                max_decoding_s -= thread_time() - started_s
                left_s -= len(y) / SAMPLE_RATE_HZ
                if left_s < 0:
                    raise TooLong(f"At most {max_duration_s:g} s of audio are taken, all files together.")
                heard = Baseline.of(self.speech_frames(y))
                needed_s -= voice_activity.speech_s(y, enough_s=max(needed_s, 0.0))
            baseline = heard if baseline is None else baseline + heard
        if baseline is None or baseline.speech_s < MIN_BASELINE_S:
            known_s = baseline.speech_s if baseline else 0.0
            raise BaselineTooShort(
                f"{known_s:.1f} s of speech were heard; at least {MIN_BASELINE_S:g} s are needed."
            )
        if needed_s > 0:
            raise BaselineTooShort(
                f"In {baseline.speech_s:.1f} s, only {MIN_DETECTED_S - needed_s:.1f} s are speech and the "
                "rest is pauses; speak on."
            )
        return baseline

    def speech_frames(self, y: Waveform) -> Frames:
        """Return the frames that this model takes of a waveform; see `speech_frames`."""
        return speech_frames(y, self.definition)

    @property
    def takes_baseline(self) -> bool:
        """Whether a voice can be heard against its own ordinary state."""
        return self.manifest.scaling is not None

    def require_scaling(self) -> Scaling:
        """Return what a baseline is blended with.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        if self.manifest.scaling is None:
            raise BadBaseline(f"The model '{self.manifest.name}' takes no baseline; send none.")
        return self.manifest.scaling

    def _blended(self, baseline: Baseline) -> tuple[Statistics, Statistics]:
        scaling = self.require_scaling()
        return baseline.blended(scaling.mean, scaling.scale, self.manifest.prior_frames)

    def warm_up(self) -> None:
        """Pay now for every first call on the road, so that no request does."""
        feature_extractor.warm_up(self.definition)
        voice_activity.warm_up()
        for length in (MAX_FRAMES // 2, MAX_FRAMES):
            self._engine.run(np.zeros((1, length, int(self.definition["n_features"])), np.float32))


def rounded(probability: float) -> float:
    """Return a probability as answers tell it."""
    return round(probability, _DECIMALS)


def all_rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Return the probabilities of some emotions as answers tell them."""
    return {name: rounded(p) for name, p in probabilities.items()}


def speech_frames(y: Waveform, definition: Definition) -> Frames:
    """Return the unscaled frames [shape=(T, D)] of a waveform [shape=(n,)] in which somebody speaks.

    Raises:
        AudioError: it is too short or holds no speech.
    """
    # First the features: of what is too short, nobody can say whether it is speech.
    frames = feature_extractor.extract(y, definition)
    voice_activity.require_speech(y)
    return frames


def windows(frames: Frames) -> Frames:
    """Cover frames [shape=(T, D)] with overlapping windows [shape=(B, min(T, 400), D)].

    The last window ends with the last frame, so that nothing is cut and nothing is padded.
    """
    last = len(frames) - MAX_FRAMES
    if last <= 0:
        return frames[np.newaxis]
    starts = [*range(0, last, WINDOW_HOP_FRAMES), last]
    return np.stack([frames[start : start + MAX_FRAMES] for start in starts])
