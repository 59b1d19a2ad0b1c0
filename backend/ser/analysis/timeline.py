"""Long audio: which emotion, when.

A recording is decoded as it arrives, and cut into stretches of speech, which windows of 3 s cover every
second. Each window votes; smoothed over time, they make segments.

By default the recording is its own baseline: a first pass gathers the statistics of its speech, and keeps
its frames in a byte each; a second hears the windows against them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ser import timestamps
from ser.audio.decode import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import Busy, TooShort
from ser.features import mfcc as feature_extractor
from ser.features.mfcc import HOP_LENGTH, MAX_FRAMES, Frames
from ser.models.baseline import MIN_BASELINE_S, Baseline
from ser.models.engines import TINY, Probabilities
from ser.models.predictor import EmotionPredictor, all_rounded, rounded
from ser.models.voting import vote
from ser.speech.segmenter import FILE_RULE, SpeechSegmenter, Stretch

WINDOW_S, HOP_S = 3.0, 1.0
# The network learnt from clips with some silence around their speech.
CONTEXT_S = 0.5
# Long speech is heard in pieces, each of so many windows.
PIECE_WINDOWS = 8
CELL_S = 0.1
SMOOTHING_S = 0.5
SHORTEST_SEGMENT_S = 1.0
PROGRESS_EVERY_S = 0.2
# Each holds memory, and its request's thread.
MAX_AT_ONCE = 4
# Pieces of a recording that are worked on, or wait for it.
AHEAD = 6

OWN_BASELINE: Literal["recording"] = "recording"

_WINDOW, _HOP, _CONTEXT = (round(s * SAMPLE_RATE_HZ) for s in (WINDOW_S, HOP_S, CONTEXT_S))
_PIECE = (PIECE_WINDOWS - 1) * _HOP + _WINDOW
# What may turn out to be speech though it was heard already.
_RETAINED = 2 * SAMPLE_RATE_HZ

_slots = BoundedSemaphore(MAX_AT_ONCE)
# Shared by all recordings, so that many of them take no more of the processor than one.
_pool = ThreadPoolExecutor(2, thread_name_prefix="timeline")

Line = dict[str, Any]
T = TypeVar("T")
U = TypeVar("U")


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the `MAX_AT_ONCE` places for a recording.

    Raises:
        Busy: all are taken.
    """
    if not _slots.acquire(blocking=False):
        raise Busy(f"{MAX_AT_ONCE} recordings are being analysed already; try again in a while.")
    try:
        yield
    finally:
        _slots.release()


def result_of(line: Line) -> dict[str, Any]:
    """Return the published answer that the last line carries."""
    return {name: value for name, value in line.items() if name != "type"}


def analyze(
    recording: AudioStream,
    predictor: EmotionPredictor,
    *,
    baseline: Baseline | Literal["recording"] | None = OWN_BASELINE,
    size_bytes: int | None = None,
) -> Iterator[Line]:
    """Tell which emotion a recording carries, and when, while it is decoded.

    Args:
        recording: what is to be heard; it is read to its end.
        predictor: what hears it.
        baseline: what the voice is heard against: the recording's own speech, if there is enough of it,
            another's, or everybody's.
        size_bytes: of the file, to estimate how long a recording lasts that does not say so.

    Yields:
        the lines of the published stream: `start`, then `progress` and `window`s, and the `result` last.
        Once it is closed, the work stops.

    Raises:
        AudioError: the recording cannot be decoded, or is too long.
        BadBaseline: the model takes no baseline.
    """
    own = baseline == OWN_BASELINE and predictor.takes_baseline
    against = baseline if isinstance(baseline, Baseline) else None
    said = OWN_BASELINE if own else "token" if against else "none"
    passes = 2 if own else 1
    progress = _Progress(recording, passes, size_bytes)
    yield {
        "type": "start",
        "model": predictor.manifest.name,
        "emotions": list(predictor.manifest.labels),
        "baseline": said,
        "passes": passes,
        "duration_s": progress.duration_s,
    }
    cutter = _Cutter()
    pieces: Iterable[_Piece | _Kept | _Mark] = cutter.cut(recording)
    if own:
        kept: deque[_Kept] = deque()
        for learnt in _in_order(partial(_learn, predictor), pieces):
            if isinstance(learnt, _Mark):
                yield from progress.at(1, learnt.at_s)
            elif learnt is not None:
                frames, heard = learnt
                kept.append(frames)
                against = heard if against is None else against + heard
        pieces = _emptied(kept)
        if against is None or against.speech_s < MIN_BASELINE_S:
            # One sentence's emotion would be taken for the voice.
            against, said = None, "none"
        yield from progress.at(1, recording.decoded_s, last=True)
        yield from progress.at(2, 0.0, first=True)
    windows: list[_Window] = []
    for found in _in_order(partial(_predict, predictor, against), pieces):
        if isinstance(found, _Mark):
            yield from progress.at(passes, found.at_s)
            continue
        windows += found
        for window in found:
            told = _described(window.start_s, window.end_s, window.probabilities, predictor)
            yield {"type": "window", **told}
        if own and found:
            yield from progress.at(passes, found[-1].end_s)
    yield from progress.at(passes, recording.decoded_s, last=True)
    yield {
        "type": "result",
        **_summary(windows, cutter.stretches, predictor, recording),
        "baseline": said,
        "model": predictor.manifest.name,
        "timestamp": timestamps.now(),
    }


class _Progress:
    def __init__(self, recording: AudioStream, passes: int, size_bytes: int | None) -> None:
        self._recording, self._passes, self._size_bytes = recording, passes, size_bytes
        self._told_at = monotonic()

    @property
    def duration_s(self) -> float | None:
        recording = self._recording
        if recording.declared_s is not None:
            return round(recording.declared_s, 1)
        if not self._size_bytes or not recording.decoded_s:
            return None
        return round(recording.decoded_s * max(self._size_bytes / recording.read_bytes, 1.0), 1)

    def at(self, number: int, done_s: float, *, first: bool = False, last: bool = False) -> Iterator[Line]:
        if not (first or last) and monotonic() < self._told_at + PROGRESS_EVERY_S:
            return
        self._told_at = monotonic()
        yield {
            "type": "progress",
            "pass": number,
            "passes": self._passes,
            "done_s": round(done_s, 1),
            "duration_s": round(done_s, 1) if last else self.duration_s,
        }


@dataclass(frozen=True)
class _Mark:
    """So far the recording was decoded."""

    at_s: float


@dataclass(frozen=True)
class _Span:
    """A window: from when to when, in samples, and what of its surroundings the network hears too."""

    start: int
    end: int
    heard_from: int
    heard_to: int


@dataclass(frozen=True)
class _Piece:
    """Some of a stretch of speech, with its windows.

    Attributes:
        y: waveform [shape=(n,)], float32, 16 kHz mono.
        at: where it begins, in samples.
        fresh_from: from where on no other piece has it, in samples.
        spans: its windows.
    """

    y: Waveform
    at: int
    fresh_from: int
    spans: list[_Span]


@dataclass(frozen=True)
class _Kept:
    """The frames of a piece for the second pass, a byte each: the 255 steps from least to most.

    Attributes:
        steps: [shape=(T, D)], uint8.
        least: of each feature [shape=(D,)], float32.
        step: the same.
        at: where the frames begin, in samples.
        spans: the piece's windows.
    """

    steps: NDArray[np.uint8]
    least: NDArray[np.float32]
    step: NDArray[np.float32]
    at: int
    spans: list[_Span]

    @classmethod
    def of(cls, frames: Frames, at: int, spans: list[_Span]) -> _Kept:
        least = frames.min(axis=0)
        step = np.maximum((frames.max(axis=0) - least) / 255, np.float32(TINY))
        return cls(np.rint((frames - least) / step).astype(np.uint8), least, step, at, spans)

    @property
    def frames(self) -> Frames:
        return self.steps * self.step + self.least


@dataclass(frozen=True)
class _Window:
    start_s: float
    end_s: float
    probabilities: Probabilities


class _Cutter:
    """Cuts a recording into pieces of speech while it is decoded.

    Attributes:
        stretches: the samples [start, end) of speech, in order, none over another.
    """

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._segmenter = SpeechSegmenter(FILE_RULE)
        self._waiting: deque[Stretch] = deque()
        self._y = np.empty(0, np.float32)
        self._at = 0
        # Of the stretch in hand: where its next windows begin, and up to where pieces have it.
        self._next: int | None = None
        self._fresh = 0

    def cut(self, recording: Iterable[Waveform]) -> Iterator[_Piece | _Mark]:
        """Yield the pieces, and after each block of the recording how far it came."""
        for block in recording:
            self._y = np.concatenate([self._y, block])
            self._waiting += [step.ended for step in self._segmenter.feed(block) if step.ended]
            yield from self._ready(finished=False)
            yield _Mark(self._end / SAMPLE_RATE_HZ)
            self._forget()
        if last := self._segmenter.finish():
            self._waiting.append((last[0], min(last[1], self._end)))
        yield from self._ready(finished=True)

    @property
    def _end(self) -> int:
        return self._at + len(self._y)

    def _ready(self, *, finished: bool) -> Iterator[_Piece]:
        while self._waiting and (finished or self._waiting[0][1] + _CONTEXT <= self._end):
            start, end = self._waiting.popleft()
            yield self._last_piece(start, end)
            self.stretches.append((start, end))
        if not self._waiting and (current := self._segmenter.current):
            start, end = current
            while min(end, self._end) - (start if self._next is None else self._next) >= _PIECE:
                yield self._full_piece(start)

    def _full_piece(self, stretch_start: int) -> _Piece:
        first = stretch_start if self._next is None else self._next
        following = first + PIECE_WINDOWS * _HOP
        piece = self._piece(range(first, following, _HOP), stretch_start, None)
        self._next = following
        return piece

    def _last_piece(self, start: int, end: int) -> _Piece:
        last = max(end - _WINDOW, start)
        first = start if self._next is None else self._next
        piece = self._piece([*range(first, last, _HOP), last], start, end)
        self._next = None
        return piece

    def _piece(self, starts: Iterable[int], stretch_start: int, stretch_end: int | None) -> _Piece:
        spans = []
        for start in starts:
            end = start + _WINDOW if stretch_end is None else min(start + _WINDOW, stretch_end)
            heard_from = start - _CONTEXT if start == stretch_start else start
            heard_to = end + _CONTEXT if end == stretch_end else end
            spans.append(_Span(start, end, max(heard_from, self._at), min(heard_to, self._end)))
        at = min(span.heard_from for span in spans)
        to = max(span.heard_to for span in spans)
        fresh_from = at if self._next is None else self._fresh
        self._fresh = to
        return _Piece(self._y[at - self._at : to - self._at].copy(), at, fresh_from, spans)

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


def _emptied(kept: deque[_Kept]) -> Iterator[_Kept]:
    while kept:
        yield kept.popleft()


def _in_order(function: Callable[[T], U], items: Iterable[T | _Mark]) -> Iterator[U | _Mark]:
    """Yield the function of each item, worked out ahead by the pool; marks go by in their place."""
    pending: deque[Future[U] | _Mark] = deque()
    try:
        for item in items:
            pending.append(item if isinstance(item, _Mark) else _pool.submit(function, item))
            while pending and (len(pending) > AHEAD or _is_done(pending[0])):
                first = pending.popleft()
                yield first if isinstance(first, _Mark) else first.result()
        while pending:
            first = pending.popleft()
            yield first if isinstance(first, _Mark) else first.result()
    finally:
        for left in pending:
            if isinstance(left, Future):
                left.cancel()


def _is_done(item: Future[Any] | _Mark) -> bool:
    return isinstance(item, _Mark) or item.done()


def _learn(predictor: EmotionPredictor, piece: _Piece) -> tuple[_Kept, Baseline] | None:
    extracted = _frames(predictor, piece)
    if extracted is None:
        return None
    frames, at = extracted
    fresh = frames[max(0, (piece.fresh_from - at) // HOP_LENGTH) :]
    return _Kept.of(frames, at, piece.spans), Baseline.of(fresh)


def _predict(predictor: EmotionPredictor, baseline: Baseline | None, piece: _Piece | _Kept) -> list[_Window]:
    extracted = (piece.frames, piece.at) if isinstance(piece, _Kept) else _frames(predictor, piece)
    if extracted is None:
        return []
    frames, at = extracted
    heard = [(span, _of_span(frames, at, span)) for span in piece.spans]
    heard = [(span, part) for span, part in heard if len(part)]
    if not heard:
        return []
    probabilities = predictor.probabilities_of([part for _, part in heard], baseline)
    return [
        _Window(span.start / SAMPLE_RATE_HZ, span.end / SAMPLE_RATE_HZ, row)
        for (span, _), row in zip(heard, probabilities, strict=True)
    ]


def _frames(predictor: EmotionPredictor, piece: _Piece) -> tuple[Frames, int] | None:
    """Return the frames of a piece, and at which sample of the recording they begin; None: only silence."""
    try:
        frames, start = feature_extractor.extract_with_start(piece.y, predictor.definition)
    except TooShort:
        return None
    return frames, piece.at + start


def _of_span(frames: Frames, at: int, span: _Span) -> Frames:
    first, last = (max(0, (sample - at) // HOP_LENGTH) for sample in (span.heard_from, span.heard_to))
    return frames[first:last][:MAX_FRAMES]


def _summary(
    windows: list[_Window], stretches: list[Stretch], predictor: EmotionPredictor, recording: AudioStream
) -> dict[str, Any]:
    manifest = predictor.manifest
    spans_s = [(start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ) for start, end in stretches]
    segments = _segments(windows, spans_s, len(manifest.labels)) if windows else []
    speech_s = sum((end_s - start_s for start_s, end_s, _ in segments), 0.0)
    distribution = dict.fromkeys(manifest.labels, 0.0)
    for start_s, end_s, probabilities in segments:
        distribution[manifest.labels[int(probabilities.argmax())]] += end_s - start_s
    summary: dict[str, Any] = {"emotion": None, "confidence": None, "probabilities": None}
    mean = np.zeros(1)
    if windows:
        all_windows = np.stack([window.probabilities for window in windows])
        winner, share, _ = vote(all_windows)
        mean = all_windows.mean(axis=0)
        summary = {
            "emotion": manifest.labels[winner],
            "confidence": rounded(share),
            "probabilities": all_rounded(predictor.named(mean)),
        }
    uncertain = _is_uncertain(float(mean.max()), speech_s, predictor)
    return summary | {
        "low_information": uncertain,
        "duration_s": round(recording.decoded_s, 3),
        "speech_s": round(speech_s, 3),
        "silence_s": round(max(recording.decoded_s - speech_s, 0.0), 3),
        "truncated": recording.truncated,
        "distribution": {label: round(seconds, 3) for label, seconds in distribution.items()},
        "segments": [
            _described(start_s, end_s, probabilities, predictor)
            | {"low_information": _is_uncertain(float(probabilities.max()), end_s - start_s, predictor)}
            for start_s, end_s, probabilities in segments
        ],
        "windows": [_described(w.start_s, w.end_s, w.probabilities, predictor) for w in windows],
    }


def _segments(
    windows: list[_Window], stretches: list[tuple[float, float]], classes: int
) -> list[tuple[float, float, NDArray[np.float64]]]:
    """Return from when to when each emotion lasts, and its mean probabilities [shape=(C,)]."""
    count = int(np.ceil(stretches[-1][1] / CELL_S)) + 1
    evidence, mass = np.zeros((count, classes)), np.zeros(count)
    for window in windows:
        first, last = _cells(window.start_s, window.end_s)
        # What is in the middle of a window says more of it than what is at its edge.
        weight = np.hanning(last - first + 2)[1:-1]
        evidence[first:last] += weight[:, np.newaxis] * window.probabilities
        mass[first:last] += weight
    heard = mass > 0
    evidence[heard] /= mass[heard, np.newaxis]
    sigma = SMOOTHING_S / CELL_S
    smoothed = gaussian_filter1d(evidence, sigma, axis=0, mode="constant")
    near = gaussian_filter1d(heard.astype(float), sigma, mode="constant")
    smoothed /= np.maximum(near, TINY)[:, np.newaxis]
    segments = []
    for start_s, end_s in stretches:
        first, last = _cells(start_s, end_s)
        if not near[first:last].all():
            # Nothing was heard there but silence.
            continue
        inner = [first + at for at in _borders(smoothed[first:last])]
        edges_s = [start_s, *(at * CELL_S for at in inner), end_s]
        for (at, to), (from_s, to_s) in zip(pairwise([first, *inner, last]), pairwise(edges_s), strict=True):
            segments.append((from_s, to_s, smoothed[at:to].mean(axis=0)))
    return segments


def _borders(probabilities: NDArray[np.float64]) -> list[int]:
    """Return before which cells of a stretch [shape=(n, C)] its emotion changes."""
    top = probabilities.argmax(axis=1)
    borders = [0, *(np.flatnonzero(np.diff(top)) + 1).tolist(), len(top)]
    # The shortest first, each into what is before it; one sweep per length, for recordings of hours.
    for length in range(1, round(SHORTEST_SEGMENT_S / CELL_S)):
        kept = [0]
        for border, following in pairwise(borders[1:]):
            if min(border - kept[-1], following - border) > length:
                kept.append(border)
        borders = [*kept, len(top)]
    inner: list[int] = []
    for at in range(1, len(borders) - 1):
        left = probabilities[(inner[-1] if inner else 0) : borders[at]].mean(axis=0)
        right = probabilities[borders[at] : borders[at + 1]].mean(axis=0)
        if left.argmax() != right.argmax():
            inner.append(borders[at])
    return inner


def _cells(start_s: float, end_s: float) -> tuple[int, int]:
    first = int(start_s / CELL_S)
    return first, max(first + 1, int(np.ceil(end_s / CELL_S)))


def _described(
    start_s: float, end_s: float, probabilities: NDArray[Any], predictor: EmotionPredictor
) -> dict[str, Any]:
    return {
        "start_s": round(start_s, 3),
        "end_s": round(end_s, 3),
        "emotion": predictor.manifest.labels[int(probabilities.argmax())],
        "confidence": rounded(float(probabilities.max())),
        "probabilities": all_rounded(predictor.named(probabilities)),
    }


def _is_uncertain(confidence: float, speech_s: float, predictor: EmotionPredictor) -> bool:
    manifest = predictor.manifest
    return bool(confidence < manifest.min_confidence or speech_s < manifest.min_speech_s)
