"""Metrics and their intervals: everything is counted by speaker, and intervals are over speakers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ECE_BINS = 15
RESAMPLES = 2_000
CONFIDENCE = 0.95
# For an interval over speakers.
_LEAST_SPEAKERS = 2
# The threshold of low information: by how much the accuracy is to rise, and the least share answered.
ABSTAINING_GAIN = 0.03
LEAST_COVERAGE = 0.8

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
# Confusion matrices [shape=(..., C, C + 1)], float64 -> figures [shape=(...)]; the last column is refusals.
Metric = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval over speakers.

    Attributes:
        value: the figure.
        low: the lower end; None where there is one speaker only, who says nothing of how others differ.
        high: the upper end, or None.
    """

    value: float
    low: float | None
    high: float | None


def tally(intended: Indices, answers: Indices, speakers: Indices, *, classes: int) -> Floats:
    """Count a confusion matrix for each speaker.

    Args:
        intended: class of each clip [shape=(n,)].
        answers: class given to each clip, in each draw [shape=(draws, n)]; `classes` for a refusal.
        speakers: index of each clip's speaker [shape=(n,)].
        classes: how many there are.

    Returns:
        counts [shape=(draws, speakers, classes, classes + 1)], float64.
    """
    counts = np.zeros((len(answers), int(speakers.max()) + 1, classes, classes + 1))
    for draw, of_draw in zip(counts, answers, strict=True):
        np.add.at(draw, (speakers, intended, of_draw), 1)
    return counts


def uar(confusions: Floats) -> Floats:
    """Return the mean recall of the classes that have clips; NaN where none has."""
    clips = confusions.sum(axis=-1)
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    return _mean_over_present(right / np.maximum(clips, 1), clips)


def wa(confusions: Floats) -> Floats:
    """Return the share of right answers; NaN where there are no clips."""
    clips = confusions.sum(axis=(-2, -1))
    right = np.diagonal(confusions, axis1=-2, axis2=-1).sum(axis=-1)
    return np.where(clips > 0, right / np.maximum(clips, 1), np.nan)


def macro_f1(confusions: Floats) -> Floats:
    """Return the mean F1 of the classes that have clips; NaN where none has."""
    clips = confusions.sum(axis=-1)
    answers = confusions[..., :-1].sum(axis=-2)
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    return _mean_over_present(2 * right / np.maximum(clips + answers, 1), clips)


def _mean_over_present(values: Floats, clips: Floats) -> Floats:
    present = clips > 0
    count = present.sum(axis=-1)
    return np.where(count > 0, (values * present).sum(axis=-1) / np.maximum(count, 1), np.nan)


class Bootstrap:
    """Draws speakers with replacement, the same ones for every figure, so that differences have intervals.

    Args:
        speakers: how many there are.
        seed: of the drawing.
    """

    def __init__(self, speakers: int, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._weights = rng.multinomial(speakers, np.full(speakers, 1 / speakers), RESAMPLES).astype(float)

    def estimate(self, counts: Floats, metric: Metric) -> Estimate:
        """Return a figure of counts [shape=(draws, speakers, C, C + 1)], averaged over the draws."""
        value = float(metric(counts.sum(axis=1)).mean())
        return _estimate(value, self._values(counts, metric), counts)

    def difference(self, counts: Floats, other: Floats, metric: Metric) -> Estimate:
        """Return the figure of `counts` less that of `other`."""
        value = metric(counts.sum(axis=1)).mean() - metric(other.sum(axis=1)).mean()
        return _estimate(float(value), self._values(counts, metric) - self._values(other, metric), counts)

    def _values(self, counts: Floats, metric: Metric) -> Floats:
        of_draws = np.array([metric(np.tensordot(self._weights, draw, 1)) for draw in counts])
        values: Floats = of_draws.mean(axis=0)
        return values


def _estimate(value: float, values: Floats, counts: Floats) -> Estimate:
    with_clips = counts.reshape(*counts.shape[:2], -1).any(axis=(0, 2))
    if np.count_nonzero(with_clips) < _LEAST_SPEAKERS:
        return Estimate(value, None, None)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def gap(counts: Floats, groups: Indices) -> float:
    """Return the largest difference of UAR between groups of speakers, averaged over draws.

    Args:
        counts: [shape=(draws, speakers, C, C + 1)].
        groups: of each speaker [shape=(speakers,)], from 0 on; -1 for no group.
    """
    of_group = [
        np.nanmean(uar(counts[:, groups == group].sum(axis=1))) for group in range(int(groups.max()) + 1)
    ]
    return float(max(of_group) - min(of_group))


def chance_gap(counts: Floats, groups: Indices, *, seed: int) -> float:
    """Return the gap that 5 % of random groups of the same sizes exceed."""
    rng = np.random.default_rng(seed)
    gaps = [gap(counts, rng.permutation(groups)) for _ in range(RESAMPLES // 4)]
    return float(np.quantile(gaps, CONFIDENCE))


@dataclass(frozen=True)
class Bin:
    """Answers of similar confidence: their mean confidence, their accuracy, and how many there are."""

    confidence: float
    accuracy: float
    clips: int


def reliability(confidence: Floats, right: Mask) -> list[Bin]:
    """Put answers into `ECE_BINS` equal bins of confidence; empty bins are left out."""
    index = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    return [
        Bin(float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for number in range(ECE_BINS)
        if (inside := index == number).any()
    ]


def ece(bins: list[Bin]) -> float:
    """Return the expected calibration error, 0-1."""
    clips = sum(each.clips for each in bins)
    return sum(each.clips * abs(each.confidence - each.accuracy) for each in bins) / max(clips, 1)


def risk_coverage(confidence: Floats, right: Mask, *, clips: int) -> tuple[Floats, Floats]:
    """Return the accuracy of the most confident answers, for each share of clips answered.

    Args:
        confidence: of each answer [shape=(answers,)].
        right: whether it is right [shape=(answers,)].
        clips: how many clips there are, with refused ones.

    Returns:
        coverage and accuracy [shape=(distinct confidences,) each]; equal confidence is answered together.
    """
    order = np.argsort(-confidence, kind="stable")
    ends = np.flatnonzero(np.diff(-confidence[order], append=np.inf))
    answered = ends + 1.0
    return answered / clips, np.cumsum(right[order])[ends] / answered


@dataclass(frozen=True)
class Abstention:
    """The confidence below which an answer is of low information, and what that does.

    Attributes:
        min_confidence: the threshold.
        coverage: share of the answers above it.
        accuracy: of these.
        accuracy_of_all: of all answers.
    """

    min_confidence: float
    coverage: float
    accuracy: float
    accuracy_of_all: float


def abstention(confidence: Floats, right: Mask) -> Abstention:
    """Choose the threshold of low information from the risk-coverage curve.

    Of the thresholds that keep `LEAST_COVERAGE` of the answers and raise their accuracy by
    `ABSTAINING_GAIN`, it is the one that keeps most. Where none raises it so much, it is the best of them.

    Args:
        confidence: of each answer [shape=(n,)].
        right: whether it is right [shape=(n,)].
    """
    coverage, accuracy = risk_coverage(confidence, right, clips=len(confidence))
    least = np.unique(confidence)[::-1]
    enough = np.flatnonzero(coverage >= LEAST_COVERAGE)
    gains = accuracy[enough] - accuracy[-1]
    (reached,) = np.nonzero(gains >= ABSTAINING_GAIN)
    # Of equally good ones, the one that keeps most.
    best = reached[-1] if reached.size else np.flatnonzero(gains == gains.max())[-1]
    at = enough[best]
    return Abstention(float(least[at]), float(coverage[at]), float(accuracy[at]), float(accuracy[-1]))
