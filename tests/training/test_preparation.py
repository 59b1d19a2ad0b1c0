from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clips import DATA
from ser import corpora
from ser.corpora import splits
from ser.corpora.base import Clip
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


def ordinary(root: Path) -> Path:
    names = [f"arabic/{speaker:02}/up_{speaker:02}" for speaker in range(1, 31)]
    words = ("alexa", "computer", "jarvis", "snowboy", "smart-mirror", "view-glass")
    names += [f"english/{word}/{number}" for word in words for number in range(3)]
    for name in names:
        path = root / f"{name}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_further_corpora_add_their_training_speakers_under_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "emodb").mkdir()
    also = {"ordinary": ordinary(tmp_path / "ordinary")}
    prepared = prepare("emodb", emodb(tmp_path / "emodb"), emotions=EMOTIONS, also=also)
    own = {clip.speaker for clip in prepared.own_training_clips}
    assert own == prepared.split["train"]
    assert {clip.corpus for clip in prepared.clips} == {"emodb"}
    added = [clip for clip in prepared.training_clips if clip.corpus == "ordinary"]
    assert len(prepared.training_clips) == len(prepared.own_training_clips) + len(added)
    assert {clip.emotion for clip in added} == {"Neutral"}
    named = {clip.speaker for clip in added if clip.speaker_known}
    assert named == {f"ordinary/{speaker:02}" for speaker in range(1, 21)}
    assert {clip.path.parent.name for clip in added if not clip.speaker_known} == {
        "alexa", "computer", "jarvis", "snowboy",
    }  # fmt: skip
    [further] = prepared.also_trained_on
    assert (further.corpus.title, further.clips) == ("Ordinary speech", len(added))
    assert further.speakers == [f"{speaker:02}" for speaker in range(1, 21)]


@pytest.mark.parametrize("seed", range(5))
def test_speakers_of_every_corpus_are_held_out(seed: int, tmp_path: Path) -> None:
    (tmp_path / "emodb").mkdir()
    also = {"ordinary": ordinary(tmp_path / "ordinary")}
    prepared = prepare("emodb", emodb(tmp_path / "emodb"), emotions=EMOTIONS, also=also)
    fit, held = prepared.held_out(0.2, seed)
    assert not fit & held
    assert fit | held == prepared.training_speakers
    assert len([s for s in held if s.startswith("ordinary/") and "english" not in s]) == 4
    # Who said one word may have said it again: a word is held out as a whole.
    words = [{s.split("/")[2] for s in part if "english" in s} for part in (fit, held)]
    assert not words[0] & words[1]
    assert len(words[1]) == 1


def test_a_further_corpus_of_acted_speech_is_held_out_whole(tmp_path: Path) -> None:
    (tmp_path / "emodb").mkdir()
    also = {"emodb": emodb(tmp_path / "emodb"), "ordinary": ordinary(tmp_path / "ordinary")}
    prepared = prepare("cremad", DATA, emotions=EMOTIONS, also=also)
    german = {clip.speaker for clip in prepared.added["emodb"]}
    for whole in (False, True):
        fit, held = prepared.held_out(0.2, 0, whole_corpora=whole)
        assert len(held & german) == (len(german) if whole else 2)
        assert fit & {clip.speaker for clip in prepared.added["ordinary"]}


@pytest.mark.parametrize("name", ["ravdess", "hindi", "folder", "nothing", "emodb"])
def test_what_must_not_be_trained_on_cannot_be_added(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        prepare("emodb", emodb(tmp_path), emotions=EMOTIONS, also={name: tmp_path})


def test_only_ordinary_speech_is_not_acted() -> None:
    clip = Clip(Path("a.wav"), "1", "Neutral")
    assert corpora.is_acted(clip)
    assert corpora.is_acted(replace(clip, corpus="cremad"))
    assert not corpora.is_acted(replace(clip, corpus="ordinary"))
