from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from ser.evaluation import metrics
from ser.evaluation.metrics import ECE_BINS, Bootstrap

RNG = np.random.default_rng(0)
SPEAKERS = 12


@pytest.fixture(scope="module")
def answers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three draws of 600 answers, 60 % right, of twelve speakers."""
    intended = RNG.integers(0, 4, 600)
    answered = np.where(RNG.random((3, 600)) < 0.6, intended, RNG.integers(0, 5, (3, 600)))
    return intended, answered, RNG.integers(0, SPEAKERS, 600)


def counted(answers) -> np.ndarray:
    return metrics.tally(*answers, classes=4)


def test_figures_are_those_of_scikit_learn(answers) -> None:
    intended, answered, _ = answers
    counts = counted(answers)
    labels = range(4)
    for draw in range(3):
        confusion = counts[draw].sum(axis=0)
        expected = recall_score(intended, answered[draw], labels=labels, average="macro", zero_division=0)
        assert metrics.uar(confusion) == pytest.approx(expected)
        expected = f1_score(intended, answered[draw], labels=labels, average="macro", zero_division=0)
        assert metrics.macro_f1(confusion) == pytest.approx(expected)
        assert metrics.wa(confusion) == pytest.approx((intended == answered[draw]).mean())


def test_an_emotion_without_clips_counts_for_nothing() -> None:
    confusion = np.array([[3.0, 1, 0, 0], [0, 4, 0, 0], [0, 0, 0, 0]])
    assert metrics.uar(confusion) == pytest.approx((0.75 + 1) / 2)
    assert np.isnan(metrics.uar(np.zeros((3, 4))))
    assert np.isnan(metrics.wa(np.zeros((3, 4))))


def test_intervals_hold_the_value_and_shrink_with_more_speakers(answers) -> None:
    counts = counted(answers)
    few = Bootstrap(SPEAKERS, seed=0).estimate(counts, metrics.uar)
    many = Bootstrap(4 * SPEAKERS, seed=0).estimate(np.tile(counts, (1, 4, 1, 1)), metrics.uar)
    assert few.low < few.value < few.high
    assert few.value == pytest.approx(many.value)
    assert many.high - many.low < 0.7 * (few.high - few.low)
    assert few == Bootstrap(SPEAKERS, seed=0).estimate(counts, metrics.uar)


def test_speakers_are_drawn_not_clips() -> None:
    # Each speaker is all right or all wrong: twelve independent things, not 1,200.
    answered = np.repeat(np.arange(SPEAKERS) % 2, 100)[np.newaxis]
    counts = metrics.tally(np.zeros(1_200, int), answered, np.repeat(np.arange(SPEAKERS), 100), classes=2)
    estimate = Bootstrap(SPEAKERS, seed=0).estimate(counts, metrics.wa)
    assert estimate.high - estimate.low > 0.4


def test_differences_are_paired(answers) -> None:
    counts = counted(answers)
    same = Bootstrap(SPEAKERS, seed=0).difference(counts, counts, metrics.uar)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_one_speaker_has_no_interval(answers) -> None:
    counts = counted(answers)
    alone = np.zeros_like(counts)
    alone[:, 3] = counts[:, 3]
    for estimate in (
        Bootstrap(1, seed=0).estimate(counts[:, :1], metrics.uar),
        # A group of one among many speakers.
        Bootstrap(SPEAKERS, seed=0).estimate(alone, metrics.uar),
        Bootstrap(1, seed=0).difference(counts[:, :1], counts[:, :1], metrics.uar),
    ):
        assert (estimate.low, estimate.high) == (None, None)
    assert Bootstrap(2, seed=0).estimate(counts[:, :2], metrics.uar).low is not None


def test_gaps_between_groups() -> None:
    speakers = np.repeat(np.arange(10), 20)
    right = speakers < 5
    counts = metrics.tally(np.zeros(200, int), np.where(right, 0, 1)[np.newaxis], speakers, classes=2)
    groups = np.array([0] * 5 + [1] * 5)
    assert metrics.gap(counts, groups) == 1
    # Of the random halves of ten, few are as far apart as these.
    assert 0 < metrics.chance_gap(counts, groups, seed=0) < 1
    assert metrics.gap(counts, np.array([0, -1, -1, -1, -1, 1, -1, -1, -1, -1])) == 1


def test_perfect_calibration_has_no_error() -> None:
    confidence = np.repeat([0.1, 0.5, 0.9], 1_000)
    right = np.tile(np.arange(1_000), 3) < np.repeat([100, 500, 900], 1_000)
    bins = metrics.reliability(confidence, right)
    assert metrics.ece(bins) == pytest.approx(0)
    assert sum(each.clips for each in bins) == 3_000


def test_overconfidence_is_the_error() -> None:
    bins = metrics.reliability(np.full(100, 0.95), np.arange(100) < 60)
    assert metrics.ece(bins) == pytest.approx(0.35)
    assert len(metrics.reliability(np.linspace(0, 1, 10_000), np.ones(10_000, bool))) == ECE_BINS


def test_the_surest_are_answered_first() -> None:
    confidence = np.array([0.9, 0.8, 0.8, 0.4])
    coverage, accuracy = metrics.risk_coverage(confidence, np.array([True, True, False, False]), clips=5)
    np.testing.assert_allclose(coverage, [1 / 5, 3 / 5, 4 / 5])
    np.testing.assert_allclose(accuracy, [1, 2 / 3, 1 / 2])


def test_it_abstains_where_the_answers_become_so_much_better() -> None:
    confidence = np.linspace(1, 0.2, 1_000)
    right = np.arange(1_000) < 950
    found = metrics.abstention(confidence, right)
    assert found.accuracy_of_all == 0.95
    assert found.accuracy >= 0.95 + metrics.ABSTAINING_GAIN
    one_more = confidence >= confidence[round(1_000 * found.coverage)]
    assert right[one_more].mean() < 0.95 + metrics.ABSTAINING_GAIN
    assert found.min_confidence == pytest.approx(confidence[round(1_000 * found.coverage) - 1])


@pytest.mark.parametrize("order", [1, -1, 0])
def test_it_never_abstains_from_more_than_a_fifth(order: int) -> None:
    confidence = np.linspace(1, 0.2, 1_000)
    right = np.arange(1_000) % 100 < 50
    if order:
        # Sure and right for a tenth only; or the surer, the more wrong.
        right = (np.arange(1_000) < 100)[::order]
    found = metrics.abstention(confidence, right)
    assert found.coverage >= metrics.LEAST_COVERAGE
    assert found.accuracy >= found.accuracy_of_all
    if order == -1:
        assert found.coverage == 1


def test_equally_sure_answers_are_all_given() -> None:
    found = metrics.abstention(np.full(10, 0.5), np.arange(10) < 5)
    assert (found.min_confidence, found.coverage, found.accuracy) == (0.5, 1.0, 0.5)
