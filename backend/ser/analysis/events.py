"""What a live session says, each as the message that tells a client of it; times from the first sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser.models.predictor import Prediction, all_rounded, rounded


@dataclass(frozen=True)
class SpeechStarted:
    """Somebody began to speak."""

    start_ms: int

    def as_dict(self) -> dict[str, Any]:
        """Return the message."""
        return {"type": "speech_started", "start_ms": self.start_ms}


@dataclass(frozen=True)
class Result:
    """What one window sounds like.

    Attributes:
        start_ms: where it begins.
        end_ms: where it ends.
        prediction: what it sounds like alone.
        smoothed: the probabilities, averaged with those before.
    """

    start_ms: int
    end_ms: int
    prediction: Prediction
    smoothed: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the message."""
        told = self.prediction.as_dict()
        return {
            "type": "result",
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "emotion": told["emotion"],
            "confidence": told["confidence"],
            "probabilities": told["probabilities"],
            "smoothed": all_rounded(self.smoothed),
            "low_information": told["low_information"],
        }


@dataclass(frozen=True)
class Verdict:
    """What the windows of an utterance say together.

    Attributes:
        emotion: what most of them voted for.
        confidence: the share of the votes it won, 0-1.
        probabilities: the mean over the windows.
        votes: how many windows each emotion won.
    """

    emotion: str
    confidence: float
    probabilities: Mapping[str, float]
    votes: Mapping[str, int]


@dataclass(frozen=True)
class SpeechEnded:
    """An utterance is over.

    Attributes:
        start_ms: where it began.
        end_ms: where it ended.
        verdict: None where there was too little sound for a single window.
        baseline: the token grown by the utterance; None unless the session adapts.
        baseline_speech_s: of how much speech that baseline was made.
    """

    start_ms: int
    end_ms: int
    verdict: Verdict | None
    baseline: str | None = None
    baseline_speech_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the message."""
        verdict = self.verdict
        told: dict[str, Any] = {
            "type": "speech_ended",
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "emotion": verdict and verdict.emotion,
            "confidence": verdict and rounded(verdict.confidence),
            "probabilities": verdict and all_rounded(verdict.probabilities),
            "votes": dict(verdict.votes) if verdict else {},
        }
        if self.baseline is not None:
            told["baseline"] = self.baseline
            told["baseline_speech_s"] = round(self.baseline_speech_s, 2)
        return told


Event = SpeechStarted | Result | SpeechEnded
