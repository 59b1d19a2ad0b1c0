from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip
from ser.errors import CorpusError
from trees import make_files


@pytest.mark.parametrize("folder", ["", "URDU-Dataset-master/"])
@pytest.mark.parametrize("suffix", ["wav", "WAV", "ogg"])
def test_the_layout_is_read(folder: str, suffix: str, tmp_path: Path) -> None:
    names = [
        f"{folder}{name}.{suffix}"
        for name in ("Happy/SF6_F10_H034", "Sad/SM25_F1_S051", "Angry/SM4_F48_A0100", "Neutral/SM5_F1_N029")
    ]
    make_files(tmp_path, *reversed(names), f"{folder}README.md")
    speakers, emotions = ("SF6", "SM25", "SM4", "SM5"), ("Happy", "Sad", "Angry", "Neutral")
    assert corpora.load("urdu", tmp_path) == [
        Clip(tmp_path / name, speaker, emotion)
        for name, speaker, emotion in zip(names, speakers, emotions, strict=True)
    ]


def test_the_name_is_the_label_and_not_the_folder(tmp_path: Path) -> None:
    make_files(tmp_path, "Happy/SM1_F1_A01.wav", "SM3_F1_N021.wav")
    assert [clip.emotion for clip in corpora.load("urdu", tmp_path)] == ["Angry", "Neutral"]


def test_a_clip_in_two_folders_is_listed_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_files(tmp_path, "Angry/SM1_F1_A01.wav", "Happy/SM1_F1_A01.wav")
    assert [clip.path.parent.name for clip in corpora.load("urdu", tmp_path)] == ["Angry"]
    assert "copies of clips: 1\n" in caplog.text
    make_files(tmp_path, "Happy/SM1_F1_A01.wav", content=b"another sound")
    with pytest.raises(CorpusError, match="SM1_F1_A01 is there twice"):
        corpora.load("urdu", tmp_path)


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "Angry/SM1_F1_A01.wav",
        "Angry/._SM1_F1_A01.wav",
        "Angry/SM1_F1_A01.txt",
        "Angry/SM1_F1_A01 copy.wav",
        "Angry/SM1_F1_X01.wav",
        "Angry/SX1_F1_A01.wav",
        "Angry/SM_F1_A01.wav",
        "Angry/SM1_A01.wav",
        "Angry/sm1_f1_a01.wav",
    )
    (tmp_path / "Angry/SM2_F1_A023.wav").mkdir()
    assert [clip.path.name for clip in corpora.load("urdu", tmp_path)] == ["SM1_F1_A01.wav"]


@pytest.mark.parametrize("folder", ["", "none", "file"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    make_files(tmp_path, "file")
    with pytest.raises(CorpusError, match=r"Angry/SM1_F1_A01\.wav are expected"):
        corpora.load("urdu", tmp_path / folder)


def test_the_sex_of_the_speakers_is_in_their_names(tmp_path: Path) -> None:
    make_files(tmp_path, "SM1_F1_A01.wav", "SF1_F1_H01.wav")
    clips = corpora.load("urdu", tmp_path)
    people = corpora.annotate("urdu", tmp_path, clips).people
    assert {speaker: person.sex for speaker, person in people.items()} == {"SM1": "Male", "SF1": "Female"}


def test_nothing_is_said_of_speakers_who_are_not_known(tmp_path: Path) -> None:
    make_files(tmp_path, "SM1_F1_A01.wav")
    clips = [replace(clip, speaker="x", speaker_known=False) for clip in corpora.load("urdu", tmp_path)]
    assert not corpora.annotate("urdu", tmp_path, clips).people
