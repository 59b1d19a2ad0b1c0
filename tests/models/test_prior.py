from __future__ import annotations

import numpy as np
import pytest

from clips import CLIPS, MODEL
from ser.errors import BadPrior
from ser.models.predictor import EmotionPredictor


@pytest.fixture(scope="module")
def four() -> EmotionPredictor:
    return EmotionPredictor.load(MODEL.with_name("cremad-4"))


def test_a_label_that_is_not_answered_makes_answers_uncertain(four: EmotionPredictor) -> None:
    plain = [four.predict(clip.path) for clip in CLIPS]
    calm = [four.with_prior("Neutral=100").predict(clip.path) for clip in CLIPS]
    for one, other in zip(plain, calm, strict=True):
        assert dict(one.probabilities) == pytest.approx(dict(other.probabilities), abs=1e-5)
    uncertain = sum(each.low_information for each in plain)
    assert sum(each.low_information for each in calm) > uncertain
    lively = [four.with_prior("Neutral=0.01").predict(clip.path) for clip in CLIPS]
    assert sum(each.low_information for each in lively) <= uncertain


def test_the_model_itself_stays_as_it_is(four: EmotionPredictor) -> None:
    before = four.predict(CLIPS[0].path).probabilities
    other = four.with_prior("Angry=0.01")
    assert other.predict(CLIPS[0].path).probabilities != before
    assert four.predict(CLIPS[0].path).probabilities == before
    assert other.manifest is four.manifest
    assert four.with_prior("") is four.with_prior(None) is four


def test_probabilities_still_sum_to_one_in_every_window(four: EmotionPredictor) -> None:
    weighed = four.with_prior("Angry=100,Happy=0.01")
    noise = np.random.default_rng(0).normal(0.0, 0.1, 16_000 * 9).astype(np.float32)
    features = four.feature_set.extract(noise)
    found = weighed.window_probabilities(features)
    assert len(found) > 1
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("text", ["Surprise=2", "Neutral=0.001", "Neutral;2"])
def test_a_prior_that_does_not_fit_is_refused(text: str, four: EmotionPredictor) -> None:
    with pytest.raises(BadPrior):
        four.with_prior(text)
