"""Long files: which emotion, when.

A recording is decoded as it arrives and cut into stretches of speech. Windows of 3 s cover these every
second. Smoothed over time, they make segments, whose seconds decide the emotion of the recording.

By default the recording is its own baseline. A first pass computes the statistics of its speech and keeps its
frames, one byte per feature; a second pass predicts the windows with these statistics.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import BoundedSemaphore
from typing import Literal

from ser.analysis.calls import VoicesBy, analyze_voices
from ser.analysis.cutter import Cutter, Decoded, Piece, Span
from ser.analysis.events import AnalysisStarted, BaselineKind, FileLine, PeaksFound, Progress, Waveforms
from ser.analysis.progress import ProgressMeter
from ser.analysis.segments import Interval, intervals
from ser.analysis.summary import PredictedVoice, summarize, window_line
from ser.analysis.voice import VoiceOfRecording
from ser.analysis.workers import map_in_order
from ser.audio.decoders import Recording
from ser.audio.peaks import Peaks
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import BadBaseline, Busy
from ser.models.baseline import MIN_BASELINE_S, Baseline
from ser.models.extracted import Extracted
from ser.models.predictor import EmotionPredictor

# Each holds memory, and its request's thread.
MAX_AT_ONCE = 4

OWN_BASELINE: Literal["recording"] = "recording"

_slots = BoundedSemaphore(MAX_AT_ONCE)


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the `MAX_AT_ONCE` places for a recording.

    Raises:
        Busy: all are taken.
    """
    if not _slots.acquire(blocking=False):
        raise Busy(
            f"{MAX_AT_ONCE} recordings are being analysed already; try again in a while.",
            what="recordings",
        )
    try:
        yield
    finally:
        _slots.release()


def analyze(
    recording: Recording,
    predictor: EmotionPredictor,
    *,
    baseline: Baseline | Literal["recording"] | None = OWN_BASELINE,
    size_bytes: int | None = None,
    voice: EmotionPredictor | None = None,
    voices_by: VoicesBy | None = None,
    peaks: bool = False,
) -> Generator[FileLine]:
    """Predict which emotion a recording carries, and when, while it is decoded.

    Args:
        recording: it is read to its end.
        predictor: of the windows.
        baseline: what features are normalised with: the statistics of the recording's own speech, if there
            is enough of it, the given ones, or those of the training speakers.
        size_bytes: of the file, to estimate the duration of a recording that does not declare it.
        voice: a model of the task `voice_gender`, to tell that of the recording's voice, too.
        voices_by: how to tell two voices apart, each of which is then its own baseline: each `channel` of a
            stereo recording is one, or each of two `speaker`s; None takes all speech for one voice.
        peaks: whether to tell the peaks of the waveform.

    Yields:
        `AnalysisStarted`, then `Progress` and `Window`s, and the `Analysis` last. Once it is closed, the work
        stops.

    Raises:
        AudioError: the recording cannot be decoded, is too long, or has no two channels to tell apart.
        BadBaseline: the model takes no baseline, or there are two voices and one baseline.
        InvalidRequest: the model cannot be used for two voices.
    """
    if voices_by is not None:
        if isinstance(baseline, Baseline):
            raise BadBaseline("A baseline is of one speaker; with two voices, take 'recording' or 'none'.")
        yield from analyze_voices(
            recording,
            predictor,
            by=voices_by,
            own_baseline=baseline == OWN_BASELINE,
            size_bytes=size_bytes,
            gender=voice,
            peaks=peaks,
        )
        return
    own = baseline == OWN_BASELINE and predictor.takes_baseline
    statistics = baseline if isinstance(baseline, Baseline) else None
    learnt: Baseline | None = None
    kind: BaselineKind = OWN_BASELINE if own else "token" if statistics else "none"
    passes = 2 if own else 1
    progress = ProgressMeter(recording, passes, size_bytes)
    manifest = predictor.manifest
    yield AnalysisStarted(manifest.name, list(manifest.labels), kind, passes, progress.duration_s)
    cutter, drawn, shape = Cutter(), Peaks() if peaks else None, None
    cut = cutter.cut(_measured(recording, drawn) if drawn else recording)
    of_voice = VoiceOfRecording(voice, shares_features=predictor.reads_as(voice)) if voice else None
    pieces: Iterable[Piece | _KeptPiece | Decoded] = cut
    if own:
        pieces, statistics = yield from _first_pass(predictor, of_voice, cut, progress)
        learnt = statistics
        if statistics is None or statistics.speech_s < MIN_BASELINE_S:
            # The emotion of one sentence would be taken for the speaker's usual state.
            statistics, kind = None, "none"
        yield from progress.at(1, recording.decoded_s, last=True)
        shape = yield from _shape(recording, drawn)
        yield from progress.at(2, 0.0, first=True)
    windows: list[Interval] = []
    for found in map_in_order(partial(_predict, predictor, of_voice, statistics), pieces):
        if isinstance(found, Decoded):
            yield from progress.at(passes, found.at_s)
            continue
        windows += found
        for window in found:
            yield window_line(window, predictor)
        if own and found:
            yield from progress.at(passes, found[-1].end_s)
    yield from progress.at(passes, recording.decoded_s, last=True)
    if not own:
        shape = yield from _shape(recording, drawn)
    stretches_s = [(start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ) for start, end in cutter.stretches]
    analysis = summarize(
        PredictedVoice(windows, stretches_s, kind, of_voice),
        predictor,
        duration_s=recording.decoded_s,
        truncated=recording.truncated,
        waveforms=shape,
    )
    yield replace(analysis, statistics=learnt)


def _measured(recording: Iterable[Waveform], peaks: Peaks) -> Iterator[Waveform]:
    for block in recording:
        peaks.add(block)
        yield block


def _shape(recording: Recording, drawn: Peaks | None) -> Generator[PeaksFound, None, Waveforms | None]:
    """Tell the peaks of a recording that was read to its end, if somebody asked for them."""
    if drawn is None:
        return None
    shape = Waveforms.of(drawn)
    yield PeaksFound(round(recording.decoded_s, 3), shape)
    return shape


@dataclass(frozen=True)
class _KeptPiece:
    """The features of a piece for the second pass; `at` is where it begins, in samples."""

    features: Extracted
    at: int
    spans: list[Span]


def _first_pass(
    predictor: EmotionPredictor,
    voice: VoiceOfRecording | None,
    pieces: Iterable[Piece | Decoded],
    progress: ProgressMeter,
) -> Generator[Progress, None, tuple[Iterator[_KeptPiece], Baseline | None]]:
    """Return the frames of all pieces, each freed once it is read, and their statistics."""
    kept: deque[_KeptPiece] = deque()
    statistics: Baseline | None = None
    for learnt in map_in_order(partial(_learn, predictor, voice), pieces):
        if isinstance(learnt, Decoded):
            yield from progress.at(1, learnt.at_s)
        elif learnt is not None:
            piece, of_piece = learnt
            kept.append(piece)
            statistics = of_piece if statistics is None else statistics + of_piece
    return _emptied(kept), statistics


def _emptied(kept: deque[_KeptPiece]) -> Iterator[_KeptPiece]:
    while kept:
        yield kept.popleft()


def _extract(predictor: EmotionPredictor, voice: VoiceOfRecording | None, piece: Piece) -> Extracted | None:
    """Return the features of a piece, which is the only time that its sound is read."""
    extracted = predictor.extract(piece.y)
    if extracted is not None and voice is not None:
        voice.add(piece, extracted)
    return extracted


def _learn(
    predictor: EmotionPredictor, voice: VoiceOfRecording | None, piece: Piece
) -> tuple[_KeptPiece, Baseline] | None:
    extracted = _extract(predictor, voice, piece)
    if extracted is None:
        return None
    statistics = extracted.statistics(piece.new_from - piece.at)
    if statistics is None:
        return None
    return _KeptPiece(extracted.compressed(), piece.at, piece.spans), statistics


def _predict(
    predictor: EmotionPredictor,
    voice: VoiceOfRecording | None,
    baseline: Baseline | None,
    piece: Piece | _KeptPiece,
) -> list[Interval]:
    extracted = piece.features if isinstance(piece, _KeptPiece) else _extract(predictor, voice, piece)
    if extracted is None:
        return []
    windows = [span.context_from(piece.at) for span in piece.spans]
    answers = predictor.predict_spans(extracted, windows, baseline)
    return intervals(piece.spans, answers)
