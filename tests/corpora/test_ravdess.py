from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip
from ser.errors import CorpusError


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_the_official_layout_of_ravdess_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_01", "03-01-05-02-01-01-01.wav", "03-01-02-01-01-01-01.wav")
    touch(tmp_path / "Actor_02", "03-01-01-01-02-02-02.wav")
    assert corpora.load("ravdess", tmp_path) == [
        Clip(tmp_path / "Actor_02" / "03-01-01-01-02-02-02.wav", "02", "Neutral", "normal"),
        Clip(tmp_path / "Actor_01" / "03-01-02-01-01-01-01.wav", "01", "Calm", "normal"),
        Clip(tmp_path / "Actor_01" / "03-01-05-02-01-01-01.wav", "01", "Angry", "strong"),
    ]
    assert [clip.emotion for clip in corpora.load("ravdess", tmp_path, emotions=["Calm"])] == ["Calm"]


def test_song_video_other_files_and_the_duplicate_of_ravdess_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path / "unpacked" / "Actor_07",
        "03-01-03-01-02-01-07.wav",
        "03-01-03-01-02-02-07.wav",
        "03-02-03-01-02-01-07.wav",
        "01-01-03-01-02-01-07.mp4",
        "03-01-09-01-02-01-07.wav",
        "03-01-03-01-02-01-07.txt",
    )
    assert [clip.path.name for clip in corpora.load("ravdess", tmp_path)] == ["03-01-03-01-02-01-07.wav"]


def test_a_ravdess_clip_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_01", "03-01-05-02-01-01-01.wav", "03-01-05-02-01-01-01.ogg")
    with pytest.raises(CorpusError, match="twice"):
        corpora.load("ravdess", tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_ravdess_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Actor_01"):
        corpora.load("ravdess", tmp_path / folder)


def test_the_sex_of_ravdess_actors_is_in_their_numbers(tmp_path: Path) -> None:
    clips = [Clip(tmp_path / "x", speaker, "Sad") for speaker in ("01", "02")]
    people = corpora.annotate("ravdess", tmp_path, clips).people
    assert {speaker: person.sex for speaker, person in people.items()} == {"01": "Male", "02": "Female"}
