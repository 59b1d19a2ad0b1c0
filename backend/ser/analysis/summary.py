"""Windows and stretches of speech -> the analysis of a whole file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser import timestamps
from ser.analysis.events import Analysis, BaselineKind, Segment, Window, WindowVote
from ser.analysis.segments import Interval, find_segments
from ser.analysis.voice import VoiceOfRecording
from ser.models.aggregate import vote
from ser.models.predictor import EmotionPredictor, in_percent
from ser.models.rounding import all_rounded, rounded

# An analysis is mixed if the second emotion has so much of the seconds of the first.
MIXED_SHARE = 0.9


def summarize(
    windows: Sequence[Interval],
    stretches_s: Sequence[tuple[float, float]],
    predictor: EmotionPredictor,
    *,
    duration_s: float,
    truncated: bool,
    baseline: BaselineKind,
    voice: VoiceOfRecording | None = None,
) -> Analysis:
    """Return the analysis of a file.

    Its emotion is the one with most seconds of speech in the segments, and the confidence is its share of
    them: each 0.1 s of speech votes once, for the emotion of its segment.

    Args:
        windows: in order; they may overlap.
        stretches_s: the seconds [start, end) of speech, in order, without overlap.
        predictor: what predicted the windows.
        duration_s: of the file.
        truncated: whether the file is cut off.
        baseline: what the features were normalised with.
        voice: of the same windows; None where nobody asked for it.
    """
    labels = predictor.manifest.labels
    segments = find_segments(windows, stretches_s, len(labels))
    speech_s = sum((segment.end_s - segment.start_s for segment in segments), 0.0)
    distribution = dict.fromkeys(labels, 0.0)
    for segment in segments:
        distribution[labels[int(segment.probabilities.argmax())]] += segment.end_s - segment.start_s
    # As clients get it, so that they can compute the same from it.
    distribution = {label: round(seconds, 3) for label, seconds in distribution.items()}
    headline = _headline(windows, distribution, predictor) if segments else _Headline()
    return Analysis(
        emotion=headline.emotion,
        confidence=headline.confidence,
        probabilities=headline.probabilities,
        low_information=(
            headline.emotion is None
            or predictor.is_uncertain(headline.probability, speech_s, headline.network)
        ),
        mixed=headline.mixed,
        window_vote=headline.window_vote,
        duration_s=round(duration_s, 3),
        speech_s=round(speech_s, 3),
        silence_s=round(max(duration_s - speech_s, 0.0), 3),
        truncated=truncated,
        distribution=distribution,
        segments=[_segment(each, predictor) for each in segments],
        windows=[window_line(each, predictor) for each in windows],
        baseline=baseline,
        model=predictor.manifest.name,
        timestamp=timestamps.now(),
        affect=predictor.affect(headline.probabilities),
        intensity=headline.intensity,
        voice_gender=voice.summarize(speech_s) if voice else None,
    )


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


def _segment(segment: Interval, predictor: EmotionPredictor) -> Segment:
    line = window_line(segment, predictor)
    return Segment(**vars(line), affect=predictor.affect(line.probabilities))


def window_line(window: Interval, predictor: EmotionPredictor) -> Window:
    """Return the line of a window."""
    confidence = float(window.probabilities.max())
    return Window(
        start_s=round(window.start_s, 3),
        end_s=round(window.end_s, 3),
        emotion=predictor.manifest.labels[int(window.probabilities.argmax())],
        confidence=rounded(confidence),
        probabilities=all_rounded(predictor.named(window.probabilities)),
        low_information=predictor.is_uncertain(confidence, window.end_s - window.start_s, window.network),
        intensity=in_percent(window.intensity),
    )
