from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip
from ser.errors import CorpusError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
def test_the_layout_is_read(suffix: str, tmp_path: Path) -> None:
    first, second = (
        f"1/session1/anger/1.1.anger-01.{suffix}",
        f"8/session5/sarcastic/8.5.sarcastic-10.{suffix}",
    )
    touch(tmp_path, second, first)
    assert corpora.load("hindi", tmp_path) == [
        Clip(tmp_path / first, "1", "Angry"),
        Clip(tmp_path / second, "8", "Sarcastic"),
    ]


def test_each_folder_is_an_emotion(tmp_path: Path) -> None:
    folders = ("anger", "disgust", "fear", "happy", "neutral", "sad", "sarcastic", "surprise")
    touch(tmp_path, *(f"1/session1/{folder}/x.wav" for folder in folders))
    emotions = [clip.emotion for clip in corpora.load("hindi", tmp_path)]
    assert emotions == ["Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Sarcastic", "Surprise"]


def test_the_folder_is_the_label_and_not_the_name(tmp_path: Path) -> None:
    touch(tmp_path, "2/session3/sad/1.1.anger-01.wav")
    (clip,) = corpora.load("hindi", tmp_path)
    assert (clip.speaker, clip.emotion) == ("2", "Sad")


def test_one_name_in_two_folders_is_two_clips(tmp_path: Path) -> None:
    touch(tmp_path, "1/session1/sad/01.wav", "1/session1/fear/01.wav", "1/session2/sad/01.wav")
    assert [clip.emotion for clip in corpora.load("hindi", tmp_path)] == ["Fear", "Sad", "Sad"]


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "1/session1/sad/01.wav",
        "1/session1/sad/._01.wav",
        "1/session1/sad/01.txt",
        "1/session1/sad/more/02.wav",
        "1/session1/confused/01.wav",
        "1/session1/SAD extra/01.wav",
        "1/session/sad/01.wav",
        "notes/session1/sad/01.wav",
        "1/session1/01.wav",
    )
    (tmp_path / "1/session1/sad/folder.wav").mkdir()
    assert [clip.path for clip in corpora.load("hindi", tmp_path)] == [tmp_path / "1/session1/sad/01.wav"]


def test_strange_file_names_in_an_emotions_folder_are_clips(tmp_path: Path) -> None:
    names = ("a b.wav", "1.1.sad-01 (copy).wav", "é|<x>.wav", "दुख.wav")
    touch(tmp_path, *(f"1/session1/sad/{name}" for name in names))
    assert {clip.path.name for clip in corpora.load("hindi", tmp_path)} == set(names)


def test_a_clip_in_two_containers_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "1/session1/sad/1.1.sad-01.wav", "1/session1/sad/1.1.sad-01.ogg")
    with pytest.raises(CorpusError, match=r"1/session1/sad/1\.1\.sad-01 is there twice"):
        corpora.load("hindi", tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="1/session1/anger are expected"):
        corpora.load("hindi", tmp_path / folder)
