from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip, Person
from ser.errors import CorpusError
from trees import make_files

FOLDERS = (
    ("OAF_angry", "OAF_back_angry"),
    ("OAF_disgust", "OAF_back_disgust"),
    ("OAF_Fear", "OAF_back_fear"),
    ("OAF_happy", "OAF_back_happy"),
    ("OAF_neutral", "OAF_back_neutral"),
    ("OAF_Pleasant_surprise", "OAF_back_ps"),
    ("OAF_Sad", "OAF_back_sad"),
    ("YAF_pleasant_surprised", "YAF_youth_ps"),
)
TREE = tuple(f"{folder}/{name}.wav" for folder, name in FOLDERS)


@pytest.mark.parametrize(
    "folder", ["", "OAF_angry/", "archive/TESS Toronto emotional speech set data/OAF_angry/"]
)
@pytest.mark.parametrize("suffix", ["wav", "WAV", "ogg"])
def test_the_files_are_read_alone_and_in_folders(folder: str, suffix: str, tmp_path: Path) -> None:
    first, second = f"{folder}OAF_back_angry.{suffix}", f"{folder}YAF_back_sad.{suffix}"
    make_files(tmp_path, second, first)
    assert corpora.load("tess", tmp_path) == [
        Clip(tmp_path / first, "OAF", "Angry"),
        Clip(tmp_path / second, "YAF", "Sad"),
    ]


def test_each_word_is_an_emotion(tmp_path: Path) -> None:
    make_files(tmp_path, *TREE)
    assert [clip.emotion for clip in corpora.load("tess", tmp_path)] == [
        "Angry",
        "Disgust",
        "Fear",
        "Happy",
        "Neutral",
        "Surprise",
        "Sad",
        "Surprise",
    ]


def test_the_name_is_the_label_and_not_the_folder(tmp_path: Path) -> None:
    make_files(tmp_path, "YAF_sad/OAF_back_angry.wav")
    (clip,) = corpora.load("tess", tmp_path)
    assert (clip.speaker, clip.emotion) == ("OAF", "Angry")


def test_the_misspelt_name_is_known(tmp_path: Path) -> None:
    make_files(tmp_path, "OAF_neutral/OA_bite_neutral.wav", "OAF_neutral/OA_back_neutral.wav")
    (clip,) = corpora.load("tess", tmp_path)
    assert clip == Clip(tmp_path / "OAF_neutral/OA_bite_neutral.wav", "OAF", "Neutral")


def test_data_that_is_there_twice_is_listed_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    inner = "TESS Toronto emotional speech set data"
    make_files(tmp_path, *TREE, *(f"{inner}/{name}" for name in TREE), content=b"the same sound")
    # The corrected name of the misspelt file is a copy, too.
    make_files(tmp_path, "OAF_neutral/OA_bite_neutral.wav", f"{inner}/OAF_neutral/OAF_bite_neutral.wav")
    clips = corpora.load("tess", tmp_path)
    assert len(clips) == 9
    assert not any(inner in clip.path.parts for clip in clips)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "copies of clips: 9\n" in record.message
    assert f"{inner}/OAF_angry/OAF_back_angry.wav" in record.message


def test_different_files_of_one_clip_are_refused(tmp_path: Path) -> None:
    make_files(tmp_path, "OAF_angry/OAF_back_angry.wav", content=b"one sound")
    make_files(tmp_path, "more/OAF_back_angry.wav", content=b"an other")
    with pytest.raises(CorpusError, match=r"OAF_back_angry is there twice: .*; keep one"):
        corpora.load("tess", tmp_path)


def test_a_clip_in_two_containers_is_refused(tmp_path: Path) -> None:
    make_files(tmp_path, "OAF_back_angry.wav", "OAF_back_angry.ogg")
    with pytest.raises(CorpusError, match="OAF_back_angry is there twice"):
        corpora.load("tess", tmp_path)


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "OAF_angry/OAF_back_angry.wav",
        "OAF_angry/._OAF_back_angry.wav",
        "__MACOSX/OAF_angry/._OAF_back_angry.wav",
        "OAF_angry/OAF_back_angry (1).wav",
        "OAF_angry/OAF_back_angry.txt",
        "OAF_angry/OAF_back_confused.wav",
        "OAF_angry/XAF_back_angry.wav",
        "OAF_angry/OAF_angry.wav",
        "OAF_angry/OAF__angry.wav",
        "OAF_angry/é\n.wav",
    )
    (tmp_path / "YAF_back_sad.wav").mkdir()
    assert [clip.path.name for clip in corpora.load("tess", tmp_path)] == ["OAF_back_angry.wav"]


@pytest.mark.parametrize("folder", ["", "none", "file"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    make_files(tmp_path, "file")
    with pytest.raises(CorpusError, match=r"OAF_back_angry\.wav are expected"):
        corpora.load("tess", tmp_path / folder)


def test_age_and_sex_of_the_speakers_are_known(tmp_path: Path) -> None:
    make_files(tmp_path, *TREE)
    assert corpora.annotate("tess", tmp_path, corpora.load("tess", tmp_path)).people == {
        "OAF": Person(age=64, sex="Female"),
        "YAF": Person(age=26, sex="Female"),
    }
