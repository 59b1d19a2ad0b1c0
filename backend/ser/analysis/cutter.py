"""Cuts a recording into pieces of speech with windows, while it is decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.speech.segmenter import FILE_RULE, SpeechSegmenter, Stretch

WINDOW_S, HOP_S = 3.0, 1.0
# The network was trained on clips with some silence around the speech.
CONTEXT_S = 0.5
# Long speech is cut into pieces of so many windows.
PIECE_WINDOWS = 8

_WINDOW, _HOP, _CONTEXT = (round(s * SAMPLE_RATE_HZ) for s in (WINDOW_S, HOP_S, CONTEXT_S))
_PIECE = (PIECE_WINDOWS - 1) * _HOP + _WINDOW
# The segmenter may find speech that began so long ago.
_RETAINED = 2 * SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Decoded:
    """The recording was decoded up to here."""

    at_s: float


@dataclass(frozen=True)
class Span:
    """A window; all times in samples.

    Attributes:
        start: of the speech.
        end: of the speech.
        context_start: where the frames begin that the network reads, at the start or before it.
        context_end: where they end, at the end or after it.
    """

    start: int
    end: int
    context_start: int
    context_end: int

    def context_from(self, at: int) -> tuple[int, int]:
        """Return where the frames begin and end, in samples after `at`."""
        return self.context_start - at, self.context_end - at


@dataclass(frozen=True)
class Piece:
    """Some of a stretch of speech, with its windows.

    Attributes:
        y: waveform [shape=(n,)], float32, 16 kHz mono.
        at: where it begins, in samples.
        new_from: from where on no earlier piece contains it, in samples.
        spans: its windows.
    """

    y: Waveform
    at: int
    new_from: int
    spans: list[Span]


class Cutter:
    """Cuts one recording.

    Attributes:
        stretches: the samples [start, end) of speech, in order, without overlap.
    """

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._segmenter = SpeechSegmenter(FILE_RULE)
        self._waiting: deque[Stretch] = deque()
        self._y = np.empty(0, np.float32)
        self._at = 0
        # Of the stretch that is being cut: where its next windows begin, and up to where pieces contain it.
        self._next: int | None = None
        self._covered = 0

    def cut(self, recording: Iterable[Waveform]) -> Iterator[Piece | Decoded]:
        """Yield the pieces, and after each block of the recording how far it is decoded."""
        for block in recording:
            yield from self.feed(block)
            yield Decoded(self._end / SAMPLE_RATE_HZ)
        yield from self.finish()

    def feed(self, block: Waveform, detected_in: Waveform | None = None) -> Iterator[Piece]:
        """Take what comes next, and yield the pieces that are complete.

        Args:
            block: waveform [shape=(n,)], float32, 16 kHz mono.
            detected_in: the same seconds, as the detector gets them; the block itself by default.
        """
        self._y = np.concatenate([self._y, block])
        steps = self._segmenter.feed(block if detected_in is None else detected_in)
        self._waiting += [step.ended for step in steps if step.ended]
        yield from self._ready(finished=False)
        self._forget()

    def finish(self) -> Iterator[Piece]:
        """Yield the pieces that are left at the end of the recording."""
        if last := self._segmenter.finish():
            self._waiting.append((last[0], min(last[1], self._end)))
        yield from self._ready(finished=True)

    @property
    def _end(self) -> int:
        return self._at + len(self._y)

    def _ready(self, *, finished: bool) -> Iterator[Piece]:
        while self._waiting and (finished or self._waiting[0][1] + _CONTEXT <= self._end):
            start, end = self._waiting.popleft()
            yield self._last_piece(start, end)
            self.stretches.append((start, end))
        if not self._waiting and (current := self._segmenter.current):
            start, end = current
            while min(end, self._end) - (start if self._next is None else self._next) >= _PIECE:
                yield self._full_piece(start)

    def _full_piece(self, stretch_start: int) -> Piece:
        first = stretch_start if self._next is None else self._next
        following = first + PIECE_WINDOWS * _HOP
        piece = self._piece(range(first, following, _HOP), stretch_start, None)
        self._next = following
        return piece

    def _last_piece(self, start: int, end: int) -> Piece:
        first = start if self._next is None else self._next
        piece = self._piece(_starts(first, start, end), start, end)
        self._next = None
        return piece

    def _piece(self, starts: Iterable[int], stretch_start: int, stretch_end: int | None) -> Piece:
        spans = []
        for start in starts:
            end = start + _WINDOW if stretch_end is None else min(start + _WINDOW, stretch_end)
            span = _with_context(start, end, stretch_start, stretch_end)
            spans.append(
                Span(start, end, max(span.context_start, self._at), min(span.context_end, self._end))
            )
        at = min(span.context_start for span in spans)
        to = max(span.context_end for span in spans)
        new_from = at if self._next is None else self._covered
        self._covered = to
        return Piece(self._y[at - self._at : to - self._at].copy(), at, new_from, spans)

    def _forget(self) -> None:
        needed = [start for start, _ in self._waiting]
        if self._next is not None:
            needed = [self._next]
        elif self._segmenter.current:
            needed.append(self._segmenter.current[0])
        # The last window of a stretch may begin before the next one would.
        keep = min([*needed, self._end - _RETAINED]) - _WINDOW
        if keep > self._at:
            self._y = self._y[keep - self._at :]
            self._at = keep


def windows_of(turn: Stretch, stretch: Stretch) -> list[list[Span]]:
    """Return the windows of a turn, which is a part of a stretch of speech, as many at once as a piece has.

    Only where the turn begins or ends with its stretch is there silence to include.
    """
    start, end = turn
    spans = [
        _with_context(first, min(first + _WINDOW, end), *stretch) for first in _starts(start, start, end)
    ]
    return [spans[i : i + PIECE_WINDOWS] for i in range(0, len(spans), PIECE_WINDOWS)]


def with_context(turn: Stretch, stretch: Stretch) -> Stretch:
    """Return a turn with the silence around it; see `windows_of`."""
    span = _with_context(*turn, *stretch)
    return span.context_start, span.context_end


def _starts(first: int, stretch_start: int, stretch_end: int) -> list[int]:
    """Return where windows begin, from `first` on, up to the one that ends with the stretch."""
    last = max(stretch_end - _WINDOW, stretch_start)
    return [*range(first, last, _HOP), last]


def _with_context(start: int, end: int, stretch_start: int, stretch_end: int | None) -> Span:
    context_start = start - _CONTEXT if start == stretch_start else start
    return Span(start, end, context_start, end + _CONTEXT if end == stretch_end else end)
