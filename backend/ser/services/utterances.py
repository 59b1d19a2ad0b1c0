"""When somebody begins to speak and when they have ended, heard as it happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ser.services.audio import SAMPLE_RATE_HZ, Waveform
from ser.services.voice_activity import CHUNK_LENGTH, MAX_GAIN, TARGET_PEAK, THRESHOLD, SpeechDetector

# Speech begins with so many chunks of speech among so many: 0.22 s within 0.38 s.
START_CHUNKS, START_WITHIN_CHUNKS = 7, 12
# It goes on while chunks are at least this likely to be speech, and ends after so long without any.
GOING_ON, END_S = 0.35, 0.7
# Quiet voices are raised to the loudest sound of late, which is forgotten at this pace. Until there is any, a
# room's hiss is not raised as if it were a voice: that made the detector miss the shouts that follow.
LOUDNESS_HALF_LIFE_S, FIRST_PEAK = 3.0, 10**-1.5

# How long after its beginning speech may be noticed, in samples.
NOTICED_WITHIN = START_WITHIN_CHUNKS * CHUNK_LENGTH
_FADING = 0.5 ** (CHUNK_LENGTH / SAMPLE_RATE_HZ / LOUDNESS_HALF_LIFE_S)
_END_LENGTH = round(END_S * SAMPLE_RATE_HZ)


class Moment(NamedTuple):
    """What is known once another chunk was heard; all times in samples from the first.

    Attributes:
        at: the end of the chunk.
        start: where the speech that goes on began; None while nobody speaks.
        end: where speech ended that was just found to be over; else None.
        last_speech: the end of the last chunk of speech.
    """

    at: int
    start: int | None
    end: int | None
    last_speech: int


class UtteranceDetector:
    """Hears one recording as it comes."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._recent: deque[bool] = deque(maxlen=START_WITHIN_CHUNKS)
        self._rest = np.empty(0, np.float32)
        self._peak = FIRST_PEAK
        self._at = 0
        self._start: int | None = None
        self._last_speech = 0

    def hear(self, y: Waveform) -> Iterator[Moment]:
        """Take what came since the last call [shape=(n,)], float32, 16 kHz mono; give a moment per chunk."""
        y = np.concatenate([self._rest, y])
        count = len(y) // CHUNK_LENGTH
        self._rest = y[count * CHUNK_LENGTH :]
        for chunk in y[: count * CHUNK_LENGTH].reshape(count, CHUNK_LENGTH):
            (probability,) = self._detector.probabilities(self._raised(chunk))
            yield self._advance(float(probability))

    def _advance(self, probability: float) -> Moment:
        self._at += CHUNK_LENGTH
        end = None
        if self._start is None:
            self._recent.append(probability >= THRESHOLD)
            if sum(self._recent) >= START_CHUNKS:
                chunks = len(self._recent) - self._recent.index(True)
                self._start = self._at - chunks * CHUNK_LENGTH
                self._last_speech = self._at
                self._recent.clear()
        elif probability >= GOING_ON:
            self._last_speech = self._at
        elif self._at - self._last_speech >= _END_LENGTH:
            self._start, end = None, self._last_speech
        return Moment(self._at, self._start, end, self._last_speech)

    def _raised(self, chunk: Waveform) -> Waveform:
        self._peak = max(self._peak * _FADING, float(np.abs(chunk).max()), TARGET_PEAK / MAX_GAIN)
        return chunk * np.float32(max(TARGET_PEAK / self._peak, 1.0))
