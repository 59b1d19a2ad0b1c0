from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ser.analysis.events import Analysis
from ser.analysis.segments import Interval
from ser.analysis.summary import PredictedVoice, summarize
from ser.models.predictor import EmotionPredictor


def analysis(predictor: EmotionPredictor, *turns: tuple[int, float, int, float]) -> Analysis:
    """Summarize turns, with pauses between: the index of an emotion, its seconds, windows and probability."""
    labels = predictor.manifest.labels
    windows, stretches = [], []
    at_s = 0.0
    for emotion, seconds, count, probability in turns:
        row = np.full(len(labels), (1 - probability) / (len(labels) - 1))
        row[emotion] = probability
        edges = np.linspace(at_s, at_s + seconds, count + 1)
        windows += [Interval(a, b, row, row) for a, b in pairwise(edges)]
        stretches.append((at_s, at_s + seconds))
        at_s += seconds + 10
    return summarize(PredictedVoice(windows, stretches, "none"), predictor, duration_s=at_s, truncated=False)


def test_seconds_of_speech_decide_and_windows_only_vote_beside(predictor: EmotionPredictor) -> None:
    found = analysis(predictor, (1, 9.0, 3, 0.9), *[(0, 1.0, 1, 0.9)] * 5)
    first, second = predictor.manifest.labels[:2]
    assert found.emotion == second
    assert found.confidence == pytest.approx(9 / 14, abs=1e-4)
    assert found.distribution == {**dict.fromkeys(predictor.manifest.labels, 0.0), first: 5.0, second: 9.0}
    assert found.window_vote.emotion == first
    assert found.window_vote.share == pytest.approx(5 / 8)


def test_uncertainty_is_that_of_the_winner(predictor: EmotionPredictor) -> None:
    # The likeliest emotion on the mean of the windows has fewer seconds.
    found = analysis(predictor, (0, 20.0, 2, 0.4), (1, 10.0, 8, 0.95))
    probabilities = list(found.probabilities.values())
    least = predictor.manifest.min_confidence
    assert found.emotion == predictor.manifest.labels[0]
    assert probabilities[0] < least < probabilities[1]
    assert found.low_information
    assert not analysis(predictor, (0, 20.0, 2, 0.95)).low_information


def test_speech_that_the_network_finds_neutral_tells_nothing_of_four_emotions(
    predictor: EmotionPredictor,
) -> None:
    happy = np.array([0.05, 0.85, 0.05, 0.05])
    own, neutral = np.array([*0.9 * happy, 0.05, 0.05]), np.array([*0.3 * happy, 0.1, 0.6])
    windows = [Interval(0.0, 3.0, happy, neutral), Interval(10.0, 12.0, happy, own)]
    stretches_s = [(each.start_s, each.end_s) for each in windows]
    found = summarize(
        PredictedVoice(windows, stretches_s, "none"), predictor, duration_s=12.0, truncated=False
    )
    assert [each.low_information for each in found.segments] == [True, False]
    assert [each.low_information for each in found.windows] == [True, False]
    # On the mean of the windows, the network finds Happy most probable.
    assert not found.low_information
    assert summarize(
        PredictedVoice([windows[0]], stretches_s[:1], "none"), predictor, duration_s=3.0, truncated=False
    ).low_information


@pytest.mark.parametrize(
    ("second_s", "mixed"), [(10.0, True), (9.5, True), (9.0, True), (8.9, False), (1.0, False)]
)
def test_it_is_mixed_if_the_second_has_nine_tenths_of_the_first(
    second_s: float, mixed: bool, predictor: EmotionPredictor
) -> None:
    assert analysis(predictor, (2, 10.0, 4, 0.8), (1, second_s, 4, 0.9)).mixed is mixed


def test_of_equal_seconds_the_likelier_on_the_mean_wins(predictor: EmotionPredictor) -> None:
    found = analysis(predictor, (0, 10.0, 4, 0.6), (1, 10.0, 4, 0.9))
    assert found.emotion == predictor.manifest.labels[1]
    assert found.mixed


def test_without_speech_there_is_no_emotion(predictor: EmotionPredictor) -> None:
    found = analysis(predictor)
    assert (found.emotion, found.confidence, found.probabilities, found.window_vote) == (None,) * 4
    assert found.low_information
    assert not found.mixed
