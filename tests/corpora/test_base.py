from __future__ import annotations

import filecmp
import re
from pathlib import Path

import pytest

from ser.corpora import Clip
from ser.corpora.base import clips_by_name
from ser.errors import CorpusError
from trees import make_files


def toy_clips(root: Path) -> list[Path]:
    clips = clips_by_name(
        root.rglob("*"),
        re.compile("([a-z])(Angry|Sad)"),
        lambda path, speaker, emotion: Clip(path, speaker, emotion),
        missing="No toy clips.",
    )
    return [clip.path.relative_to(root) for clip in clips]


def test_of_identical_files_the_outermost_is_a_clip(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_files(tmp_path, "in/in/aSad.wav", "z/aSad.wav", "in/aSad.WAV", "z/bSad.wav", "in/bAngry.wav")
    assert toy_clips(tmp_path) == [Path("in/aSad.WAV"), Path("in/bAngry.wav"), Path("z/bSad.wav")]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("Files left out because they are copies of clips: 2\n")
    for copy in ("in/in/aSad.wav", "z/aSad.wav"):
        assert f"'{tmp_path / copy}' = '{tmp_path / 'in/aSad.WAV'}'" in record.message


def test_different_files_of_one_size_are_no_copies(tmp_path: Path) -> None:
    make_files(tmp_path, "aSad.wav", content=b"one")
    make_files(tmp_path, "in/aSad.wav", content=b"two")
    with pytest.raises(CorpusError, match=r"aSad is there twice: '.*/aSad.wav', '.*/in/aSad.wav'; keep one"):
        toy_clips(tmp_path)


def test_the_same_bytes_under_another_ending_are_no_copies(tmp_path: Path) -> None:
    make_files(tmp_path, "aSad.wav", "in/aSad.ogg")
    with pytest.raises(CorpusError, match="aSad is there twice"):
        toy_clips(tmp_path)


def test_files_that_cannot_be_compared_are_no_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_files(tmp_path, "aSad.wav", "in/aSad.wav")

    def refuse(*_files: Path, shallow: bool) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(filecmp, "cmp", refuse)
    with pytest.raises(CorpusError, match="aSad is there twice"):
        toy_clips(tmp_path)
