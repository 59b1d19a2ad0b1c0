from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip, Person
from ser.errors import CorpusError
from trees import make_files


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("AudioData/DC/a01.wav", "AudioData/KL/su15.wav"),
        ("AudioData/AudioData/DC/a01.WAV", "AudioData/AudioData/KL/su15.WAV"),
        ("DC/a01.ogg", "KL/su15.ogg"),
        ("ALL/DC_a01.wav", "ALL/KL_su15.wav"),
        ("DC_a01.wav", "KL_su15.wav"),
    ],
)
def test_speakers_are_read_from_folders_and_from_names(first: str, second: str, tmp_path: Path) -> None:
    make_files(tmp_path, second, first)
    assert corpora.load("savee", tmp_path) == [
        Clip(tmp_path / first, "DC", "Angry"),
        Clip(tmp_path / second, "KL", "Surprise"),
    ]


def test_the_folder_of_a_speaker_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_files(tmp_path, "JK/n30.wav")
    (clip,) = corpora.load("savee", tmp_path / "JK")
    assert (clip.speaker, clip.emotion) == ("JK", "Neutral")
    monkeypatch.chdir(tmp_path / "JK")
    with pytest.raises(CorpusError, match="No SAVEE clips"):
        corpora.load("savee", Path())


def test_the_letters_before_the_number_are_an_emotion(tmp_path: Path) -> None:
    make_files(tmp_path, *(f"JE/{letters}03.wav" for letters in ("a", "d", "f", "h", "n", "sa", "su")))
    assert {clip.path.stem[:-2]: clip.emotion for clip in corpora.load("savee", tmp_path)} == {
        "a": "Angry",
        "d": "Disgust",
        "f": "Fear",
        "h": "Happy",
        "n": "Neutral",
        "sa": "Sad",
        "su": "Surprise",
    }


def test_data_that_is_there_twice_is_listed_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_files(tmp_path, "AudioData/DC/a01.wav", "AudioData/AudioData/DC/a01.wav", "ALL/DC_a01.wav")
    assert len(corpora.load("savee", tmp_path)) == 1
    assert "copies of clips: 2\n" in caplog.text


def test_different_files_of_one_clip_are_refused(tmp_path: Path) -> None:
    make_files(tmp_path, "DC/a01.wav", content=b"one sound")
    make_files(tmp_path, "ALL/DC_a01.wav", content=b"another sound")
    with pytest.raises(CorpusError, match="DC_a01 is there twice"):
        corpora.load("savee", tmp_path)


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "AudioData/DC/a01.wav",
        "AudioData/DC/._a01.wav",
        "AudioData/DC/Info.txt",
        "AudioData/Info.txt",
        "AudioData/DC/a1.wav",
        "AudioData/DC/s01.wav",
        "AudioData/DC/a01_noise.wav",
        "AudioData/XY/a01.wav",
        "AudioData/dc/a02.wav",
        "a01.wav",
        "VideoData/DC/a01.avi",
    )
    (tmp_path / "AudioData/DC/d01.wav").mkdir()
    assert [clip.path for clip in corpora.load("savee", tmp_path)] == [tmp_path / "AudioData/DC/a01.wav"]


@pytest.mark.parametrize("folder", ["", "none", "file"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    make_files(tmp_path, "file")
    with pytest.raises(CorpusError, match=r"DC/a01\.wav or DC_a01\.wav are expected"):
        corpora.load("savee", tmp_path / folder)


def test_the_speakers_are_male(tmp_path: Path) -> None:
    make_files(tmp_path, *(f"{speaker}/a01.wav" for speaker in ("DC", "JE", "JK", "KL")))
    people = corpora.annotate("savee", tmp_path, corpora.load("savee", tmp_path)).people
    assert people == dict.fromkeys(("DC", "JE", "JK", "KL"), Person(sex="Male"))
