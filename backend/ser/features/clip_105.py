"""Waveform -> 105 numbers of 3.5 s: what the published system `dense-105` reads.

13 MFCC as mean, deviation and mean delta; 48 mel bands in dB; spectral centroid, rolloff and zero crossings
as mean and deviation; 12 chroma. Every constant of these features stands here, and nowhere else.
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

DURATION_S = 3.5
N_FFT = 1_024
HOP_LENGTH = 256
N_MFCC = 13
N_MELS = 48
N_CHROMA = 12
# Mean, deviation and mean delta of the MFCC; mean and deviation of three more.
_WIDTH = 3 * N_MFCC + N_MELS + 2 * 3 + N_CHROMA

_PARAMETERS: Parameters = {
    "kind": "clip-105",
    "sample_rate_hz": SAMPLE_RATE_HZ,
    **TRIMMING,
    "duration_s": DURATION_S,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "n_mfcc": N_MFCC,
    "n_mels": N_MELS,
    "n_chroma": N_CHROMA,
    "n_features": _WIDTH,
}


class Clip105(ClipVector):
    """Statistics of MFCC, mel bands, the spectrum's shape and chroma; see `FeatureSet`."""

    name = "clip-105"
    parameters = _PARAMETERS
    description = (
        f"{_WIDTH} statistics of {DURATION_S:g} s: {N_MFCC} MFCC, {N_MELS} mel bands, centroid, rolloff, "
        f"zero crossings, {N_CHROMA} chroma"
    )
    shape = (_WIDTH,)

    def _parts(self, y: Waveform) -> Iterable[NDArray[np.floating]]:
        import librosa

        length = round(DURATION_S * SAMPLE_RATE_HZ)
        y = at_least(y[:length], length)
        magnitude = np.abs(librosa.stft(y, n_fft=N_FFT, hop_length=HOP_LENGTH))
        power = magnitude**2
        decibels = librosa.power_to_db(mel_bands(power, N_MELS, SAMPLE_RATE_HZ))
        mfcc = librosa.feature.mfcc(S=decibels, n_mfcc=N_MFCC)
        yield from (mfcc.mean(axis=1), mfcc.std(axis=1), librosa.feature.delta(mfcc).mean(axis=1))
        yield decibels.mean(axis=1)
        for row in (
            librosa.feature.spectral_centroid(S=magnitude, sr=SAMPLE_RATE_HZ),
            librosa.feature.spectral_rolloff(S=magnitude, sr=SAMPLE_RATE_HZ),
            librosa.feature.zero_crossing_rate(y, frame_length=N_FFT, hop_length=HOP_LENGTH),
        ):
            yield from (row.mean(), row.std())
        chroma = librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE_HZ, n_chroma=N_CHROMA, tuning=0.0)
        yield chroma.mean(axis=1)


CLIP_105 = Clip105()
