"""Windows and stretches of speech -> the analysis of a whole file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser import timestamps
from ser.analysis.events import Analysis, BaselineKind, Segment, Window
from ser.analysis.segments import Interval, find_segments
from ser.models.predictor import EmotionPredictor, all_rounded, rounded
from ser.models.voting import vote


def summarize(
    windows: Sequence[Interval],
    stretches_s: Sequence[tuple[float, float]],
    predictor: EmotionPredictor,
    *,
    duration_s: float,
    truncated: bool,
    baseline: BaselineKind,
) -> Analysis:
    """Return the analysis of a file.

    Args:
        windows: in order; they may overlap.
        stretches_s: the seconds [start, end) of speech, in order, without overlap.
        predictor: what predicted the windows.
        duration_s: of the file.
        truncated: whether the file is cut off.
        baseline: what the features were normalised with.
    """
    labels = predictor.manifest.labels
    segments = find_segments(windows, stretches_s, len(labels))
    speech_s = sum((segment.end_s - segment.start_s for segment in segments), 0.0)
    distribution = dict.fromkeys(labels, 0.0)
    for segment in segments:
        distribution[labels[int(segment.probabilities.argmax())]] += segment.end_s - segment.start_s
    emotion = confidence = probabilities = None
    largest = 0.0
    if windows:
        of_windows = np.stack([window.probabilities for window in windows])
        winner, share, _ = vote(of_windows)
        mean = of_windows.mean(axis=0)
        largest = float(mean.max())
        emotion, confidence = labels[winner], rounded(share)
        probabilities = all_rounded(predictor.named(mean))
    return Analysis(
        emotion=emotion,
        confidence=confidence,
        probabilities=probabilities,
        low_information=_is_uncertain(largest, speech_s, predictor),
        duration_s=round(duration_s, 3),
        speech_s=round(speech_s, 3),
        silence_s=round(max(duration_s - speech_s, 0.0), 3),
        truncated=truncated,
        distribution={label: round(seconds, 3) for label, seconds in distribution.items()},
        segments=[_segment(each, predictor) for each in segments],
        windows=[window_line(each, predictor) for each in windows],
        baseline=baseline,
        model=predictor.manifest.name,
        timestamp=timestamps.now(),
    )


def window_line(window: Interval, predictor: EmotionPredictor) -> Window:
    """Return the line of a window."""
    return Window(
        start_s=round(window.start_s, 3),
        end_s=round(window.end_s, 3),
        emotion=predictor.manifest.labels[int(window.probabilities.argmax())],
        confidence=rounded(float(window.probabilities.max())),
        probabilities=all_rounded(predictor.named(window.probabilities)),
    )


def _segment(segment: Interval, predictor: EmotionPredictor) -> Segment:
    confidence = float(segment.probabilities.max())
    uncertain = _is_uncertain(confidence, segment.end_s - segment.start_s, predictor)
    return Segment(**vars(window_line(segment, predictor)), low_information=uncertain)


def _is_uncertain(probability: float, speech_s: float, predictor: EmotionPredictor) -> bool:
    manifest = predictor.manifest
    return bool(probability < manifest.min_confidence or speech_s < manifest.min_speech_s)
