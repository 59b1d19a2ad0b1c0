from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ser.analysis.segments import Interval, borders, find_segments

HAPPY, SAD = [0.8, 0.2], [0.2, 0.8]


def interval(start_s: float, end_s: float, probabilities: ArrayLike) -> Interval:
    """Of a model that answers with all the labels that its network knows."""
    return Interval(start_s, end_s, np.asarray(probabilities), np.asarray(probabilities))


def test_short_changes_of_emotion_are_smoothed_away() -> None:
    assert borders(np.array([HAPPY] * 20 + [SAD] * 4 + [HAPPY] * 20)) == []
    assert borders(np.array([HAPPY] * 20 + [SAD] * 20)) == [20]
    assert borders(np.array([HAPPY] * 5)) == []
    assert borders(np.array([HAPPY, SAD] * 30)) == []


def test_silence_within_speech_does_not_take_the_rest_of_it_away() -> None:
    windows = [interval(5.0, 8.0, HAPPY), interval(42.0, 45.0, SAD)]
    first, second = find_segments(windows, [(5.0, 45.0)], 2)
    assert (first.start_s, second.end_s) == (5.0, 45.0)
    assert 8 <= first.end_s <= 10.5
    assert 39.5 <= second.start_s <= 42
    assert first.probabilities == pytest.approx(HAPPY)
    assert second.probabilities == pytest.approx(SAD)


def test_segments_carry_the_labels_that_the_model_does_not_answer_with() -> None:
    neutral = np.array([0.3, 0.1, 0.6])
    windows = [
        Interval(0.0, 3.0, np.array(HAPPY), neutral),
        Interval(10.0, 13.0, np.array(HAPPY), neutral[::-1]),
    ]
    first, second = find_segments(windows, [(0.0, 3.0), (10.0, 13.0)], 2)
    assert first.probabilities == pytest.approx(HAPPY)
    assert first.network == pytest.approx(neutral)
    assert second.network == pytest.approx(neutral[::-1])


def test_segments_cover_the_stretches_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        stretches, windows, at_s = [], [], 0.0
        for length_s in rng.uniform(0.2, 20, 8):
            at_s += rng.uniform(0.5, 5)
            stretches.append((at_s, at_s + length_s))
            for start_s in np.arange(at_s, at_s + max(length_s - 2, 0.1)):
                row = rng.dirichlet(np.ones(4))
                windows.append(interval(start_s, min(start_s + 3, at_s + length_s), row))
            at_s += length_s
        segments = find_segments(windows, stretches, 4)
        total_s = sum(end_s - start_s for start_s, end_s in stretches)
        assert sum(each.end_s - each.start_s for each in segments) == pytest.approx(total_s)
        for start_s, end_s in stretches:
            inside = [each for each in segments if start_s <= each.start_s < end_s]
            assert (inside[0].start_s, inside[-1].end_s) == (start_s, end_s)
            assert [each.end_s for each in inside[:-1]] == [each.start_s for each in inside[1:]]
            for before, after in itertools.pairwise(inside):
                assert before.probabilities.argmax() != after.probabilities.argmax()


def test_no_segment_is_empty() -> None:
    # Of the second stretch, only the cell that ends with its beginning is near the window.
    window = interval(5.0, 7.6, SAD)
    (segment,) = find_segments([window], [(5.0, 7.6), (9.6, 12.0)], 2)
    assert (segment.start_s, segment.end_s) == (5.0, 7.6)
