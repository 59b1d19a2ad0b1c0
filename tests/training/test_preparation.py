from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import splits
from ser.errors import CorpusError
from ser.training.preparation import prepare

EMOTIONS = ("Angry", "Disgust", "Neutral")


def emodb(root: Path) -> Path:
    """Ten speakers who are angry and neutral; only four of them speak with disgust."""
    for speaker in ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16"):
        for letter in "WNE" if speaker in ("03", "08", "09", "10") else "WN":
            for sentence in ("a01", "a02", "b01"):
                (root / f"{speaker}{sentence}{letter}a.wav").touch()
    return root


@pytest.mark.parametrize("seed", range(10))
def test_without_a_fixed_split_the_held_out_speakers_have_every_emotion(seed: int, tmp_path: Path) -> None:
    prepared = prepare("emodb", emodb(tmp_path), emotions=EMOTIONS)
    assert not prepared.published
    for part in (prepared.split["dev"], *prepared.held_out(0.15, seed)):
        assert {clip.emotion for clip in splits.of_speakers(prepared.clips, part)} == set(EMOTIONS)


def test_one_emotion_trains_nothing(tmp_path: Path) -> None:
    for speaker in range(1, 31):
        (tmp_path / "arabic" / f"{speaker:02}").mkdir(parents=True)
        (tmp_path / "arabic" / f"{speaker:02}" / "up.wav").touch()
    with pytest.raises(CorpusError, match="At least two emotions are needed"):
        prepare("ordinary", tmp_path, emotions=EMOTIONS)
    with pytest.raises(CorpusError, match="there is only Angry"):
        prepare("emodb", emodb(tmp_path), emotions=["Angry", "Surprise"])
    assert corpora.CORPORA.get("ordinary").may_train
