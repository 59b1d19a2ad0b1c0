"""Waveform -> pitch and periodicity, one value each 10 ms.

MFCC describe the timbre of a voice, and hardly its pitch; these two channels add it. The method is the
normalised autocorrelation of Boersma (Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17, 1993), averaged over neighbouring frames
instead of a search for the best path.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

LOWEST_HZ = 60.0
HIGHEST_HZ = 500.0
WINDOW_LENGTH = 640
OCTAVE_COST = 0.05
VOICED_PERIODICITY = 0.45
QUIETEST_VOICED_DB = -40.0
SMOOTHED_FRAMES = 5
# What a clip without any voiced frame gets: about 170 Hz, between men and women.
UNVOICED_LOG2_HZ = 7.4
# Frames at a time: a minute takes no more memory than ten seconds.
BLOCK_FRAMES = 1_000
# log2 of the pitch in Hz, and periodicity.
N_CHANNELS = 2

N_FFT = 1024  # at least the window and the longest lag together
SHORTEST_LAG = int(SAMPLE_RATE_HZ / HIGHEST_HZ)
LONGEST_LAG = int(SAMPLE_RATE_HZ / LOWEST_HZ)
LAGS = LONGEST_LAG + 2  # one beyond the longest, for the parabola through a peak

WINDOW = np.hanning(WINDOW_LENGTH + 1)[:-1].astype(np.float32)
OCTAVE_COSTS = OCTAVE_COST * np.log2(np.arange(SHORTEST_LAG, LONGEST_LAG + 1) / SHORTEST_LAG)


@cache
def window_autocorrelation() -> NDArray[np.float32]:
    """Return the autocorrelation of `WINDOW` [shape=(LAGS,)], 1 at lag 0."""
    import scipy.fft

    found = scipy.fft.irfft(np.abs(scipy.fft.rfft(WINDOW, N_FFT)) ** 2)[:LAGS]
    normalised: NDArray[np.float32] = (found / found[0]).astype(np.float32)
    return normalised


def channels(y: Waveform, hop_length: int) -> NDArray[np.float32]:
    """Return log2 of the pitch in Hz, and the periodicity, of each frame.

    Pitch is bridged in a straight line over frames without voice. Periodicity is the height of the
    autocorrelation's peak, 0-1; 0 where it is `QUIETEST_VOICED_DB` quieter than the loudest frame.

    Args:
        y: waveform [shape=(n,)], float32, 16 kHz mono.
        hop_length: samples from frame to frame; frame t is centred on sample t * hop_length.

    Returns:
        channels [shape=(1 + n // hop_length, 2)], float32, finite.
    """
    # Not at the top: a server whose graphs extract features needs only the numbers above.
    from scipy.ndimage import median_filter

    count = 1 + len(y) // hop_length
    padded = np.pad(y, (WINDOW_LENGTH // 2, WINDOW_LENGTH // 2 + hop_length))
    cut = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_LENGTH)[::hop_length][:count]
    blocks = [_peaks(cut, start, min(start + BLOCK_FRAMES, count)) for start in range(0, count, BLOCK_FRAMES)]
    log2_hz, peak, energy = np.concatenate(blocks, axis=1)

    loud = energy > energy.max() * 10 ** (QUIETEST_VOICED_DB / 10)
    periodicity = peak.clip(0.0, 1.0) * loud
    (voiced,) = np.nonzero(periodicity > VOICED_PERIODICITY)
    if voiced.size:
        bridged = np.interp(np.arange(count), voiced, log2_hz[voiced])
        log2_hz = median_filter(bridged, SMOOTHED_FRAMES, mode="nearest")
    else:
        log2_hz = np.full(count, UNVOICED_LOG2_HZ)
    return np.stack([log2_hz, periodicity], axis=1).astype(np.float32)


def _peaks(cut: NDArray[np.float32], start: int, end: int) -> NDArray[np.float64]:
    """Return log2 of the pitch in Hz, the autocorrelation's peak and the energy of frames [shape=(3, n)].

    Args:
        cut: all frames' samples [shape=(count, WINDOW_LENGTH)].
        start: the first frame that is wanted.
        end: the one after the last.
    """
    import scipy.fft
    from scipy.ndimage import uniform_filter1d

    # Their neighbours too, with which they are averaged.
    first, last = max(0, start - SMOOTHED_FRAMES // 2), min(len(cut), end + SMOOTHED_FRAMES // 2)
    near = cut[first:last]
    power = np.abs(scipy.fft.rfft((near - near.mean(axis=1, keepdims=True)) * WINDOW, N_FFT)) ** 2
    correlation = scipy.fft.irfft(power)[:, :LAGS]
    energy = correlation[start - first : end - first, 0]
    correlation = correlation / np.maximum(correlation[:, :1], 1e-7) / window_autocorrelation()
    correlation = uniform_filter1d(correlation, SMOOTHED_FRAMES, axis=0, mode="nearest")
    correlation = correlation[start - first : end - first]

    lag = (correlation[:, SHORTEST_LAG : LONGEST_LAG + 1] - OCTAVE_COSTS).argmax(axis=1) + SHORTEST_LAG
    before, peak, after = (correlation[np.arange(len(lag)), lag + step] for step in (-1, 0, 1))
    curvature = before - 2 * peak + after
    bent = np.abs(curvature) > 1e-9
    shift = np.where(bent, 0.5 * (before - after) / np.where(bent, curvature, 1.0), 0.0).clip(-0.5, 0.5)
    return np.stack([np.log2(SAMPLE_RATE_HZ / (lag + shift)), peak, energy])
