"""Plain speech on the shipped models; `ser evaluate` measures ordinary recordings, which are not shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from clips import CLIPS, MODEL
from ser.models.predictor import EmotionPredictor

SENTENCES = sorted((Path(__file__).parents[1] / "synthesised").glob("*.ogg"))


def certain_emotions(name: str, paths: list[Path]) -> list[str]:
    """Return what a model is certain of that is not Neutral."""
    predictor = EmotionPredictor.load(MODEL.with_name(name))
    found = [predictor.predict(path) for path in paths]
    return [each.emotion for each in found if not each.low_information and each.emotion != "Neutral"]


@pytest.mark.parametrize("name", ["cremad-4", "cremad-6"])
def test_plain_sentences_get_no_certain_emotion(name: str) -> None:
    assert len(SENTENCES) == 8
    assert len(certain_emotions(name, SENTENCES)) <= 1


@pytest.mark.parametrize("name", ["cremad-4", "cremad-6"])
def test_acted_emotions_still_do(name: str) -> None:
    acted = [clip.path for clip in CLIPS if clip.emotion != "Neutral"]
    assert len(certain_emotions(name, acted)) >= 0.7 * len(acted)


def test_most_plain_sentences_are_answered_neutral() -> None:
    predictor = EmotionPredictor.load(MODEL.with_name("cremad-6"))
    assert sum(predictor.predict(path).emotion == "Neutral" for path in SENTENCES) >= 6
