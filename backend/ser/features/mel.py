"""Power spectrum -> mel bands, for every feature set."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Spectrum = NDArray[np.float32]


def mel_bands(power: Spectrum, n_mels: int, sample_rate_hz: int) -> Spectrum:
    """Return the power in each mel band [shape=(n_mels, T)], as `librosa.feature.melspectrogram` does.

    Args:
        power: spectrum [shape=(n_fft / 2 + 1, T)].
        n_mels: the number of bands.
        sample_rate_hz: of the waveform that the spectrum was made of.
    """
    n_fft = 2 * (power.shape[0] - 1)
    bands: Spectrum = mel_filters(n_fft, n_mels, sample_rate_hz) @ power
    return bands


@cache
def mel_filters(n_fft: int, n_mels: int, sample_rate_hz: int) -> Spectrum:
    """Return the weight of each bin in each band [shape=(n_mels, n_fft / 2 + 1)], made once."""
    import librosa

    filters: Spectrum = librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels)
    return filters
