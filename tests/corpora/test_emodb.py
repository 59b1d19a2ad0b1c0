from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip, splits
from ser.errors import CorpusError

SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(("folder", "suffix"), [("wav", "wav"), ("", "ogg")])
def test_the_official_layout_and_a_flat_one_are_read(folder: str, suffix: str, tmp_path: Path) -> None:
    place = touch(tmp_path / folder, *(f"{name}.{suffix}" for name in ("03a01Fa", "16b10Wb", "08a02Na")))
    assert corpora.load("emodb", tmp_path) == [
        Clip(place / f"03a01Fa.{suffix}", "03", "Happy"),
        Clip(place / f"08a02Na.{suffix}", "08", "Neutral"),
        Clip(place / f"16b10Wb.{suffix}", "16", "Angry"),
    ]


def test_each_letter_is_an_emotion(tmp_path: Path) -> None:
    touch(tmp_path, *(f"03a01{letter}a.wav" for letter in "WLEAFTN"))
    assert {clip.path.stem[5]: clip.emotion for clip in corpora.load("emodb", tmp_path)} == {
        "W": "Angry",
        "L": "Boredom",
        "E": "Disgust",
        "A": "Fear",
        "F": "Happy",
        "T": "Sad",
        "N": "Neutral",
    }


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    strange = (
        "03a01Xa.wav",
        "03a01fa.wav",
        "3a01Fa.wav",
        "03c01Fa.wav",
        "._03a01Fa.wav",
        "03a01Fa.lab",
        "é.wav",
    )
    touch(tmp_path, "03a01Fa.wav", *strange)
    (tmp_path / "03a01Na.wav").mkdir()
    assert [clip.path.name for clip in corpora.load("emodb", tmp_path)] == ["03a01Fa.wav"]


def test_a_clip_in_two_containers_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "03a01Fa.wav", "03a01Fa.ogg")
    with pytest.raises(CorpusError, match="03a01Fa is there twice"):
        corpora.load("emodb", tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"03a01Fa\.wav"):
        corpora.load("emodb", tmp_path / folder)


def test_the_sex_of_the_speakers_is_known(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{speaker}a01Fa.wav" for speaker in (*SPEAKERS, "99")))
    people = corpora.annotate("emodb", tmp_path, corpora.load("emodb", tmp_path)).people
    male = {"03", "10", "11", "12", "15"}
    assert {speaker: person.sex for speaker, person in people.items()} == {
        **{speaker: "Male" if speaker in male else "Female" for speaker in SPEAKERS},
        "99": None,
    }


def test_speakers_are_split_with_every_emotion_in_both_parts(tmp_path: Path) -> None:
    assert not splits.has_standard_split("emodb")
    touch(
        tmp_path,
        *(f"{speaker}a0{i}{letter}a.wav" for speaker in SPEAKERS for i in (1, 2) for letter in "WLN"),
    )
    clips = corpora.load("emodb", tmp_path)
    split = splits.for_corpus("emodb", clips)
    assert {part: len(speakers) for part, speakers in split.items()} == {"train": 8, "dev": 2}
    assert split == splits.for_corpus("emodb", clips[::-1])
