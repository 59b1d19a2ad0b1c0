"""Silero's voice activity detector: how likely each 32 ms of a waveform are speech.

`docs/voice-activity.md` compares it with other detectors.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import ModelError
from ser.onnx_session import open_session, run
from ser.speech.silero.download import FILE_NAME

CHUNK_LENGTH = 512
# A chunk of this probability is speech.
THRESHOLD = 0.5
TARGET_PEAK, MAX_GAIN = 0.5, 10**1.5
PEAK_DECAY_S, FIRST_PEAK_DB = 10.0, -20.0

# Of the samples before a chunk, the network sees so many; it remembers so many numbers, twice.
_CONTEXT_LENGTH, _STATE_SIZE = 64, 128
# So many chunks are computed at once, in a whole waveform (0.5 s), as few may be enough, and otherwise.
_BATCH_CHUNKS, _MOST_CHUNKS = 16, 64


class SpeechDetector:
    """Detects speech in one recording that comes in pieces.

    Quiet recordings are amplified to a peak of 0.5, by 30 dB at most. The running peak falls by 20 dB in
    `PEAK_DECAY_S`, so that a quiet speaker is detected after a loud one.

    Args:
        first_peak_db: the running peak at the beginning.
    """

    def __init__(self, first_peak_db: float = FIRST_PEAK_DB) -> None:
        self._network = _Network()
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
        return self._network.probabilities(chunks)

    def skip(self, samples: int) -> int:
        """Leave out what came since the last call, as if it were silence; return how many chunks it fills."""
        count, rest = divmod(len(self._rest) + samples, CHUNK_LENGTH)
        self._rest = np.zeros(rest, np.float32)
        self._network.reset()
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

    The waveform is amplified to a peak of 0.5, by 30 dB at most. The detector runs half a second at a time,
    and only as far as the caller reads.
    """
    chunks = np.pad(_amplified(y), (0, -y.size % CHUNK_LENGTH)).reshape(-1, CHUNK_LENGTH)
    network = _Network()
    for start in range(0, len(chunks), _BATCH_CHUNKS):
        yield from network.probabilities(chunks[start : start + _BATCH_CHUNKS]).tolist()


def warm_up() -> None:
    """Load the network now rather than in a request.

    Raises:
        ModelError: its file is missing.
    """
    _Network().probabilities(np.zeros((_BATCH_CHUNKS, CHUNK_LENGTH), np.float32))


class _Network:
    """Silero's network over one waveform, of which it remembers what came before."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._context = np.zeros(_CONTEXT_LENGTH, np.float32)
        self._h = self._c = np.zeros((1, 1, _STATE_SIZE), np.float32)

    def probabilities(self, chunks: Waveform) -> NDArray[np.float32]:
        """Return how likely chunks [shape=(k, 512)] are speech [shape=(k,)], 0-1."""
        parts = [chunks[at : at + _MOST_CHUNKS] for at in range(0, len(chunks), _MOST_CHUNKS)]
        found = [self._of_few(part) for part in parts]
        return np.concatenate(found) if found else np.empty(0, np.float32)

    def _of_few(self, chunks: Waveform) -> NDArray[np.float32]:
        known = np.concatenate([self._context, chunks.ravel()])
        self._context = known[-_CONTEXT_LENGTH:]
        windows = np.lib.stride_tricks.sliding_window_view(known, _CONTEXT_LENGTH + CHUNK_LENGTH)
        given = {"input": np.ascontiguousarray(windows[::CHUNK_LENGTH]), "h": self._h, "c": self._c}
        probabilities: NDArray[np.float32]
        probabilities, self._h, self._c = run(_session(), ["speech_probs", "hn", "cn"], given)
        return probabilities


@cache
def _session() -> Any:
    file = files("ser.speech") / "silero" / FILE_NAME
    if not file.is_file():
        raise ModelError(f"{file} is missing; `python -m ser.speech.silero.download` writes it.")
    return open_session(file.read_bytes())


def _amplified(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not 0.0 < peak < TARGET_PEAK:
        return y
    return y * np.float32(min(TARGET_PEAK / peak, MAX_GAIN))
