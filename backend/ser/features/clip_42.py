"""Waveform -> 42 numbers: what the published system `cnn-lstm-42` reads.

The means of 40 MFCC, of the zero crossings and of the level (RMS), at 22,050 Hz. Every constant of these
features stands here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import soxr
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.features.clip_vector import ClipVector, at_least
from ser.features.mel import mel_bands
from ser.features.registry import Parameters
from ser.features.trimming import PARAMETERS as TRIMMING

RATE_HZ = 22_050
N_FFT = 2_048
HOP_LENGTH = 512
N_MFCC = 40
N_MELS = 128
# The MFCC, zero crossings, level.
_WIDTH = N_MFCC + 2

_PARAMETERS: Parameters = {
    "kind": "clip-42",
    "sample_rate_hz": RATE_HZ,
    **TRIMMING,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "n_mfcc": N_MFCC,
    "n_mels": N_MELS,
    "n_features": _WIDTH,
}


class Clip42(ClipVector):
    """Means of MFCC, zero crossings and level; see `FeatureSet`."""

    name = "clip-42"
    parameters = _PARAMETERS
    description = f"means of {N_MFCC} MFCC, zero crossings and level at {RATE_HZ:,} Hz"
    shape = (_WIDTH,)

    def _parts(self, y: Waveform) -> Iterable[NDArray[np.floating]]:
        import librosa

        y = at_least(soxr.resample(y, SAMPLE_RATE_HZ, RATE_HZ), N_FFT)
        power = np.abs(librosa.stft(y, n_fft=N_FFT, hop_length=HOP_LENGTH)) ** 2
        yield librosa.feature.mfcc(
            S=librosa.power_to_db(mel_bands(power, N_MELS, RATE_HZ)), n_mfcc=N_MFCC
        ).mean(axis=1)
        for row in (
            librosa.feature.zero_crossing_rate(y, frame_length=N_FFT, hop_length=HOP_LENGTH),
            librosa.feature.rms(y=y, frame_length=N_FFT, hop_length=HOP_LENGTH),
        ):
            yield row.mean()


CLIP_42 = Clip42()
