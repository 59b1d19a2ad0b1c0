"""Overlapping windows -> segments of one emotion each, smoothed over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ser.analysis.cutter import Span
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.models.engines import Answers

CELL_S = 0.1
SMOOTHING_S = 0.5
# A Gaussian is cut off so far from its middle.
_BLUR_SIGMAS = 4
SHORTEST_SEGMENT_S = 1.0

_TINY = 1e-12


class Interval(NamedTuple):
    """Some seconds of a recording, and what the network answers for them.

    Attributes:
        start_s: where they begin.
        end_s: where they end.
        probabilities: of the emotions [shape=(C,)], float64.
        network: of all the labels that the network knows [shape=(K,)], float64; see `Answers`.
        intensity: see `Answers`; NaN where the network does not tell.
    """

    start_s: float
    end_s: float
    probabilities: NDArray[np.float64]
    network: NDArray[np.float64]
    intensity: float = math.nan


def intervals(spans: Iterable[Span], answers: Iterable[Answers | None]) -> list[Interval]:
    """Return the answers for windows, without those of only silence."""
    return [
        Interval(
            span.start / SAMPLE_RATE_HZ,
            span.end / SAMPLE_RATE_HZ,
            answer.probabilities.astype(np.float64),
            answer.network.astype(np.float64),
            float(answer.intensity),
        )
        for span, answer in zip(spans, answers, strict=True)
        if answer is not None
    ]


def find_segments(
    windows: Sequence[Interval], stretches_s: Sequence[tuple[float, float]], classes: int
) -> list[Interval]:
    """Return the segments: runs of one emotion, in order, without overlap, within the stretches of speech.

    Each 0.1 s has the mean of the windows over it, the middle of a window counting for more than its edges,
    smoothed over time. Runs under `SHORTEST_SEGMENT_S` are merged into what is before them.

    Args:
        windows: in order.
        stretches_s: the seconds [start, end) of speech, in order, without overlap.
        classes: how many emotions there are.
    """
    if not windows:
        return []
    smoothed, near = _smoothed(windows, stretches_s[-1][1])
    segments: list[Interval] = []
    for start_s, end_s in stretches_s:
        first, last = _cells(start_s, end_s)
        # What is far from any window is silence after all: nothing was left of it after trimming.
        edges = np.flatnonzero(np.diff(near[first:last] > 0, prepend=False, append=False)) + first
        for at, to in edges.reshape(-1, 2).tolist():
            from_s = start_s if at == first else at * CELL_S
            to_s = end_s if to == last else to * CELL_S
            # A stretch may begin at the very end of its first cell.
            if to_s - from_s > _TINY:
                segments += _of_stretch(smoothed[at:to], classes, at, from_s, to_s)
    return segments


def borders(probabilities: NDArray[np.float64]) -> list[int]:
    """Return before which cells of a stretch [shape=(n, C)] its emotion changes."""
    top = probabilities.argmax(axis=1)
    borders = [0, *(np.flatnonzero(np.diff(top)) + 1).tolist(), len(top)]
    # The shortest first, each into what is before it; one sweep per length, for recordings of hours.
    for length in range(1, round(SHORTEST_SEGMENT_S / CELL_S)):
        kept = [0]
        for border, following in pairwise(borders[1:]):
            if min(border - kept[-1], following - border) > length:
                kept.append(border)
        borders = [*kept, len(top)]
    inner: list[int] = []
    for at in range(1, len(borders) - 1):
        left = probabilities[(inner[-1] if inner else 0) : borders[at]].mean(axis=0)
        right = probabilities[borders[at] : borders[at + 1]].mean(axis=0)
        if left.argmax() != right.argmax():
            inner.append(borders[at])
    return inner


def _smoothed(windows: Sequence[Interval], end_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the answer for each cell [shape=(n, C + K + 1)], and how near to windows it is [shape=(n,)]."""
    count = int(np.ceil(end_s / CELL_S)) + 1
    rows = [np.concatenate([window.probabilities, window.network, [window.intensity]]) for window in windows]
    evidence, mass = np.zeros((count, len(rows[0]))), np.zeros(count)
    for window, row in zip(windows, rows, strict=True):
        first, last = _cells(window.start_s, window.end_s)
        weight = np.hanning(last - first + 2)[1:-1]
        evidence[first:last] += weight[:, np.newaxis] * row
        mass[first:last] += weight
    covered = mass > 0
    evidence[covered] /= mass[covered, np.newaxis]
    sigma = SMOOTHING_S / CELL_S
    smoothed = _blurred(evidence, sigma)
    near = _blurred(covered.astype(float)[:, np.newaxis], sigma)[:, 0]
    smoothed /= np.maximum(near, _TINY)[:, np.newaxis]
    return smoothed, near


def _of_stretch(
    answers: NDArray[np.float64], classes: int, first: int, start_s: float, end_s: float
) -> Iterator[Interval]:
    inner = borders(answers[:, :classes])
    edges_s = [start_s, *((first + at) * CELL_S for at in inner), end_s]
    cells = pairwise([0, *inner, len(answers)])
    for (at, to), (from_s, to_s) in zip(cells, pairwise(edges_s), strict=True):
        mean = answers[at:to].mean(axis=0)
        yield Interval(from_s, to_s, mean[:classes], mean[classes:-1], float(mean[-1]))


def _cells(start_s: float, end_s: float) -> tuple[int, int]:
    first = int(start_s / CELL_S)
    return first, max(first + 1, int(np.ceil(end_s / CELL_S)))


def _blurred(columns: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Return columns [shape=(n, C)] blurred by a Gaussian of `sigma` rows, with zeros beyond the ends."""
    reach = math.ceil(_BLUR_SIGMAS * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    blurred = [np.convolve(column, weights)[reach : reach + len(column)] for column in columns.T]
    return np.stack(blurred, axis=1)
