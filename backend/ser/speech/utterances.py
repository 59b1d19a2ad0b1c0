"""When somebody begins to speak and when they have ended, heard as it happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.speech.gate import CHUNK_LENGTH, THRESHOLD, SpeechDetector

# Speech begins with so many chunks of speech among so many: 0.22 s within 0.38 s.
START_CHUNKS, START_WITHIN_CHUNKS = 7, 12
# It goes on while chunks are at least this likely to be speech, and ends after so long without any.
GOING_ON, END_S = 0.35, 0.7
# A quiet voice may come first. A room's hiss is not raised as if it were one, though: that made the detector
# miss the shouts that follow.
FIRST_PEAK_DB = -30.0

# How long after its beginning speech may be noticed, in samples.
NOTICED_WITHIN = START_WITHIN_CHUNKS * CHUNK_LENGTH
END_LENGTH = round(END_S * SAMPLE_RATE_HZ)


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
        self._detector = SpeechDetector(FIRST_PEAK_DB)
        self._recent: deque[bool] = deque(maxlen=START_WITHIN_CHUNKS)
        self._at = 0
        self._start: int | None = None
        self._last_speech = 0

    def hear(self, y: Waveform) -> Iterator[Moment]:
        """Take what came since the last call [shape=(n,)], float32, 16 kHz mono; give a moment per chunk."""
        for probability in self._detector.probabilities(y).tolist():
            yield self._advance(probability)

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
        elif self._at - self._last_speech >= END_LENGTH:
            self._start, end = None, self._last_speech
        return Moment(self._at, self._start, end, self._last_speech)
