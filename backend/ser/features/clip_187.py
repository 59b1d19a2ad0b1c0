"""Waveform -> 187 numbers: what the published classical systems read.

The means of 40 MFCC, 12 chroma, 128 mel bands in dB and 7 values of spectral contrast. Every constant of
these features stands here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.features.clip_vector import ClipVector, at_least
from ser.features.mel import mel_bands
from ser.features.registry import Parameters
from ser.features.trimming import PARAMETERS as TRIMMING

N_FFT = 1_024
HOP_LENGTH = 256
N_MFCC = 40
N_MELS = 128
N_CHROMA = 12
CONTRAST_BANDS = 6
# The highest band of six octaves from here ends below half of the sample rate.
CONTRAST_LOWEST_HZ = 100.0
# One value of contrast more than there are bands: what is below the lowest.
_WIDTH = N_MFCC + N_CHROMA + N_MELS + CONTRAST_BANDS + 1

_PARAMETERS: Parameters = {
    "kind": "clip-187",
    "sample_rate_hz": SAMPLE_RATE_HZ,
    **TRIMMING,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "n_mfcc": N_MFCC,
    "n_mels": N_MELS,
    "n_chroma": N_CHROMA,
    "contrast_bands": CONTRAST_BANDS,
    "contrast_lowest_hz": CONTRAST_LOWEST_HZ,
    "n_features": _WIDTH,
}


class Clip187(ClipVector):
    """Means of MFCC, chroma, mel bands and spectral contrast; see `FeatureSet`."""

    name = "clip-187"
    parameters = _PARAMETERS
    description = f"means of {N_MFCC} MFCC, {N_CHROMA} chroma, {N_MELS} mel bands and spectral contrast"
    shape = (_WIDTH,)

    def _parts(self, y: Waveform) -> Iterable[NDArray[np.floating]]:
        import librosa

        y = at_least(y, N_FFT)
        magnitude = np.abs(librosa.stft(y, n_fft=N_FFT, hop_length=HOP_LENGTH))
        power = magnitude**2
        decibels = librosa.power_to_db(mel_bands(power, N_MELS, SAMPLE_RATE_HZ))
        yield librosa.feature.mfcc(S=decibels, n_mfcc=N_MFCC).mean(axis=1)
        chroma = librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE_HZ, n_chroma=N_CHROMA, tuning=0.0)
        yield chroma.mean(axis=1)
        yield decibels.mean(axis=1)
        yield librosa.feature.spectral_contrast(
            S=magnitude, sr=SAMPLE_RATE_HZ, fmin=CONTRAST_LOWEST_HZ, n_bands=CONTRAST_BANDS
        ).mean(axis=1)


CLIP_187 = Clip187()
