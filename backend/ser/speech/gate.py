"""Is there speech? Silence, noise, music or half a syllable is none.

The rule was chosen on CREMA-D's training actors; `docs/voice-activity.md` tells what it refuses and accepts.
"""

from __future__ import annotations

import math
from itertools import islice

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import NoSpeech
from ser.speech.detector import CHUNK_LENGTH, THRESHOLD, chunk_probabilities
from ser.stages import stage

MIN_SPEECH_SHARE = 0.15
MIN_SPEECH_CHUNKS, ENOUGH_SPEECH_CHUNKS = 2, 7
SLOWED = 1.5
MAX_SLOWED_S = 10


def require_speech(y: Waveform) -> None:
    """Raise unless a waveform [shape=(n,)], float32, 16 kHz mono contains speech.

    Raises:
        NoSpeech: it contains none.
    """
    with stage("speech"):
        found = has_speech(y)
    if not found:
        raise NoSpeech("Only silence, noise or other sounds were found; speak, or check the microphone.")


def has_speech(y: Waveform) -> bool:
    """Return whether a waveform [shape=(n,)], float32, 16 kHz mono contains speech.

    It does if 15 % of its chunks (2 at least, 7 are always enough) have a probability of 0.5. The detector
    often misses shouting, so it sees a clip of up to 10 s without speech once more, slower and deeper.
    """
    if not y.any():
        return False
    return _has_enough(y) or (len(y) <= MAX_SLOWED_S * SAMPLE_RATE_HZ and _has_enough(_slowed(y)))


def speech_s(y: Waveform, *, enough_s: float) -> float:
    """Return how many seconds of a waveform [shape=(n,)], float32, 16 kHz mono are speech.

    It counts up to about `enough_s`. Pauses do not count, nor weakly voiced parts of words: three seconds of
    fluent speech are about two. If that is not enough, the first 10 s are counted again, slowed down, as the
    detector often misses shouting.
    """
    if not y.any():
        return 0.0
    with stage("speech"):
        return _speech_s(y, enough_s)


def _speech_s(y: Waveform, enough_s: float) -> float:
    chunk_s = CHUNK_LENGTH / SAMPLE_RATE_HZ
    enough = math.ceil(enough_s / chunk_s)
    count: float = _speech_chunks(y, enough)
    if count < enough:
        slowed = _slowed(y[: MAX_SLOWED_S * SAMPLE_RATE_HZ])
        count = max(count, _speech_chunks(slowed, math.ceil(enough * SLOWED)) / SLOWED)
    return count * chunk_s


def _has_enough(y: Waveform) -> bool:
    needed = round(MIN_SPEECH_SHARE * math.ceil(y.size / CHUNK_LENGTH))
    needed = min(max(needed, MIN_SPEECH_CHUNKS), ENOUGH_SPEECH_CHUNKS)
    return _speech_chunks(y, needed) == needed


def _speech_chunks(y: Waveform, enough: int) -> int:
    """Count the chunks of speech; it stops as soon as there are enough."""
    speech = (p for p in chunk_probabilities(y) if p >= THRESHOLD)
    return sum(1 for _ in islice(speech, enough))


def _slowed(y: Waveform) -> Waveform:
    at = np.arange(int(y.size * SLOWED)) / SLOWED
    return np.interp(at, np.arange(y.size), y).astype(np.float32)
