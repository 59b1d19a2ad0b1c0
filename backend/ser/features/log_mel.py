"""Waveform -> (T, 64) frames: mel bands in dB, of which pictures of speech are made.

Every constant of these features stands here, and nowhere else.
"""

from __future__ import annotations

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.features.mel import mel_bands
from ser.features.registry import FRAME_LENGTH, HOP_LENGTH, FeatureSet, Frames, Parameters
from ser.features.trimming import PARAMETERS as TRIMMING
from ser.features.trimming import trimmed

N_MELS = 64
TOP_DB = 60.0

_PARAMETERS: Parameters = {
    "kind": "log-mel",
    "sample_rate_hz": SAMPLE_RATE_HZ,
    **TRIMMING,
    "n_fft": FRAME_LENGTH,
    "hop_length": HOP_LENGTH,
    "n_mels": N_MELS,
    "top_db": TOP_DB,
    "n_features": N_MELS,
}


class LogMel(FeatureSet):
    """Mel bands in dB, a frame each 10 ms; see `FeatureSet`."""

    name = "log-mel"
    parameters = _PARAMETERS
    description = f"{N_MELS} mel bands in dB each 10 ms"
    shape = (None, N_MELS)
    libraries = ("librosa",)

    def extract(self, y: Waveform) -> Frames:
        """Return the frames [shape=(T, D)], float32, finite, unscaled; see `FeatureSet`."""
        return self.extract_with_start(y)[0]

    def extract_with_start(self, y: Waveform) -> tuple[Frames, int]:
        """Do as `extract`, and also return at which sample of the waveform the frames begin."""
        import librosa

        y, start = trimmed(y)
        power = np.abs(librosa.stft(y, n_fft=FRAME_LENGTH, hop_length=HOP_LENGTH)) ** 2
        decibels = librosa.power_to_db(mel_bands(power, N_MELS, SAMPLE_RATE_HZ), top_db=TOP_DB)
        return np.ascontiguousarray(decibels.T, dtype=np.float32), start


LOG_MEL = LogMel()
