from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip
from ser.errors import CorpusError
from trees import make_files


@pytest.mark.parametrize("folder", ["", "EMOVO/"])
@pytest.mark.parametrize("suffix", ["wav", "WAV", "ogg"])
def test_the_layout_is_read(folder: str, suffix: str, tmp_path: Path) -> None:
    first, second = f"{folder}f1/dis-f1-b1.{suffix}", f"{folder}m3/tri-m3-n5.{suffix}"
    make_files(tmp_path, second, first, f"{folder}documents/LA STRUTTURA DI EMOVO.pdf")
    assert corpora.load("emovo", tmp_path) == [
        Clip(tmp_path / first, "f1", "Disgust"),
        Clip(tmp_path / second, "m3", "Sad"),
    ]


def test_the_first_letters_are_an_emotion(tmp_path: Path) -> None:
    make_files(
        tmp_path, *(f"f2/{each}-f2-l4.wav" for each in ["dis", "gio", "neu", "pau", "rab", "sor", "tri"])
    )
    assert {clip.path.stem[:3]: clip.emotion for clip in corpora.load("emovo", tmp_path)} == {
        "dis": "Disgust",
        "gio": "Happy",
        "neu": "Neutral",
        "pau": "Fear",
        "rab": "Angry",
        "sor": "Surprise",
        "tri": "Sad",
    }


def test_the_name_is_the_speaker_and_not_the_folder(tmp_path: Path) -> None:
    make_files(tmp_path, "m1/rab-f3-d2.wav")
    assert corpora.load("emovo", tmp_path)[0].speaker == "f3"


def test_data_that_is_there_twice_is_listed_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_files(tmp_path, "f1/dis-f1-b1.wav", "EMOVO/f1/dis-f1-b1.wav")
    assert len(corpora.load("emovo", tmp_path)) == 1
    assert "copies of clips: 1\n" in caplog.text
    make_files(tmp_path, "EMOVO/f1/dis-f1-b1.wav", content=b"another sound")
    with pytest.raises(CorpusError, match="dis-f1-b1 is there twice"):
        corpora.load("emovo", tmp_path)


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "f1/dis-f1-b1.wav",
        "f1/._dis-f1-b1.wav",
        "f1/dis-f1-b1.txt",
        "f1/dis-f1-b1 (2).wav",
        "f1/dis-f1-b1_noise.wav",
        "f1/dis-f1-b9.wav",
        "f1/dis-f4-b1.wav",
        "f1/ang-f1-b1.wav",
        "f1/dis_f1_b1.wav",
    )
    (tmp_path / "f1/gio-f1-b1.wav").mkdir()
    assert [clip.path.name for clip in corpora.load("emovo", tmp_path)] == ["dis-f1-b1.wav"]


@pytest.mark.parametrize("folder", ["", "none", "file"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    make_files(tmp_path, "file")
    with pytest.raises(CorpusError, match=r"f1/dis-f1-b1\.wav are expected"):
        corpora.load("emovo", tmp_path / folder)


def test_the_sex_of_the_speakers_is_in_their_names(tmp_path: Path) -> None:
    make_files(tmp_path, *(f"neu-{speaker}-b1.wav" for speaker in ("f1", "f2", "f3", "m1", "m2", "m3")))
    people = corpora.annotate("emovo", tmp_path, corpora.load("emovo", tmp_path)).people
    assert {speaker: person.sex for speaker, person in people.items()} == {
        **dict.fromkeys(("f1", "f2", "f3"), "Female"),
        **dict.fromkeys(("m1", "m2", "m3"), "Male"),
    }
