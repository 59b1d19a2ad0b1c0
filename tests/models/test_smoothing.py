from __future__ import annotations

import math

import numpy as np
import pytest

from ser.models.aggregate import Smoother

CALM, EXCITED = np.array([0.9, 0.1]), np.array([0.2, 0.8])


def test_the_first_result_is_taken_as_it_is() -> None:
    np.testing.assert_array_equal(Smoother(2.0).update(CALM, 7.5), CALM)


def test_what_stays_the_same_stays_the_same() -> None:
    smoother = Smoother(2.0)
    for at_s in np.arange(0, 5, 0.5):
        np.testing.assert_allclose(smoother.update(CALM, at_s), CALM)


def test_after_the_time_constant_the_old_counts_for_1_over_e() -> None:
    smoother = Smoother(2.0)
    smoother.update(CALM, 1.0)
    np.testing.assert_allclose(smoother.update(EXCITED, 3.0), EXCITED + (CALM - EXCITED) / math.e)


@pytest.mark.parametrize("hops", [1, 2, 8])
def test_it_does_not_matter_how_often_a_lasting_result_comes(hops: int) -> None:
    smoother = Smoother(2.0)
    smoother.update(CALM, 0.0)
    for at_s in np.linspace(0, 3, hops + 1)[1:]:
        last = smoother.update(EXCITED, at_s)
    np.testing.assert_allclose(last, EXCITED + (CALM - EXCITED) * math.exp(-1.5))


def test_what_is_long_past_is_forgotten() -> None:
    smoother = Smoother(2.0)
    smoother.update(CALM, 0.0)
    np.testing.assert_allclose(smoother.update(EXCITED, 60.0), EXCITED)


def test_a_sum_of_1_stays_1_and_what_was_given_is_not_changed() -> None:
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(6), 50)
    kept = rows.copy()
    smoother = Smoother(0.7)
    for at_s, row in enumerate(rows):
        assert smoother.update(row, at_s).sum() == pytest.approx(1)
    np.testing.assert_array_equal(rows, kept)
