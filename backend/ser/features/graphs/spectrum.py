"""Frames of a waveform and their power spectra, as matrix products: runtimes for browsers know no STFT."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.features.graphs.builder import Tensor, ints
from ser.features.registry import FRAME_LENGTH, HOP_LENGTH
from ser.features.trimming import MIN_SAMPLES, TRIM_TOP_DB

_DB_PER_NEPER = 10 / math.log(10)
# What librosa takes for the power of nothing.
LEAST_POWER = 1e-10
# Full scale is 1; the power of this one is still a finite number.
LARGEST_SAMPLE = 1e6
# Frames at a time: a minute takes no more memory than ten seconds.
BLOCK_FRAMES = 1_000


def decibels(power: Tensor) -> Tensor:
    """Return power in dB, at least that of `LEAST_POWER`."""
    return power.graph.node("Log", power.at_least(LEAST_POWER)) * _DB_PER_NEPER


def trimmed(y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Do as `ser.features.trimming.trimmed`, but take too short a rest with zeros behind it.

    Returns:
        the rest [shape=(n,)], where it begins [shape=(1,)], and how many samples it had [shape=(1,)].
    """
    graph = y.graph
    odd = graph.node("Or", graph.node("IsNaN", y), graph.node("IsInf", y))
    y = graph.where(odd, 0.0, y).at_least(-LARGEST_SAMPLE).at_most(LARGEST_SAMPLE)
    squares = (y * y).pad(FRAME_LENGTH // 2, FRAME_LENGTH // 2).reshape(1, 1, -1)
    power = graph.node("AveragePool", squares, kernel_shape=[FRAME_LENGTH], strides=[HOP_LENGTH])
    level_db = decibels(power.reshape(-1))
    loud = (level_db > level_db.max() - float(TRIM_TOP_DB)).cast(np.int32)
    start = graph.node("ArgMax", loud, axis=0) * HOP_LENGTH
    end = (graph.node("ArgMax", loud, axis=0, select_last_index=1) + 1) * HOP_LENGTH
    rest = y.part(start, end)
    length = rest.size()
    return rest.pad(0, (MIN_SAMPLES - length).at_least(0)), start, length


class Hops:
    """A waveform in pieces of `HOP_LENGTH` samples, of which frames are made.

    Frame t is centred on sample t * `HOP_LENGTH`; what lies beyond the ends of the waveform is zero.

    Args:
        y: waveform [shape=(n,)].
        longest: the most samples that a frame will have.

    Attributes:
        count: how many frames there are [shape=(1,)]: 1 + n // `HOP_LENGTH`.
    """

    def __init__(self, y: Tensor, longest: int) -> None:
        self.count = y.size() // HOP_LENGTH + 1
        # Whole hops before the first sample, so that all frames are made of the same pieces.
        self._before = -(-longest // (2 * HOP_LENGTH))
        total = (self.count + 2 * self._before) * HOP_LENGTH
        after = (total - y.size() - self._before * HOP_LENGTH).at_least(0)
        padded = y.pad(self._before * HOP_LENGTH, after).part(0, total)
        self._rows = padded.reshape(-1, HOP_LENGTH)

    def frames(self, indices: Tensor, length: int) -> Tensor:
        """Return frames [shape=(B, length)].

        Args:
            indices: which [shape=(B,)], from 0 to `count` - 1.
            length: of each, an even number.
        """
        graph = self._rows.graph
        first = self._before * HOP_LENGTH - length // 2
        hops = range(first // HOP_LENGTH, -(-(first + length) // HOP_LENGTH))
        rows = [graph.node("Gather", self._rows, indices + hop) for hop in hops]
        skipped = first % HOP_LENGTH
        return graph.join(rows, axis=1).part(skipped, skipped + length, axis=1)


def in_blocks(count: Tensor, body: Callable[[Tensor], Tensor], width: int, around: int) -> Tensor:
    """Return what a body makes of frames [shape=(count, width)], float32, for at most `BLOCK_FRAMES` at once.

    Args:
        count: how many frames there are [shape=(1,)].
        body: from the indices of frames and their neighbours [shape=(B + 2 * around,)] to values
            [shape=(B, width)].
        width: of these values.
        around: how many neighbours there are on each side; the ends stand for those beyond them.
    """
    graph = count.graph
    blocks = (count + (BLOCK_FRAMES - 1)) // BLOCK_FRAMES
    length = (count + blocks - 1) // blocks
    steps = graph.node("Range", ints(-around).reshape(()), (length + around).reshape(), np.int64(1))
    found = graph.loop(
        blocks, lambda number: body((number * length + steps).at_least(0).at_most(count - 1)), np.float32
    )
    return found.reshape(-1, width).part(0, count)


class Spectrum:
    """The discrete Fourier transform of n1 * n2 points, in two stages of small matrix products.

    Source: Cooley and Tukey, An algorithm for the machine calculation of complex Fourier series, Mathematics
    of Computation 19, 1965. With sample n2 * i + j and bin k1 + n1 * k2, stage one sums over i and stage two
    over j. Samples are real, so k1 up to n1 / 2 is enough.

    Args:
        n1: the points of stage one, an even number.
        n2: those of stage two.

    Attributes:
        bins: the bin of each column of `power` [shape=(K,)]; of bins above half, the mirrored one.
    """

    def __init__(self, n1: int, n2: int) -> None:
        self.n1, self.n2, self.n_fft = n1, n2, n1 * n2
        self._k1 = np.arange(n1 // 2 + 1)
        self._twiddle = _turns(-np.outer(self._k1, np.arange(n2)) / self.n_fft)
        bins = np.add.outer(self._k1, n1 * np.arange(n2)).ravel()
        self.bins = np.minimum(bins, self.n_fft - bins)

    def power(self, frames: Tensor, length: int) -> Tensor:
        """Return the power at `bins` [shape=(T, K)].

        Args:
            frames: samples [shape=(T, length)]; those that lack to n1 * n2 are zeros behind them.
            length: of a frame, a multiple of n2.
        """
        graph, n2, rows = frames.graph, self.n2, len(self._k1)
        one = _turns(-np.outer(self._k1, np.arange(length // n2)) / self.n1)
        samples = frames.reshape(-1, length // n2, n2)
        turned = _times(one.real @ samples, one.imag @ samples, self._twiddle)
        two = _turns(-np.outer(np.arange(n2), np.arange(n2)) / n2)
        parts = graph.join(turned, axis=2).reshape(-1, 2 * n2)
        found = parts @ np.block([[two.real, two.imag], [-two.imag, two.real]])
        real, imaginary = graph.split(found * found, [n2, n2], axis=1)
        return (real + imaginary).reshape(-1, rows * n2)

    def summed(self, power: Tensor, weights: NDArray[np.floating[Any]]) -> Tensor:
        """Return weighted sums over the bins of power [shape=(T, N)].

        Args:
            power: what `power` returns.
            weights: of each bin up to half [shape=(n1 * n2 / 2 + 1, N)].
        """
        _, first = np.unique(self.bins, return_index=True)
        once = np.zeros((len(self.bins), weights.shape[1]))
        once[first] = weights
        return power @ once

    def autocorrelation(self, power: Tensor, lags: int) -> Tensor:
        """Return the inverse transform of power, up to a lag [shape=(T, lags)]."""
        graph, n2, rows = power.graph, self.n2, len(self._k1)
        two = _turns(np.outer(np.arange(n2), np.arange(n2)) / n2)
        found = (power.reshape(-1, n2) @ np.hstack([two.real, two.imag])).reshape(-1, rows, 2 * n2)
        real, imaginary = graph.split(found, [n2, n2], axis=2)
        turned = _times(real, imaginary, self._twiddle.conj())
        blocks = -(-lags // n2)
        # Each row but the first and the last stands for its mirror image, too.
        twice = np.where((self._k1 == 0) | (2 * self._k1 == self.n1), 1, 2) / self.n_fft
        one = _turns(np.outer(np.arange(blocks), self._k1) / self.n1) * twice
        lagged = np.hstack([one.real, -one.imag]) @ graph.join(turned, axis=1)
        return lagged.reshape(-1, blocks * n2).part(0, lags, axis=1)


def _turns(turns: NDArray[np.floating[Any]]) -> NDArray[np.complex128]:
    """Return points on the unit circle, by whole turns."""
    points: NDArray[np.complex128] = np.exp(2j * np.pi * turns)
    return points


def _times(real: Tensor, imaginary: Tensor, factor: NDArray[np.complex128]) -> list[Tensor]:
    """Return real and imaginary part of a product."""
    return [
        real * factor.real - imaginary * factor.imag,
        real * factor.imag + imaginary * factor.real,
    ]
