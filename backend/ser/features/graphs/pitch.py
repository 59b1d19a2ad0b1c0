"""`ser.features.pitch` as a graph."""

from __future__ import annotations

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.features import pitch
from ser.features.graphs.builder import Tensor, ints
from ser.features.graphs.spectrum import Spectrum

# 32 * 32 points: at least the window and the longest lag together.
_SPECTRUM = Spectrum(32, 32)
# How many neighbours on each side a frame is averaged with.
AROUND = pitch.SMOOTHED_FRAMES // 2


def channels(log2_hz: Tensor, peak: Tensor, energy: Tensor) -> Tensor:
    """Return log2 of the pitch in Hz, and the periodicity, of each frame [shape=(T, 2)].

    Args:
        log2_hz: what `peaks` returns for all frames [shape=(T, 1)].
        peak: the same.
        energy: the same.
    """
    graph = peak.graph
    loud = energy > energy.max() * 10 ** (pitch.QUIETEST_VOICED_DB / 10)
    periodicity = graph.where(loud, peak.at_least(0.0).at_most(1.0), 0.0)
    voiced = periodicity > pitch.VOICED_PERIODICITY
    bridged = _median(_bridged(log2_hz.reshape(-1), voiced.reshape(-1)))
    any_voiced = voiced.cast(np.int64).max() > 0
    log2_hz = graph.where(any_voiced, bridged.reshape(-1, 1), pitch.UNVOICED_LOG2_HZ)
    return graph.join([log2_hz, periodicity], axis=1)


def peaks(frames: Tensor) -> list[Tensor]:
    """Return log2 of the pitch in Hz, the autocorrelation's peak, and the energy [shape=(B, 1) each].

    Args:
        frames: samples [shape=(B + 2 * AROUND, WINDOW_LENGTH)], their neighbours included.
    """
    graph = frames.graph
    centred = frames - graph.node("ReduceMean", frames, axes=[1], keepdims=1)
    power = _SPECTRUM.power(centred * pitch.WINDOW, pitch.WINDOW_LENGTH)
    correlation = _SPECTRUM.autocorrelation(power, pitch.LAGS)
    energy = correlation.part(0, 1, axis=1)
    correlation = correlation / energy.at_least(1e-7) / pitch.window_autocorrelation()
    near = _shifted(correlation, frames.size() - 2 * AROUND)
    smooth = sum(near[1:], near[0]) / float(pitch.SMOOTHED_FRAMES)

    shortest, longest = pitch.SHORTEST_LAG, pitch.LONGEST_LAG
    heights = smooth.part(shortest, longest + 1, axis=1) - pitch.OCTAVE_COSTS
    lag = graph.node("ArgMax", heights, axis=1, keepdims=1) + shortest
    before, peak, after = (graph.node("GatherElements", smooth, lag + step, axis=1) for step in (-1, 0, 1))
    curvature = before - peak * 2.0 + after
    bent = graph.node("Abs", curvature) > 1e-9
    vertex = (before - after) * 0.5 / graph.where(bent, curvature, 1.0)
    shift = graph.where(bent, vertex, 0.0).at_least(-0.5).at_most(0.5)
    hz = float(SAMPLE_RATE_HZ) / (lag.cast(np.float32) + shift)
    return [graph.node("Log", hz) * (1 / np.log(2)), peak, energy.part(AROUND, -AROUND)]


def _bridged(values: Tensor, known: Tensor) -> Tensor:
    """Return values [shape=(T,)], in straight lines between those that are known; any, where none is."""
    graph = values.graph
    places = graph.node("NonZero", known).reshape(-1)
    last = (places.size() - 1).at_least(0)
    # So that there is one to gather where none is known.
    places = graph.join([places, ints(0)])
    until = graph.node("CumSum", known.cast(np.int64), np.int64(0))
    left = graph.node("Gather", places, (until - 1).at_least(0).at_most(last))
    right = graph.node("Gather", places, until.at_most(last))
    here = graph.node("Range", np.int64(0), values.size().reshape(), np.int64(1))
    share = (here - left).cast(np.float32) / (right - left).at_least(1).cast(np.float32)
    start, end = graph.node("Gather", values, left), graph.node("Gather", values, right)
    # Before the first and after the last, both ends are the same.
    return start + (end - start) * share


def _median(values: Tensor) -> Tensor:
    """Return the median of each value [shape=(T,)] and its neighbours, two on each side."""
    assert pitch.SMOOTHED_FRAMES == 5  # noqa: S101
    found = _shifted(values.pad(AROUND, AROUND, mode="edge"), values.size())
    # A sorting network of five, as far as it decides the middle one.
    for one, other in ((0, 1), (3, 4), (0, 3), (1, 4), (1, 2), (2, 3), (1, 2)):
        found[one], found[other] = found[one].at_most(found[other]), found[one].at_least(found[other])
    return found[2]


def _shifted(padded: Tensor, count: Tensor) -> list[Tensor]:
    """Return all runs of so many frames, of frames that are padded at both ends."""
    return [padded.part(step, count + step) for step in range(pitch.SMOOTHED_FRAMES)]
