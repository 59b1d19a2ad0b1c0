"""Tells two speakers apart in one recording.

Each 0.25 s of speech is described by the statistics of the features around it, projected to where speakers
differ most, and the emotions and words of one speaker least (linear discriminant analysis, fitted by
`ser.training.speakers`). There, 2-means finds two groups, and the likeliest sequence of speakers (Viterbi)
the turns.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.features.mfcc import MFCC_PITCH
from ser.features.registry import HOP_LENGTH, FeatureSet, Frames
from ser.features.served import served
from ser.speech.segmenter import Stretch

CELL_LENGTH = SAMPLE_RATE_HZ // 4
# A cell is described together with so many before it and after it: 1.75 s.
NEIGHBOURS = 3
# How much the evidence of a cell counts, as neighbours share most of theirs.
EVIDENCE = 0.35
# What a change of the speaker costs, within speech and after a pause, as a log-likelihood.
CHANGE_COST, CHANGE_COST_AFTER_PAUSE = 2.0, 0.5
ROUNDS = 10
# So many cells are described at once: 4 min.
_BLOCK_CELLS = 1_000
# 2-means begins with the median along so many principal components, one after the other.
STARTS = 6

PROJECTION_FILE = "speakers.npz"

_MFCC, _DELTA, _PITCH, _PERIODICITY = slice(0, 40), slice(40, 80), slice(120, 121), slice(121, 122)
# What frames without a voice weigh in the mean of the pitch.
_LEAST_WEIGHT = 0.05
_LEAST_VARIANCE = 1e-4
# Of the sums of a cell: 40 MFCC, their squares, 40 deltas, their squares, and five of pitch and periodicity.
_SUMS = np.cumsum([40, 40, 40, 40, 1, 1, 1, 1])

Sums = NDArray[np.float32]


class Cells(NamedTuple):
    """Sums over the frames of some cells.

    Attributes:
        numbers: which cells of the recording, in order [shape=(n,)].
        counts: how many frames each has, above 0 [shape=(n,)].
        sums: of each [shape=(n, D)].
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]
    sums: Sums


def feature_set() -> FeatureSet:
    """Return the features that speakers are told apart by."""
    return served(MFCC_PITCH)


def sums_of(frames: Frames) -> Sums:
    """Return of each frame [shape=(T, 122)] what is added up [shape=(T, D)]."""
    mfcc, delta = frames[:, _MFCC], frames[:, _DELTA]
    pitch, periodicity = frames[:, _PITCH], frames[:, _PERIODICITY]
    weight = periodicity.clip(_LEAST_WEIGHT, 1.0)
    parts = [mfcc, mfcc**2, delta, delta**2, periodicity, periodicity**2, weight]
    sums: Sums = np.concatenate([*parts, weight * pitch, weight * pitch**2], axis=1).astype(np.float32)
    return sums


def cells_of(frames: Frames, at: int) -> Cells:
    """Return the sums over the cells of frames [shape=(T, 122)], T above 0, that begin at a sample."""
    numbers = (at + HOP_LENGTH * np.arange(len(frames))) // CELL_LENGTH
    found, starts, counts = np.unique(numbers, return_index=True, return_counts=True)
    return Cells(found, counts, np.add.reduceat(sums_of(frames), starts, axis=0))


def described(counts: NDArray[np.int64], sums: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return means and deviations of frames [shape=(n, 124)], of their sums."""
    means = sums.astype(np.float64) / counts[:, np.newaxis]
    mfcc, mfcc_2, delta, delta_2, voiced, voiced_2, weight, pitch, pitch_2 = np.split(means, _SUMS, axis=1)
    pitch = pitch / weight
    return np.concatenate(
        [
            mfcc,
            _deviation(mfcc, mfcc_2),
            _deviation(delta, delta_2),
            pitch,
            _deviation(pitch, pitch_2 / weight),
            voiced,
            _deviation(voiced, voiced_2),
        ],
        axis=1,
    )


def tell_apart(cells: list[Cells], stretches: list[Stretch]) -> list[list[tuple[Stretch, Stretch]]]:
    """Return the turns of two speakers, each with the stretch of speech it is a part of.

    The one who speaks first comes first. A speaker who is not found has no turns.

    Args:
        cells: of the speech, in order; a cell may come in several parts.
        stretches: of speech, in samples, in order.
    """
    turns: list[list[tuple[Stretch, Stretch]]] = [[], []]
    numbers, counts, sums = _joined(cells)
    if not len(numbers):
        if stretches:
            turns[0] = [(stretch, stretch) for stretch in stretches]
        return turns
    # Which stretch a cell is in: the first one that ends after the cell's middle.
    middles = numbers * CELL_LENGTH + CELL_LENGTH // 2
    ends = np.array([end for _, end in stretches])
    of_stretch = np.minimum(np.searchsorted(ends, middles, side="right"), len(stretches) - 1)
    speakers = _speakers(counts, sums, of_stretch)
    if speakers[0]:
        speakers = 1 - speakers
    for number, stretch in enumerate(stretches):
        (inside,) = np.nonzero(of_stretch == number)
        for turn, speaker in _turns(stretch, numbers[inside], speakers[inside]):
            turns[speaker].append((turn, stretch))
    return turns


def _turns(
    stretch: Stretch, numbers: NDArray[np.int64], speakers: NDArray[np.int64]
) -> list[tuple[Stretch, int]]:
    """Return the turns within a stretch; what has no cell is of the speaker before it."""
    if not len(numbers):
        return [(stretch, 0)]
    changes = np.flatnonzero(np.diff(speakers)) + 1
    edges = [stretch[0], *(int(numbers[at]) * CELL_LENGTH for at in changes), stretch[1]]
    firsts = [0, *changes.tolist()]
    return [
        ((start, end), int(speakers[at]))
        for at, start, end in zip(firsts, edges, edges[1:], strict=False)
        if start < end
    ]


def _speakers(counts: NDArray[np.int64], sums: Sums, of_stretch: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which of two speakers each cell is of [shape=(n,)]."""
    points = _points(counts, sums, of_stretch)
    speakers = _two_means(points)
    costs = np.where(np.diff(of_stretch) > 0, CHANGE_COST_AFTER_PAUSE, CHANGE_COST)
    for _ in range(ROUNDS):
        if speakers.min() == speakers.max():
            break
        first, second = (_distances(points, points[speakers == each].mean(axis=0)) for each in (0, 1))
        likeliest = _likeliest((first - second) / 2 * EVIDENCE, costs)
        if (likeliest == speakers).all():
            break
        speakers = likeliest
    return speakers


def _points(counts: NDArray[np.int64], sums: Sums, of_stretch: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where each cell, with its neighbours, is among speakers [shape=(n, d)]."""
    blocks: list[NDArray[np.float64]] = []
    for start in range(0, len(counts), _BLOCK_CELLS):
        first = max(start - NEIGHBOURS, 0)
        near = slice(first, start + _BLOCK_CELLS + NEIGHBOURS)
        found = project(*_with_neighbours(counts[near], sums[near], of_stretch[near]))
        blocks.append(found[start - first :][:_BLOCK_CELLS])
    return np.concatenate(blocks)


def project(counts: NDArray[np.int64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each cell is among speakers [shape=(n, d)]."""
    scale, shift = _projection()
    points: NDArray[np.float64] = described(counts, sums) @ scale + shift
    return points


def _with_neighbours(
    counts: NDArray[np.int64], sums: Sums, of_stretch: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and sums of each cell together with its neighbours of the same stretch."""
    at = np.arange(len(counts))
    first = np.maximum(at - NEIGHBOURS, np.searchsorted(of_stretch, of_stretch, side="left"))
    last = np.minimum(at + NEIGHBOURS + 1, np.searchsorted(of_stretch, of_stretch, side="right"))
    total_counts = np.concatenate([[0], np.cumsum(counts)])
    total_sums = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(sums, axis=0, dtype=np.float64)])
    return total_counts[last] - total_counts[first], total_sums[last] - total_sums[first]


def _two_means(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the groups of points [shape=(n, d)] of the best of several starts; all 0 if there is one."""
    best, least = np.zeros(len(points), np.int64), np.inf
    _, _, components = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    for component in components[:STARTS]:
        along = points @ component
        groups = (along > np.median(along)).astype(np.int64)
        spread = np.inf
        for _ in range(ROUNDS * 3):
            if groups.min() == groups.max():
                break
            distances = np.stack([_distances(points, points[groups == each].mean(axis=0)) for each in (0, 1)])
            nearest, spread = distances.argmin(axis=0), float(distances.min(axis=0).sum())
            if (nearest == groups).all():
                break
            groups = nearest
        if groups.min() < groups.max() and spread < least:
            best, least = groups, spread
    return best


def _likeliest(evidence: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the likeliest sequence of speakers (Viterbi) [shape=(n,)].

    Args:
        evidence: for the second speaker, against the first, of each cell [shape=(n,)].
        costs: of a change of the speaker between two cells [shape=(n - 1,)].
    """
    first, second = 0.0, float(evidence[0])
    came_from: list[tuple[int, int]] = []
    for own, cost in zip(evidence[1:].tolist(), costs.tolist(), strict=True):
        came_from.append((int(second - cost > first), int(second >= first - cost)))
        first, second = max(first, second - cost), max(second, first - cost) + own
    speakers = [int(second > first)]
    for steps in reversed(came_from):
        speakers.append(steps[speakers[-1]])
    return np.array(speakers[::-1], np.int64)


def _distances(points: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.square(points - centre).sum(axis=1)
    return distances


def _deviation(mean: NDArray[np.float64], mean_square: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation: NDArray[np.float64] = np.sqrt(np.maximum(mean_square - mean**2, _LEAST_VARIANCE))
    return deviation


def _joined(parts: list[Cells]) -> Cells:
    """Return all cells; parts of one cell become one."""
    if not parts:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1), np.float32))
    numbers = np.concatenate([each.numbers for each in parts])
    is_new = np.diff(numbers, prepend=-1) > 0
    rows = np.cumsum(is_new) - 1
    counts = np.zeros(rows[-1] + 1, np.int64)
    # Part by part, and in blocks from here on: of hours of speech, each copy of all sums takes 10 MB an hour.
    sums = np.zeros((len(counts), parts[0].sums.shape[1]), np.float32)
    at = 0
    for part in parts:
        own = rows[at : at + len(part.numbers)]
        counts[own] += part.counts
        sums[own] += part.sums
        at += len(own)
    return Cells(numbers[is_new], counts, sums)


@cache
def _projection() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what statistics are multiplied by [shape=(124, d)], and what is added [shape=(d,)]."""
    with np.load(str(files("ser.speech") / PROJECTION_FILE), allow_pickle=False) as file:
        return file["scale"].astype(np.float64), file["shift"].astype(np.float64)
