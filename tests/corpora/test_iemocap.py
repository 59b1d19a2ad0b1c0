from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Clip
from ser.errors import CorpusError
from trees import make_files

DIALOG = "Ses01F_impro01"
EVALUATION = f"Session1/dialog/EmoEvaluation/{DIALOG}.txt"
HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"


def evaluation(**label_of: str) -> bytes:
    """Return a file of labels with the votes of listeners, as in the release."""
    return (
        HEADER
        + "".join(
            f"[6.2901 - 8.2357]\t{turn}\t{label}\t[2.5000, 2.5000, 2.5000]\n"
            "C-E2:\tNeutral;\t()\nC-F1:\tNeutral; Anger;\t([curious])\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
            for turn, label in label_of.items()
        )
    ).encode()


def release(root: Path, dialog: str = DIALOG, suffix: str = "wav", **label_of: str) -> list[Path]:
    """Write a dialog in the official layout: `F000="ang"` is the turn of this name, and its label."""
    session = f"Session{dialog[4]}"
    turns = [f"{dialog}_{turn}" for turn in label_of]
    names = [f"{session}/sentences/wav/{dialog}/{turn}.{suffix}" for turn in turns]
    make_files(root, *names)
    make_files(
        root,
        f"{session}/dialog/EmoEvaluation/{dialog}.txt",
        content=evaluation(**dict(zip(turns, label_of.values(), strict=True))),
    )
    return [root / name for name in names]


@pytest.mark.parametrize("folder", ["", "IEMOCAP_full_release"])
@pytest.mark.parametrize("suffix", ["wav", "WAV", "flac"])
def test_the_layout_is_read(folder: str, suffix: str, tmp_path: Path) -> None:
    first = release(tmp_path / folder, "Ses01F_impro01", suffix, F000="neu", M001="ang")
    second = release(tmp_path / folder, "Ses05M_script01_1b", suffix, F000="sad", M012="fru")
    assert corpora.load("iemocap", tmp_path) == [
        Clip(first[0], "Ses01F", "Neutral"),
        Clip(first[1], "Ses01M", "Angry"),
        Clip(second[0], "Ses05F", "Sad"),
        Clip(second[1], "Ses05M", "Frustrated"),
    ]


def test_each_label_is_an_emotion_and_excited_is_happy(tmp_path: Path) -> None:
    labels = ["ang", "dis", "exc", "fea", "fru", "hap", "neu", "sad", "sur"]
    release(tmp_path, **{f"F{number:03}": label for number, label in enumerate(labels)})
    emotions = [clip.emotion for clip in corpora.load("iemocap", tmp_path)]
    assert dict(zip(labels, emotions, strict=True)) == {
        "ang": "Angry",
        "dis": "Disgust",
        "exc": "Happy",
        "fea": "Fear",
        "fru": "Frustrated",
        "hap": "Happy",
        "neu": "Neutral",
        "sad": "Sad",
        "sur": "Surprise",
    }


def test_turns_without_an_emotion_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept, *_ = release(tmp_path, F000="hap", F001="xxx", M002="oth", M003="xxx", M004="xxx")
    with caplog.at_level(logging.INFO):
        assert [clip.path for clip in corpora.load("iemocap", tmp_path)] == [kept]
    (record,) = caplog.records
    assert (record.levelname, record.message) == (
        "INFO",
        f"Turns of '{tmp_path}' left out because the listeners did not agree on an emotion: 4 of 5",
    )


def test_without_any_agreement_there_is_nothing(tmp_path: Path) -> None:
    release(tmp_path, F000="xxx", M001="oth")
    with pytest.raises(CorpusError, match="none of the 2 clips"):
        corpora.load("iemocap", tmp_path)


def test_clips_without_a_label_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    release(tmp_path, F000="hap", M001="sad")
    make_files(tmp_path, f"Session1/sentences/wav/{DIALOG}/{DIALOG}_F002.wav")
    assert len(corpora.load("iemocap", tmp_path)) == 2
    assert "1 of 3 clips" in caplog.text
    assert f"{DIALOG}_F002.wav: it has no label" in caplog.text


@pytest.mark.parametrize("labelled", [0, 1])
def test_more_clips_without_a_label_than_with_one_are_refused(labelled: int, tmp_path: Path) -> None:
    names = [f"Session1/sentences/wav/{DIALOG}/{DIALOG}_F{number:03}.wav" for number in range(3)]
    make_files(tmp_path, *names)
    if labelled:
        make_files(tmp_path, EVALUATION, content=evaluation(**{f"{DIALOG}_F000": "ang"}))
    with pytest.raises(CorpusError, match=f"{3 - labelled} of 3 clips .* cannot be used, more than half"):
        corpora.load("iemocap", tmp_path)


def test_labels_of_missing_clips_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    present, *gone = release(tmp_path, F000="hap", F001="sad", F002="xxx")
    for path in gone:
        path.unlink()
    assert [clip.path for clip in corpora.load("iemocap", tmp_path)] == [present]
    assert f"Turns with a label but no recording in '{tmp_path}': 2" in caplog.text
    assert f"{DIALOG}_F002" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no text with labels"),
        (HEADER.encode(), "is no text with labels"),
        (bytes(range(256)) * 40, "is no text with labels"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 9_000, "is no text with labels"),
        (evaluation(Ses01F_impro01_F000="ang").decode().encode("utf-16"), "is no text with labels"),
        (evaluation(Ses01F_impro01_F000="ang")[:80], "cut off in line 3"),
        (evaluation(Ses01F_impro01_F000="ang")[:100], "cut off in line 3"),
        (evaluation(Ses01F_impro01_F000="joy"), r"line 3.*joy.*ang, dis, exc"),
        (evaluation(Ses01F_impro01_F000="ANG"), r"line 3.*ANG"),
        (b"[" * 100_000, "line 1"),
        (b"[1.0 - 2.0]\t" + b"Ses" * 100_000, "line 1"),
        (b"[1.0 - 2.0]\tSes01F_impro01_F000\tang\t[\xff\x1b[31m\n", "line 1"),
        (
            evaluation(Ses01F_impro01_F000="ang") + evaluation(Ses01F_impro01_F000="sad"),
            "elsewhere it is ang",
        ),
    ],
)
def test_a_damaged_file_of_labels_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    release(tmp_path, F000="ang")
    (tmp_path / EVALUATION).write_bytes(content)
    with pytest.raises(CorpusError, match=message) as error:
        corpora.load("iemocap", tmp_path)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < len(str(tmp_path)) + 400


def test_a_file_of_labels_may_hold_strange_remarks(tmp_path: Path) -> None:
    release(tmp_path, F000="ang")
    content = evaluation(Ses01F_impro01_F000="ang") + b"C-E4:\tOther;\t(\xe9\xff \xc2\x85[6.2901])\r\n"
    (tmp_path / EVALUATION).write_bytes(content.replace(b"\n", b"\r\n"))
    assert [clip.emotion for clip in corpora.load("iemocap", tmp_path)] == ["Angry"]


def test_a_file_of_labels_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(tmp_path, F000="ang")

    def refuse(_file: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CorpusError, match="cannot be read: Permission denied"):
        corpora.load("iemocap", tmp_path)


def test_strange_files_are_passed_over(tmp_path: Path) -> None:
    (kept,) = release(tmp_path, F000="ang")
    wav = f"Session1/sentences/wav/{DIALOG}"
    make_files(
        tmp_path,
        f"{wav}/._{DIALOG}_F000.wav",
        f"{wav}/{DIALOG}_F000.txt",
        f"{wav}/{DIALOG}_F01.wav",
        f"{wav}/{DIALOG}_X001.wav",
        f"{wav}/Ses06F_impro01_F000.wav",
        f"Session1/sentences/wav/{DIALOG}_F001.wav",
        f"Session1/dialog/wav/{DIALOG}.wav",
        f"Session1/sentences/wav/{DIALOG}.pk",
        f"Session6/sentences/wav/{DIALOG}/{DIALOG}_F003.wav",
        f"Session1/dialog/EmoEvaluation/._{DIALOG}.txt",
        "Session1/dialog/EmoEvaluation/Categorical/Ses01F_impro01_e1_cat.txt",
        "Session1/dialog/EmoEvaluation/notes.txt",
        "Documentation/readme.txt",
    )
    (tmp_path / wav / f"{DIALOG}_F002.wav").mkdir()
    (tmp_path / "Session1/dialog/EmoEvaluation/Ses01F_impro02.txt").mkdir()
    assert [clip.path for clip in corpora.load("iemocap", tmp_path)] == [kept]


def test_a_session_that_is_there_twice_is_listed_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (kept,) = release(tmp_path / "one", F000="ang")
    (other,) = release(tmp_path / "two", F000="ang")
    assert [clip.path for clip in corpora.load("iemocap", tmp_path)] == [kept]
    assert "copies of clips: 1\n" in caplog.text
    other.write_bytes(b"another sound")
    with pytest.raises(CorpusError, match=f"{DIALOG}_F000 is there twice"):
        corpora.load("iemocap", tmp_path)


@pytest.mark.parametrize("folder", ["", "none", "file", "empty"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    make_files(tmp_path, "file", f"empty/Session1/sentences/wav/{DIALOG}.pk")
    with pytest.raises(CorpusError, match="folders Session1 to Session5 are expected"):
        corpora.load("iemocap", tmp_path / folder)


def test_labels_alone_are_refused(tmp_path: Path) -> None:
    make_files(tmp_path, EVALUATION, content=evaluation(Ses01F_impro01_F000="ang"))
    with pytest.raises(CorpusError, match="No IEMOCAP clips"):
        corpora.load("iemocap", tmp_path)


def test_the_sex_of_the_speakers_is_in_their_names(tmp_path: Path) -> None:
    release(tmp_path, "Ses01F_impro01", F000="ang", M000="ang")
    release(tmp_path, "Ses02M_impro01", F000="ang", M000="ang")
    people = corpora.annotate("iemocap", tmp_path, corpora.load("iemocap", tmp_path)).people
    assert {speaker: person.sex for speaker, person in people.items()} == {
        "Ses01F": "Female",
        "Ses01M": "Male",
        "Ses02F": "Female",
        "Ses02M": "Male",
    }
