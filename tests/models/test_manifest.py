"""What a manifest says of unseen speakers."""

from __future__ import annotations

import pytest

from clips import PUBLISHED
from ser.models.manifest import Manifest
from ser.models.store import ModelDirectory


def manifest(**split: str) -> Manifest:
    """The published network's manifest, with another split."""
    known = ModelDirectory(PUBLISHED).manifest
    return known.model_copy(update={"split": known.split | split})


def test_a_split_by_speaker_measures_unseen_speakers() -> None:
    known = manifest()
    assert known.unseen_uar == pytest.approx(known.metrics["dev"]["uar"])
    assert len(known.unseen_speakers) == 18


@pytest.mark.parametrize("score", [None, "0.6", float("nan"), float("inf"), [0.6]])
def test_a_score_that_is_no_number_was_not_measured(score: object) -> None:
    known = manifest().model_copy(update={"metrics": {"dev": {"wa": score}}})
    assert known.unseen_score("wa") is None
    assert known.unseen_score("uar") is None


def test_a_split_by_clip_measures_no_unseen_speaker() -> None:
    known = manifest(by="clip")
    assert known.unseen_uar is None
    assert known.unseen_speakers == []
