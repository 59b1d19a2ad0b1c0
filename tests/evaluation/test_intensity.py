"""How well intensities agree with what listeners rated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from clips import CLIPS, PUBLISHED
from ser.audio.decode import decode
from ser.corpora.base import Annotations, Clip
from ser.evaluation import intensity
from ser.evaluation.evaluator import Evaluator
from ser.features.trimming import trimmed
from ser.models.predictor import EmotionPredictor

STRENGTHS = np.random.default_rng(1).uniform(0, 1, len(CLIPS)).tolist()
LEVELS = ("low", "high", "unspecified")


@pytest.fixture(scope="module")
def rated() -> list[Clip]:
    """Our clips, as if listeners had rated them, and one that nobody has."""
    pairs = enumerate(zip(CLIPS, STRENGTHS, strict=True))
    clips = [replace(clip, strength=strength, intensity=LEVELS[n % 3]) for n, (clip, strength) in pairs]
    return [*clips, replace(CLIPS[0], speaker="another", strength=None)]


def test_ranks_are_compared_with_those_of_the_model_and_of_loudness(
    rated: list[Clip], predictor: EmotionPredictor
) -> None:
    evaluator = Evaluator(predictor, rated, Annotations(), 0)
    found = intensity.measure(evaluator, evaluator.conditions()["none"])
    told = [predictor.predict(clip.path).intensity for clip in CLIPS]
    rms = [np.sqrt(np.mean(trimmed(decode(clip.path))[0] ** 2)) for clip in CLIPS]
    assert found.clips == len(CLIPS)
    assert found.model.value == pytest.approx(spearmanr(told, STRENGTHS)[0])
    assert found.loudness.value == pytest.approx(spearmanr(rms, STRENGTHS)[0])
    assert found.model.low <= found.model.value <= found.model.high
    means = {name: np.mean(STRENGTHS[n::3]) for n, name in enumerate(LEVELS[:2])}
    assert [each.name for each in found.played] == sorted(means, key=means.__getitem__)
    assert {each.name: each.rated for each in found.played} == pytest.approx(means)
    assert found.played[0].model == pytest.approx(
        np.mean(told[LEVELS.index(found.played[0].name) :: 3]) / 100, abs=1e-3
    )
    text = intensity.section(found)
    assert f"**{found.model.value:.3f}" in text
    assert "| high |" in text


def test_without_ratings_or_intensities_there_is_nothing_to_compare(
    rated: list[Clip], predictor: EmotionPredictor
) -> None:
    for model, clips in ((predictor, CLIPS[:4]), (EmotionPredictor.load(PUBLISHED), rated[:4])):
        evaluator = Evaluator(model, clips, Annotations(), 0)
        assert intensity.measure(evaluator, evaluator.conditions()["none"]) is None
