"""The personal baseline: statistics of a speaker's own frames, which normalise that speaker's features.

A baseline is a count and two numbers per feature. What was said cannot be recovered from it. The client
keeps it, as a token; the server keeps nothing.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser.errors import BadBaseline
from ser.features.registry import FRAME_S, FeatureSet, Frames

# The statistics of one sentence alone are those of its words and emotion.
MIN_BASELINE_S = 5.0
# Until so much is known of a speaker, an emotion needs strong evidence: less than this is uncertain. Source:
# docs/experiments.md, "The first seconds".
MIN_CONFIDENCE_UNKNOWN = 0.7
# Detected speech without pauses, of a first baseline: less than in any three neutral clips of an actor.
MIN_DETECTED_S = 2.0
# The least deviation of a feature, as a share of its usual one: what hardly varied is not amplified.
MIN_SCALE_SHARE = 0.05

PREFIX = "ser-baseline-1."
_CHECKSUM_BYTES = 8
# Months of speech, and values far beyond any feature: no honest token reaches them.
_MAX_COUNT = 10**9
_MAX_VALUE = 1e6

Statistics = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Statistics of frames; baselines of two recordings add up to that of both.

    The count stops at what a token can hold; the statistics go on to be those of everything.

    Attributes:
        count: how many frames.
        sum: of each feature [shape=(D,)], float64.
        sum_squares: of each feature squared [shape=(D,)], float64.
    """

    count: int
    sum: NDArray[np.float64]
    sum_squares: NDArray[np.float64]

    @classmethod
    def of(cls, frames: Frames) -> Baseline:
        """Return the statistics of unscaled frames [shape=(T, D)]."""
        exact = frames.astype(np.float64)
        return cls(len(exact), exact.sum(axis=0), np.square(exact).sum(axis=0))

    def __add__(self, other: Baseline) -> Baseline:
        total = self.count + other.count
        kept = min(1.0, _MAX_COUNT / total) if total else 1.0
        return Baseline(
            min(total, _MAX_COUNT),
            (self.sum + other.sum) * kept,
            (self.sum_squares + other.sum_squares) * kept,
        )

    @property
    def speech_s(self) -> float:
        """How many seconds of speech it was made from.

        Silence before the first and after the last sound of a recording is cut off. Pauses in between count,
        here and in the statistics.
        """
        return self.count * FRAME_S

    def blended(
        self, mean: ArrayLike, scale: ArrayLike, prior_frames: float
    ) -> tuple[Statistics, Statistics]:
        """Return the mean and the deviation to scale this speaker's frames with.

        They are those of its frames together with `prior_frames` frames of the training speakers.

        Args:
            mean: of the training speakers [shape=(D,)].
            scale: their deviation [shape=(D,)], above 0.
            prior_frames: how many frames the training speakers count for, 0 or more.

        Returns:
            mean and scale [shape=(D,) each], float32.
        """
        mean, scale = np.asarray(mean, np.float64), np.asarray(scale, np.float64)
        total = prior_frames + self.count
        if not total:
            return mean.astype(np.float32), scale.astype(np.float32)
        own = (prior_frames * mean + self.sum) / total
        power = (prior_frames * (scale**2 + mean**2) + self.sum_squares) / total
        least = MIN_SCALE_SHARE * scale
        deviation = np.sqrt(np.maximum(power - own**2, least**2))
        return own.astype(np.float32), deviation.astype(np.float32)

    def token(self, feature_set: FeatureSet) -> str:
        """Return it as URL-safe text; it fits features of the same kind only."""
        content = (
            feature_set.kind.encode()
            + struct.pack("<Q", self.count)
            + self.sum.astype("<f8").tobytes()
            + self.sum_squares.astype("<f8").tobytes()
        )
        return PREFIX + _encode(content + _checksum(content))

    @classmethod
    def from_token(cls, text: str, feature_set: FeatureSet) -> Baseline:
        """Read a token back.

        Raises:
            BadBaseline: it is no token, is damaged, was made for other features, or holds statistics that
                no frames can have.
        """
        text = text.strip()
        if not text.startswith(PREFIX):
            raise BadBaseline(f"A baseline of this version begins with '{PREFIX}'; make one with /baseline.")
        decoded = _decode(text.removeprefix(PREFIX))
        content, checksum = decoded[:-_CHECKSUM_BYTES], decoded[-_CHECKSUM_BYTES:]
        if checksum != _checksum(content):
            raise BadBaseline("The baseline is damaged: send the whole of it, unchanged.")
        name = feature_set.kind.encode()
        width = feature_set.width
        if not content.startswith(name) or len(content) != len(name) + 8 + 16 * width:
            raise BadBaseline(
                "The baseline was made for other features than this model's: compare the "
                "`baseline_kind` of the models, and make another with /baseline."
            )
        (count,) = struct.unpack_from("<Q", content, len(name))
        values = np.frombuffer(content, "<f8", offset=len(name) + 8).astype(np.float64)
        baseline = cls(count, values[:width], values[width:])
        baseline._require_plausible()
        return baseline

    def _require_plausible(self) -> None:
        if not 0 < self.count <= _MAX_COUNT:
            raise BadBaseline("The baseline's count of frames cannot be.")
        mean, power = self.sum / self.count, self.sum_squares / self.count
        # Written so that NaN fails too.
        if not (np.abs(mean) <= _MAX_VALUE).all() or not (power <= _MAX_VALUE**2).all():
            raise BadBaseline("The baseline's statistics are no finite numbers, or too large.")
        if not (power * (1 + 1e-9) + 1e-9 >= mean**2).all():
            raise BadBaseline("No frames have the baseline's statistics.")


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
    # The decoder skips what it does not know.
    return content if _encode(content) == text else b""


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_CHECKSUM_BYTES]
