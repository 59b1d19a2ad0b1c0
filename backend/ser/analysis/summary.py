"""Windows and stretches of speech -> the analysis of a whole file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser import timestamps
from ser.analysis.events import Analysis, BaselineKind, Segment, Voice, Waveforms, Window, WindowVote
from ser.analysis.segments import Interval, find_segments
from ser.analysis.voice import VoiceOfRecording
from ser.models.aggregate import vote
from ser.models.predictor import EmotionPredictor, in_percent
from ser.models.rounding import all_rounded, rounded

# An analysis is mixed if the second emotion has so much of the seconds of the first.
MIXED_SHARE = 0.9


@dataclass(frozen=True)
class PredictedVoice:
    """What is known of one voice of a recording, or of all of them together.

    Attributes:
        windows: in order; they may overlap.
        stretches_s: the seconds [start, end) of speech, in order, without overlap.
        baseline: what the features were normalised with.
        gender: of the same windows; None where nobody asked for it.
        id: of the voice, from 1; None where voices are not told apart.
        channel: of the file, from 1; None where all channels are mixed.
    """

    windows: Sequence[Interval]
    stretches_s: Sequence[tuple[float, float]]
    baseline: BaselineKind
    gender: VoiceOfRecording | None = None
    id: int | None = None
    channel: int | None = None


def summarize(
    found: PredictedVoice,
    predictor: EmotionPredictor,
    *,
    duration_s: float,
    truncated: bool,
    waveforms: Waveforms | None = None,
) -> Analysis:
    """Return the analysis of a file whose voices are not told apart.

    Its emotion is the one with most seconds of speech in the segments, and the confidence is its share of
    them: each 0.1 s of speech votes once, for the emotion of its segment.

    Args:
        found: the recording.
        predictor: what predicted the windows.
        duration_s: of the file.
        truncated: whether the file is cut off.
        waveforms: of the file; None where nobody asked for them.
    """
    segments = _segments(found, predictor)
    return _analysis(
        [(found, segments)],
        predictor,
        duration_s=duration_s,
        truncated=truncated,
        baseline=found.baseline,
        voice_gender=found.gender.summarize(_seconds(segments)) if found.gender else None,
        waveforms=waveforms,
    )


def summarize_voices(
    voices: Sequence[PredictedVoice],
    predictor: EmotionPredictor,
    *,
    duration_s: float,
    truncated: bool,
    same_channels: bool | None = None,
    waveforms: Waveforms | None = None,
) -> Analysis:
    """Return the analysis of a file of several voices: of each, and of all together.

    Args:
        voices: each with an id.
        predictor: what predicted the windows.
        duration_s: of the file.
        truncated: whether the file is cut off.
        same_channels: whether its channels hold the same; None where they were mixed.
        waveforms: of the file; None where nobody asked for them.
    """
    of_each = [(voice, _segments(voice, predictor)) for voice in voices]
    return _analysis(
        of_each,
        predictor,
        duration_s=duration_s,
        truncated=truncated,
        baseline="recording" if any(voice.baseline == "recording" for voice in voices) else "none",
        voices=[_voice(voice, of_voice, predictor) for voice, of_voice in of_each],
        same_channels=same_channels,
        waveforms=waveforms,
    )


def _analysis(
    of_each: Sequence[tuple[PredictedVoice, Sequence[Interval]]],
    predictor: EmotionPredictor,
    *,
    duration_s: float,
    truncated: bool,
    **others: Any,
) -> Analysis:
    """Return the analysis of voices, each with its segments, and what else it has."""
    windows = [(each, voice.id) for voice, _ in of_each for each in voice.windows]
    segments = [(each, voice.id) for voice, of_voice in of_each for each in of_voice]
    for each in (windows, segments):
        each.sort(key=lambda of_voice: (of_voice[0].start_s, of_voice[0].end_s))
    bounds_s = [(each.start_s, each.end_s) for each, _ in segments]
    return Analysis(
        **_of_all([each for each, _ in windows], [each for each, _ in segments], predictor),
        silence_s=round(max(duration_s - _covered_s(bounds_s), 0.0), 3),
        duration_s=round(duration_s, 3),
        truncated=truncated,
        segments=[_segment(each, predictor, voice) for each, voice in segments],
        windows=[window_line(each, predictor, voice) for each, voice in windows],
        model=predictor.manifest.name,
        timestamp=timestamps.now(),
        **others,
    )


def _voice(found: PredictedVoice, segments: Sequence[Interval], predictor: EmotionPredictor) -> Voice:
    fields = _of_all(found.windows, segments, predictor)
    del fields["window_vote"]
    assert found.id is not None  # noqa: S101
    return Voice(
        **fields,
        id=found.id,
        channel=found.channel,
        baseline=found.baseline,
        segments=[_segment(each, predictor) for each in segments],
        voice_gender=found.gender.summarize(_seconds(segments)) if found.gender else None,
    )


def _segments(found: PredictedVoice, predictor: EmotionPredictor) -> list[Interval]:
    return find_segments(found.windows, found.stretches_s, len(predictor.manifest.labels))


def _seconds(segments: Sequence[Interval]) -> float:
    return sum((segment.end_s - segment.start_s for segment in segments), 0.0)


def _covered_s(bounds_s: Sequence[tuple[float, float]]) -> float:
    """Return how many seconds intervals cover that are in the order of their starts, and may overlap."""
    covered_s = until_s = 0.0
    for start_s, end_s in bounds_s:
        covered_s += max(end_s - max(start_s, until_s), 0.0)
        until_s = max(until_s, end_s)
    return covered_s


def _of_all(
    windows: Sequence[Interval], segments: Sequence[Interval], predictor: EmotionPredictor
) -> dict[str, Any]:
    """Return the fields that a recording and each voice of it have."""
    labels = predictor.manifest.labels
    speech_s = _seconds(segments)
    distribution = dict.fromkeys(labels, 0.0)
    for segment in segments:
        distribution[labels[int(segment.probabilities.argmax())]] += segment.end_s - segment.start_s
    # As clients get it, so that they can compute the same from it.
    distribution = {label: round(seconds, 3) for label, seconds in distribution.items()}
    headline = _headline(windows, distribution, predictor) if segments else _Headline()
    return {
        "emotion": headline.emotion,
        "confidence": headline.confidence,
        "probabilities": headline.probabilities,
        "low_information": (
            headline.emotion is None
            or predictor.is_uncertain(headline.probability, speech_s, headline.network)
        ),
        "mixed": headline.mixed,
        "window_vote": headline.window_vote,
        "speech_s": round(speech_s, 3),
        "distribution": distribution,
        "affect": predictor.affect(headline.probabilities),
        "intensity": headline.intensity,
    }


@dataclass(frozen=True)
class _Headline:
    emotion: str | None = None
    confidence: float | None = None
    probabilities: Mapping[str, float] | None = None
    probability: float = 0.0
    network: NDArray[np.float64] | None = None
    intensity: float | None = None
    mixed: bool = False
    window_vote: WindowVote | None = None


def _headline(
    windows: Sequence[Interval], distribution: Mapping[str, float], predictor: EmotionPredictor
) -> _Headline:
    """Return which emotion has most seconds of speech; of those with as many, the likeliest on the mean."""
    labels = predictor.manifest.labels
    of_windows = np.stack([window.probabilities for window in windows])
    mean = predictor.named(of_windows.mean(axis=0))
    best, second, *_ = sorted(labels, key=lambda label: (distribution[label], mean[label]), reverse=True)
    winner, share, _ = vote(of_windows)
    return _Headline(
        emotion=best,
        confidence=rounded(distribution[best] / sum(distribution.values())),
        probabilities=all_rounded(mean),
        probability=mean[best],
        network=np.mean([window.network for window in windows], axis=0),
        intensity=in_percent(float(np.mean([window.intensity for window in windows]))),
        mixed=distribution[second] >= MIXED_SHARE * distribution[best],
        window_vote=WindowVote(labels[winner], rounded(share)),
    )


def _segment(segment: Interval, predictor: EmotionPredictor, voice: int | None = None) -> Segment:
    line = window_line(segment, predictor, voice)
    return Segment(**vars(line), affect=predictor.affect(line.probabilities))


def window_line(window: Interval, predictor: EmotionPredictor, voice: int | None = None) -> Window:
    """Return the line of a window, and of which voice it is."""
    confidence = float(window.probabilities.max())
    return Window(
        start_s=round(window.start_s, 3),
        end_s=round(window.end_s, 3),
        emotion=predictor.manifest.labels[int(window.probabilities.argmax())],
        confidence=rounded(confidence),
        probabilities=all_rounded(predictor.named(window.probabilities)),
        low_information=predictor.is_uncertain(confidence, window.end_s - window.start_s, window.network),
        intensity=in_percent(window.intensity),
        voice=voice,
    )
