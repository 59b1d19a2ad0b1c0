"""Calls of two voices: each is normalised with its own statistics.

The voices are the two channels of a stereo recording, or the two speakers of a mixed one, told apart by
clustering. A first pass keeps the frames of all speech, one byte per feature; then it is known which speech
is of which voice, and a second pass predicts the windows of each.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from ser.analysis.cutter import Cutter, Decoded, Piece, Span, windows_of, with_context
from ser.analysis.events import (
    AnalysisStarted,
    BaselineKind,
    FileLine,
    FoundVoice,
    PeaksFound,
    Progress,
    VoicesFound,
    Waveforms,
)
from ser.analysis.kept import KeptPiece, KeptSpeech
from ser.analysis.progress import ProgressMeter
from ser.analysis.segments import Interval, intervals
from ser.analysis.summary import PredictedVoice, summarize_voices, window_line
from ser.analysis.voice import VoiceOfRecording
from ser.analysis.workers import map_in_order
from ser.audio.decoders import Recording
from ser.audio.peaks import Peaks
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import InvalidRequest
from ser.features.registry import FeatureSet
from ser.models.baseline import MIN_BASELINE_S, Baseline
from ser.models.extracted import ExtractedFrames, extract
from ser.models.predictor import EmotionPredictor
from ser.speech import speakers
from ser.speech.leakage import ChannelLevels, for_detector
from ser.speech.segmenter import Stretch

# What the voices are.
VoicesBy = Literal["channel", "speaker"]
# A part of a stretch of speech, and that stretch.
Turn = tuple[Stretch, Stretch]


class _Numbered(NamedTuple):
    """A piece of one channel."""

    channel: int
    piece: Piece


class _Learnt(NamedTuple):
    """What the second pass needs of a piece: features by the kind of their set, and cells of speakers."""

    channel: int
    features: dict[str, KeptPiece]
    cells: speakers.Cells | None


@dataclass
class _Channel:
    """One channel, or the mix of all: what the first pass finds in it."""

    kept: dict[str, KeptSpeech]
    cutter: Cutter = field(default_factory=Cutter)
    cells: list[speakers.Cells] = field(default_factory=list)

    def add(self, learnt: _Learnt) -> None:
        for kind, piece in learnt.features.items():
            self.kept[kind].add(piece)
        if learnt.cells is not None:
            self.cells.append(learnt.cells)


@dataclass
class _Voice:
    """One voice: its turns, and what is predicted of them."""

    id: int
    channel: int | None
    kept: dict[str, KeptSpeech]
    turns: list[Turn]
    statistics: Baseline | None = None
    gender: VoiceOfRecording | None = None
    windows: list[Interval] = field(default_factory=list)

    @property
    def baseline(self) -> BaselineKind:
        return "recording" if self.statistics else "none"

    def found(self) -> FoundVoice:
        samples = sum(end - start for (start, end), _ in self.turns)
        return FoundVoice(self.id, self.channel, round(samples / SAMPLE_RATE_HZ, 3), self.baseline)

    def predicted(self) -> PredictedVoice:
        stretches_s = [(start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ) for (start, end), _ in self.turns]
        return PredictedVoice(self.windows, stretches_s, self.baseline, self.gender, self.id, self.channel)


class _Item(NamedTuple):
    """Some windows of a voice, which the second pass predicts together."""

    voice: _Voice
    spans: list[Span]


def analyze_voices(
    recording: Recording,
    predictor: EmotionPredictor,
    *,
    by: VoicesBy,
    own_baseline: bool,
    size_bytes: int | None = None,
    gender: EmotionPredictor | None = None,
    peaks: bool = False,
) -> Generator[FileLine]:
    """Predict which emotion each voice of a recording carries, and when.

    Args:
        recording: it is read to its end.
        predictor: of the windows; its features must be over time.
        by: what the voices are.
        own_baseline: whether each voice is normalised with its own statistics, if there is enough of it.
        size_bytes: of the file, to estimate the duration of a recording that does not declare it.
        gender: a model of the task `voice_gender`, to tell that of each voice, too.
        peaks: whether to tell the peaks of the waveform.

    Yields:
        `AnalysisStarted`; `Progress`; `PeaksFound` if asked for; `VoicesFound`; `Window`s of all voices, in
        about the order of time; and the `Analysis` last.

    Raises:
        AudioError: the recording cannot be decoded, is too long, or has no two channels.
        InvalidRequest: a model's features are not over time.
    """
    own = own_baseline and predictor.takes_baseline
    meter = ProgressMeter(recording, 2, size_bytes)
    manifest = predictor.manifest
    yield AnalysisStarted(
        manifest.name, list(manifest.labels), "recording" if own else "none", 2, meter.duration_s
    )
    feature_sets = _feature_sets(predictor, gender, by)
    count = 2 if by == "channel" else 1
    channels = [_Channel({kind: KeptSpeech() for kind in feature_sets}) for _ in range(count)]
    levels = ChannelLevels() if by == "channel" else None
    drawn = Peaks(count) if peaks else None
    pieces = _cut(recording, channels, levels, drawn)
    for learnt in map_in_order(partial(_learn, feature_sets, by), pieces):
        if isinstance(learnt, Decoded):
            yield from meter.at(1, learnt.at_s)
        else:
            channels[learnt.channel].add(learnt)
    yield from meter.at(1, recording.decoded_s, last=True)
    shape = Waveforms.of(drawn) if drawn else None
    if shape:
        yield PeaksFound(round(recording.decoded_s, 3), shape)
    voices = _voices_by_channel(channels, levels) if levels else _voices_by_speaker(channels[0])
    yield from meter.at(2, 0.0, first=True)
    for voice in voices:
        if gender:
            voice.gender = VoiceOfRecording(gender, shares_features=True)
        if own:
            yield from _learn_voice(voice, predictor, meter)
    yield VoicesFound([voice.found() for voice in voices])
    done_s = 0.0
    for predicted in map_in_order(partial(_predict, predictor, gender), _items(voices)):
        if isinstance(predicted, Decoded):
            continue
        item, windows = predicted
        item.voice.windows += windows
        for window in windows:
            yield window_line(window, predictor, item.voice.id)
        if windows:
            # Those of the other voice may end later, and came before.
            done_s = max(done_s, windows[-1].end_s)
            yield from meter.at(2, done_s)
    yield from meter.at(2, recording.decoded_s, last=True)
    analysis = summarize_voices(
        [voice.predicted() for voice in voices],
        predictor,
        duration_s=recording.decoded_s,
        truncated=recording.truncated,
        same_channels=levels.are_same if levels else None,
        waveforms=shape,
    )
    known = [voice.statistics for voice in voices if voice.statistics is not None]
    yield replace(analysis, statistics=sum(known[1:], known[0]) if known else None)


def require_frames(predictor: EmotionPredictor) -> None:
    """Refuse a model that cannot be used for two voices.

    Raises:
        InvalidRequest: it is one.
    """
    if not predictor.feature_set.over_time:
        raise InvalidRequest(
            f"The model '{predictor.manifest.name}' reads whole clips, so it cannot be used for two voices; "
            "take one that reads frames, such as the default."
        )


def _feature_sets(
    predictor: EmotionPredictor, gender: EmotionPredictor | None, by: VoicesBy
) -> dict[str, FeatureSet]:
    """Return the sets of features that are extracted, each kind once."""
    needed = [each for each in (predictor, gender) if each is not None]
    for each in needed:
        require_frames(each)
    sets = [each.feature_set for each in needed]
    if by == "speaker":
        sets.append(speakers.feature_set())
    return {each.kind: each for each in reversed(sets)}


def _cut(
    recording: Recording,
    channels: Sequence[_Channel],
    levels: ChannelLevels | None,
    drawn: Peaks | None,
) -> Iterator[_Numbered | Decoded]:
    """Yield the pieces of each channel, and after each block of the recording how far it is decoded."""
    blocks: Iterable[Waveform] = recording if levels is None else recording.channels()
    for block in blocks:
        if drawn is not None:
            drawn.add(block)
        if levels is not None:
            levels.add(block)
        detected_in = block if levels is None else for_detector(block)
        found = zip(channels, np.atleast_2d(block), np.atleast_2d(detected_in), strict=True)
        for number, (channel, y, detected) in enumerate(found):
            yield from _own(number, channel.cutter.feed(y, detected), levels)
        yield Decoded(recording.decoded_s)
    for number, channel in enumerate(channels):
        yield from _own(number, channel.cutter.finish(), levels)


def _own(number: int, pieces: Iterable[Piece], levels: ChannelLevels | None) -> Iterator[_Numbered]:
    """Yield the pieces of a channel in which its own voice may be; of others, no features are needed."""
    for piece in pieces:
        if levels is None or not levels.is_leakage(piece.at, piece.at + len(piece.y), number):
            yield _Numbered(number, piece)


def _learn(feature_sets: dict[str, FeatureSet], by: VoicesBy, numbered: _Numbered) -> _Learnt:
    """Extract the features of a piece, which is the only time that its sound is read."""
    channel, piece = numbered
    kept: dict[str, KeptPiece] = {}
    cells: speakers.Cells | None = None
    for kind, feature_set in feature_sets.items():
        extracted = extract(piece.y, feature_set)
        if not isinstance(extracted, ExtractedFrames):
            continue
        kept[kind] = KeptPiece.of(piece, extracted)
        if by == "speaker" and kind == speakers.feature_set().kind:
            cells = _cells(piece, extracted)
    return _Learnt(channel, kept, cells)


def _cells(piece: Piece, extracted: ExtractedFrames) -> speakers.Cells | None:
    """Return the cells of the speech of a piece that no earlier one has."""
    start = max(piece.new_from, piece.spans[0].start) - piece.at
    frames = extracted.window(start, piece.spans[-1].end - piece.at)
    if frames is None:
        return None
    return speakers.cells_of(frames, piece.at + max(start, extracted.start))


def _voices_by_channel(channels: Sequence[_Channel], levels: ChannelLevels) -> list[_Voice]:
    if levels.are_same:
        # All of the quieter one may have been left out as leakage.
        both = channels[levels.louder]
        return [_Voice(1, None, both.kept, [(each, each) for each in both.cutter.stretches])]
    return [
        _Voice(
            number + 1,
            number + 1,
            channel.kept,
            levels.without_leakage(channel.cutter.stretches, number),
        )
        for number, channel in enumerate(channels)
    ]


def _voices_by_speaker(channel: _Channel) -> list[_Voice]:
    apart = speakers.tell_apart(channel.cells, channel.cutter.stretches)
    return [_Voice(number, None, channel.kept, turns) for number, turns in enumerate(apart, 1)]


def _learn_voice(voice: _Voice, predictor: EmotionPredictor, meter: ProgressMeter) -> Iterator[Progress]:
    """Compute the statistics of a voice; it keeps none of too little speech."""
    kept = voice.kept[predictor.feature_set.kind]
    total: Baseline | None = None
    for turn, stretch in voice.turns:
        found = kept.statistics(*with_context(turn, stretch))
        if found is not None:
            total = found if total is None else total + found
        yield from meter.at(2, 0.0)
    # The emotion of one sentence would be taken for the speaker's usual state.
    if total is not None and total.speech_s >= MIN_BASELINE_S:
        voice.statistics = total


def _items(voices: Sequence[_Voice]) -> Iterator[_Item]:
    """Yield the windows of all voices, those that begin first at first."""
    items = [
        _Item(voice, spans)
        for voice in voices
        for turn, stretch in voice.turns
        for spans in windows_of(turn, stretch)
    ]
    yield from sorted(items, key=lambda item: item.spans[0].start)


def _predict(
    predictor: EmotionPredictor, gender: EmotionPredictor | None, item: _Item
) -> tuple[_Item, list[Interval]]:
    voice, spans = item
    windows = [(span.context_start, span.context_end) for span in spans]
    if gender is not None and voice.gender is not None:
        voice.gender.add_windows(spans[0].start, voice.kept[gender.feature_set.kind], windows)
    answers = predictor.predict_spans(voice.kept[predictor.feature_set.kind], windows, voice.statistics)
    return item, intervals(spans, answers)
