"""From when to when somebody speaks, in a recording that comes in pieces, from a file or live."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ser.audio.waveform import Waveform
from ser.speech.detector import CHUNK_LENGTH, FIRST_PEAK_DB, THRESHOLD, SpeechDetector
from ser.stages import stage

# Samples [start, end).
Stretch = tuple[int, int]


@dataclass(frozen=True)
class Rule:
    """When speech begins and ends; all counts are of chunks of 32 ms.

    A chunk is active if its probability is `enter` or more. The lower `stay` is enough while a run of active
    chunks lasts; with `stays_through_pauses`, while the speech lasts, pauses included.

    Attributes:
        start: speech begins once so many chunks are active...
        start_within: ...among so many, with the first active one of these.
        resume: after a pause, speech goes on once so many chunks in a row are active.
        end: speech ends after so many chunks without an active one (or with too few to resume).
        margin: so many chunks before and after count as speech.
        first_peak_db: see `SpeechDetector`.
    """

    start: int
    start_within: int
    resume: int
    end: int
    margin: int = 0
    enter: float = THRESHOLD
    stay: float = 0.35
    stays_through_pauses: bool = False
    first_peak_db: float = FIRST_PEAK_DB


# Runs under 0.13 s are dropped. With the margins taken off, pauses up to 0.48 s are speech.
FILE_RULE = Rule(start=4, start_within=4, resume=4, end=18, margin=1)
# 0.22 s within 0.38 s; 0.7 s. A quiet speaker may come first. Amplifying a room's hiss as if it were one made
# the detector miss the shouts that follow, hence the peak.
LIVE_RULE = Rule(start=7, start_within=12, resume=1, end=22, stays_through_pauses=True, first_peak_db=-30.0)


class Step(NamedTuple):
    """What is known after another chunk; all times in samples from the first.

    Attributes:
        at: the end of the chunk.
        current: the speech that goes on, up to its last active chunk; None while nobody speaks.
        ended: the speech that was just found to be over.
    """

    at: int
    current: Stretch | None
    ended: Stretch | None


class SpeechSegmenter:
    """Finds the stretches of speech in one recording.

    Args:
        rule: when speech begins and ends.

    Attributes:
        current: the speech that may still go on, as of the last chunk.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._detector = SpeechDetector(rule.first_peak_db)
        self._chunk = 0
        self._recent: deque[bool] = deque(maxlen=rule.start_within)
        # The first chunk of the run of active ones, and of the speech, and the end of its last active one.
        self._run: int | None = None
        self._start: int | None = None
        self._end = 0

    @property
    def current(self) -> Stretch | None:
        """The speech that may still go on."""
        if self._start is None:
            return None
        margin = self.rule.margin
        return max(self._start - margin, 0) * CHUNK_LENGTH, (self._end + margin) * CHUNK_LENGTH

    def feed(self, y: Waveform) -> Iterator[Step]:
        """Take what came since the last call [shape=(n,)], float32, 16 kHz mono; yield a step per chunk."""
        with stage("speech"):
            found = self._detector.probabilities(y).tolist()
        for probability in found:
            yield self.advance(probability)

    def skip(self, samples: int) -> Iterator[Step]:
        """Take so many samples for silence, without a look at them; yield a step per chunk."""
        for _ in range(self._detector.skip(samples)):
            yield self.advance(0.0)

    def finish(self) -> Stretch | None:
        """Return the speech that the recording ends with, if there is any, margin included."""
        last, self._start = self.current, None
        return last

    def advance(self, probability: float) -> Step:
        """Take the next chunk's probability of speech."""
        now, self._chunk = self._chunk, self._chunk + 1
        if probability < self._threshold():
            self._run = None
        elif self._run is None:
            self._run = now
        ended = self._ended(now)
        if self._start is None:
            self._begin(now)
        elif self._run is not None and now + 1 - self._run >= self.rule.resume:
            self._end = now + 1
        return Step(self._chunk * CHUNK_LENGTH, self.current, ended)

    def _threshold(self) -> float:
        lasts = self._start if self.rule.stays_through_pauses else self._run
        return self.rule.enter if lasts is None else self.rule.stay

    def _ended(self, now: int) -> Stretch | None:
        # A run that is still too short may resume the speech: only the pause before it counts.
        pause_end = now + 1 if self._run is None else self._run
        if self._start is None or pause_end - self._end < self.rule.end:
            return None
        return self.finish()

    def _begin(self, now: int) -> None:
        self._recent.append(self._run is not None)
        if sum(self._recent) >= self.rule.start:
            self._start = now + 1 - (len(self._recent) - self._recent.index(True))
            self._end = now + 1
            self._recent.clear()
