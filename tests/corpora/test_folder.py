from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clips import CLIPS, pieces, sound_file
from ser import corpora
from ser.audio.decode import decode
from ser.cli.main import main
from ser.corpora import checks, folder, splits
from ser.corpora.base import Clip
from ser.corpora.folder import count_by_emotion
from ser.errors import CorpusError
from ser.training.feature_cache import corpus_features
from ser.training.preparation import own_recordings

ANGRY = next(clip.path for clip in CLIPS if clip.emotion == "Angry")
SAD = next(clip.path for clip in CLIPS if clip.emotion == "Sad")


def place(folder: Path, *names: str, source: Path = ANGRY) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)
    return folder


def table(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "clips.csv") -> Path:
    (folder / name).write_bytes("\r\n".join(lines).encode(encoding))
    return folder / name


def rows_of(clips: list[Clip]) -> list[tuple[str, str, str]]:
    return [(clip.path.name, clip.emotion, clip.speaker) for clip in clips]


def inspected(data: Path) -> list[Clip]:
    clips = corpora.load("folder", data)
    return checks.usable(clips, corpus_features(clips, cache=None, jobs=1)).clips


def test_a_folder_per_emotion(tmp_path: Path) -> None:
    place(tmp_path, "angry/a.webm", "angry/b.WEBM", "SAD/c.webm", "SAD/notes.txt", ".hidden/x.webm")
    place(tmp_path, "__MACOSX/angry/a.webm", "angry/._a.webm")
    clips = corpora.load("folder", tmp_path)
    assert rows_of(clips) == [
        ("c.webm", "Sad", "SAD/c.webm"),
        ("a.webm", "Angry", "angry/a.webm"),
        ("b.WEBM", "Angry", "angry/b.WEBM"),
    ]
    assert not any(clip.speaker_known for clip in clips)


def test_a_folder_per_emotion_and_speaker(tmp_path: Path) -> None:
    place(tmp_path, "Angry/Ada/1.webm", "Angry/Ada/second take/2.webm", "Sad/Bo\u0308b/1.webm")
    clips = corpora.load("folder", tmp_path)
    assert [(clip.emotion, clip.speaker) for clip in clips] == [
        ("Angry", "Ada"),
        ("Angry", "Ada"),
        ("Sad", "B\u00f6b"),
    ]
    assert all(clip.speaker_known for clip in clips)


def test_only_the_wanted_emotions_are_kept(tmp_path: Path) -> None:
    place(tmp_path, "Angry/1.webm", "Sad/1.webm")
    assert [clip.emotion for clip in corpora.load("folder", tmp_path, emotions=["Sad"])] == ["Sad"]
    with pytest.raises(CorpusError, match="its emotions are: Angry, Sad"):
        corpora.load("folder", tmp_path, emotions=["Fear"])


def test_pipes_and_loops_of_links_are_passed_over(tmp_path: Path) -> None:
    place(tmp_path, "Angry/1.webm", "Sad/1.webm")
    os.mkfifo(tmp_path / "Sad" / "endless.wav")
    (tmp_path / "Sad" / "loop").symlink_to(tmp_path)
    (tmp_path / "Sad" / "dangling.wav").symlink_to(tmp_path / "none")
    assert len(corpora.load("folder", tmp_path)) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "is empty"),
        (["a.webm", "b.webm"], "2 audio files lie in"),
        (["Angry/notes.txt"], "No audio files"),
        (["mine.csv"], "holds no audio, but mine.csv"),
        (["Angry/Ada/1.webm", "Angry/2.webm"], r"and 1 do not; move these into one too:\s+Angry/2.webm"),
        (["<b>Angry/1.webm", "Sad/1.webm"], "characters that are not allowed"),
        (["a|b/1.webm"], "characters that are not allowed"),
        ([f"{'x' * 61}/1.webm"], "longer than 60"),
    ],
)
def test_a_folder_of_another_layout_is_refused(files: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        corpora.load("folder", place(tmp_path, *files))


@pytest.mark.parametrize(
    ("files", "given", "message"),
    [
        (
            ["all/angry/a.wav", "all/sad/b.wav"],
            ".",
            r"too high: .*\(angry, sad\) are in 'all'. Give",
        ),
        (["train/Sad/a.wav", "dev/Joy/b.wav"], ".", "one level too high"),
        (["Angry/ada/a.wav", "Angry/bob/b.wav"], "Angry", r"one level too low: .*\(ada, bob\) have none"),
    ],
)
def test_a_folder_one_level_off_is_refused(
    files: list[str], given: str, message: str, tmp_path: Path
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(CorpusError, match=message):
        folder.list_clips(tmp_path / given)


def test_a_speaker_may_have_the_name_of_an_emotion(tmp_path: Path) -> None:
    clips = folder.list_clips(place(tmp_path, "iloinen/Joy/a.webm", "surullinen/Joy/b.webm"))
    assert {clip.speaker for clip in clips} == {"Joy"}


def test_training_refuses_a_single_folder_at_once(tmp_path: Path) -> None:
    # Of names in no language that we know: a folder too high, or one emotion.
    for name in ("kasvot/iloinen", "kasvot/surullinen"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.wav").touch()
    run = CliRunner().invoke(main, ["train", "--corpus", "folder", "--data", str(tmp_path)])
    assert run.exit_code != 0
    said = str(run.exception) + run.output
    assert "Only Kasvot has clips in" in said
    assert "one level too high?" in said


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="neither a folder nor a CSV"):
        corpora.load("folder", tmp_path / "none")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_in_every_usual_form(encoding: str, delimiter: str, tmp_path: Path) -> None:
    place(tmp_path, "wav/one.webm", "wav/z\u00fcrich.webm")
    rows = [
        " Emotion ,Speaker,path,note",
        "angry,Zo\u00eb,wav/one.webm,loud",
        "",
        "SAD,B\u00f6b,wav/z\u00fcrich.webm,",
    ]
    file = table(tmp_path, *(row.replace(",", delimiter) for row in rows), encoding=encoding)
    expected = [("one.webm", "Angry", "Zo\u00eb"), ("z\u00fcrich.webm", "Sad", "B\u00f6b")]
    assert rows_of(corpora.load("folder", file)) == expected
    assert rows_of(corpora.load("folder", tmp_path)) == expected


def test_a_csv_without_speakers(tmp_path: Path) -> None:
    place(tmp_path, "a.webm", "b.webm")
    clips = corpora.load("folder", table(tmp_path, "path,emotion,speaker", "a.webm,Sad,", "b.webm,Sad, "))
    assert rows_of(clips) == [("a.webm", "Sad", "a.webm"), ("b.webm", "Sad", "b.webm")]
    assert not any(clip.speaker_known for clip in clips)


def test_a_csv_made_on_windows(tmp_path: Path) -> None:
    place(tmp_path, "Sad/a.webm")
    assert len(corpora.load("folder", table(tmp_path, "path,emotion", "Sad\\a.webm,Sad"))) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("none.webm,Sad,A", "there is no such file"),
        ("../secret.webm,Sad,A", "leads out of the CSV's folder"),
        ("wav/../../secret.webm,Sad,A", "leads out of the CSV's folder"),
        ("/etc/passwd,Sad,A", "leads out of the CSV's folder"),
        (f"{'x' * 300}.webm,Sad,A", "there is no such file"),
        ("wav,Sad,A", "there is no such file"),
        ("a\0.webm,Sad,A", "no path"),
        ("1.webm", "no emotion"),
        (",Sad,A", "no path"),
        ("1.webm,S|d,A", "characters that are not allowed"),
        ("1.webm,Sad,\x1b[31mA", "characters that are not allowed"),
        ("2.webm,Angry,A", "row 3: 2.webm: repeats row 3|row 6: 2.webm: repeats row 3"),
    ],
)
def test_a_bad_row_is_named_and_skipped(
    row: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place(tmp_path, "secret.webm", "in/1.webm", "in/2.webm", "in/3.webm", "in/wav/x.webm")
    good = ["1.webm,Sad,A", "2.webm,Angry,A", "3.webm,Sad,B"]
    file = table(tmp_path / "in", "path,emotion,speaker", *good, "", row)
    assert [clip.path.name for clip in corpora.load("folder", file)] == ["1.webm", "2.webm", "3.webm"]
    assert "1 of 4 rows" in caplog.text
    assert "row 6: " in caplog.text
    (line,) = [line for line in caplog.text.splitlines() if "row 6: " in line]
    assert any(each in line for each in reason.split("|"))


def test_rows_that_contradict_each_other_are_all_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place(tmp_path, "1.webm", "2.webm", "3.webm", "4.webm")
    rows = ["1.webm,Sad", "2.webm,Sad", "3.webm,Sad", "4.webm,Sad", "./4.webm,Happy"]
    clips = corpora.load("folder", table(tmp_path, "path,emotion", *rows))
    assert [clip.path.name for clip in clips] == ["1.webm", "2.webm", "3.webm"]
    assert "row 5: 4.webm: other rows contradict it" in caplog.text
    assert "row 6: 4.webm: other rows contradict it" in caplog.text


def test_a_row_without_the_speaker_that_others_have_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place(tmp_path, "1.webm", "2.webm", "3.webm")
    rows = ["1.webm,Sad,Ada", "2.webm,Sad,", "3.webm,Sad,Bob"]
    clips = corpora.load("folder", table(tmp_path, "path,emotion,speaker", *rows))
    assert [clip.speaker for clip in clips] == ["Ada", "Bob"]
    assert "2.webm: no speaker, as other rows have" in caplog.text


def test_mostly_bad_rows_are_refused(tmp_path: Path) -> None:
    place(tmp_path, "1.webm")
    rows = ["1.webm,Sad", *(f"none{i}.webm,Sad" for i in range(20))]
    with pytest.raises(CorpusError, match=r"20 of 21 rows .+ more than half:\s+row 3: .+(?s:.+)and 10 more"):
        corpora.load("folder", table(tmp_path, "path,emotion", *rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "is empty"),
        (b"path,emotion\r\n", "no rows below its header"),
        (b"file,label\r\na.webm,Sad\r\n", "lacks path and emotion; it names the columns file, label"),
        (b"1.webm,Sad\r\n", "lacks path and emotion"),
        (b"path,emotion,emotion\r\n1.webm,Sad,Sad\r\n", "has emotion twice"),
        (b'path,emotion\r\n"1.webm,Sad\r\n1.webm,Sad\r\n', "no valid CSV, row"),
        (b"\xff\xfe\x00", "no text in|is empty|lacks path"),
        (b"\x81\x8d\x8f,\x90", "no text in"),
        (b"path,emotion\r\n" + b"x" * 200_000 + b",Sad\r\n", "no valid CSV, row 2"),
        (ANGRY.read_bytes(), "no text in|lacks path|no valid CSV"),
    ],
    ids=[
        "empty",
        "blank",
        "header",
        "columns",
        "no header",
        "twice",
        "quote",
        "utf-16",
        "bytes",
        "long",
        "audio",
    ],
)
def test_a_csv_that_is_none_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    place(tmp_path, "1.webm")
    (tmp_path / "clips.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        corpora.load("folder", tmp_path)


def test_bad_files_are_listed_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place(tmp_path, "Angry/1.webm")
    place(tmp_path, "Sad/1.webm", source=SAD)
    whole = SAD.read_bytes()
    place(tmp_path, "Sad/2.webm", source=CLIPS[2].path)
    place(tmp_path, "Sad/3.webm", source=CLIPS[3].path)
    (tmp_path / "Sad" / "text.wav").write_text("no sound")
    (tmp_path / "Sad" / "cut.webm").write_bytes(whole[:300])
    (tmp_path / "Sad" / "silent.wav").write_bytes(sound_file(np.zeros(16_000)))
    (tmp_path / "Sad" / "short.wav").write_bytes(sound_file(np.ones(100) * 0.1))
    clips = inspected(tmp_path)
    assert [f"{clip.emotion}/{clip.path.name}" for clip in clips] == [
        "Angry/1.webm",
        "Sad/1.webm",
        "Sad/2.webm",
        "Sad/3.webm",
    ]
    assert "4 of 8 clips cannot be used" in caplog.text
    for said in (
        "Sad/text.wav: The content is none of",
        "Sad/cut.webm: ",
        "Sad/silent.wav: It holds one unch",
    ):
        assert said in caplog.text
    (tmp_path / "Sad" / "empty.wav").touch()
    with pytest.raises(CorpusError, match="5 of 9 clips cannot be used, more than half"):
        inspected(tmp_path)


def test_one_sound_under_two_emotions_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place(tmp_path, "Angry/1.webm", source=CLIPS[0].path)
    place(tmp_path, "Sad/other name.webm", source=CLIPS[0].path)
    place(tmp_path, "Angry/2.webm", "Angry/2 again.webm", source=CLIPS[1].path)
    place(tmp_path, "Sad/3.webm", source=CLIPS[2].path)
    # The same samples in another container.
    y = np.round(decode(CLIPS[3].path) * 32767).astype(np.int16)
    (tmp_path / "Sad" / "4.wav").write_bytes(sound_file(y))
    (tmp_path / "Angry" / "4.flac").write_bytes(sound_file(y, format="FLAC"))
    assert [clip.path.name for clip in inspected(tmp_path)] == ["2 again.webm", "3.webm"]
    assert "2 recordings have two emotions or two speakers" in caplog.text
    assert "Angry/1.webm (Angry) = Sad/other name.webm (Sad)" in caplog.text
    assert "Angry/4.flac (Angry) = Sad/4.wav (Sad)" in caplog.text
    assert "1 recordings are there more than once" in caplog.text


def test_one_sound_of_two_speakers_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place(tmp_path, "Angry/Ada/1.webm", "Angry/Bob/1.webm", source=CLIPS[0].path)
    place(tmp_path, "Sad/Bob/2.webm", source=SAD)
    assert [clip.path.name for clip in inspected(tmp_path)] == ["2.webm"]
    assert "have two emotions or two speakers" in caplog.text


def clip(emotion: str, speaker: str = "A", number: int = 0) -> Clip:
    return Clip(Path(f"/data/{emotion}/{speaker}/{number}.wav"), speaker, emotion)


def test_too_few_clips_are_counted() -> None:
    many = [clip("Sad", number=i) for i in range(10)]
    with pytest.raises(CorpusError, match="there is only Sad"):
        checks.require_trainable(many)
    with pytest.raises(CorpusError, match="there is none"):
        checks.require_trainable([])
    with pytest.raises(CorpusError, match=r"10 of each .+ are needed(?s:.+)Happy: 3\s+Fear: 9$"):
        checks.require_trainable(
            many + [clip("Fear", number=i) for i in range(9)] + [clip("Happy", number=i) for i in range(3)]
        )
    checks.require_trainable(many + [clip("Fear", number=i) for i in range(10)])


@pytest.mark.parametrize(
    ("speakers", "said", "by_speaker"),
    [
        (1, "There are 1 speakers", False),
        (2, "There are 2 speakers and a split by speaker needs 3", False),
        (3, None, True),
    ],
)
def test_few_speakers_are_warned_of(
    speakers: int, said: str | None, by_speaker: bool, caplog: pytest.LogCaptureFixture
) -> None:
    clips = [clip(emotion, str(i)) for emotion in ("Sad", "Happy") for i in range(speakers)]
    grouped = checks.grouped(clips, Path("/data"))
    assert all(clip.speaker_known for clip in grouped) == by_speaker
    assert len({clip.speaker for clip in grouped}) == (speakers if by_speaker else len(clips))
    assert (said in caplog.text) if said else not caplog.text
    if not by_speaker:
        assert grouped[0].speaker == "Sad/0/0.wav"


def test_a_score_that_flatters_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place(tmp_path, "Angry/1.webm", "Sad/1.webm")
    clips = corpora.load("folder", tmp_path)
    assert checks.grouped(clips, tmp_path) == [checks.alone(clip, tmp_path) for clip in clips] == clips
    assert "the score is too high" in caplog.text


def test_real_recordings_are_split_by_speaker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recordings = own_recordings(pieces(tmp_path))
    clips = recordings.clips
    assert all(len(frames) for frames in recordings.frames)
    assert Counter(clip.emotion for clip in clips) == dict.fromkeys(("Angry", "Disgust", "Happy", "Sad"), 12)
    checks.require_trainable(clips)
    split = splits.for_corpus("folder", clips)
    assert split == splits.for_corpus("folder", list(reversed(clips)))
    assert len(split["train"]) + len(split["dev"]) == 12
    splits.require_apart(split)
    for speakers in split.values():
        assert len({clip.emotion for clip in splits.of_speakers(clips, speakers)}) == 4
    assert not caplog.text


def test_without_speakers_clips_are_split_in_like_shares(tmp_path: Path) -> None:
    clips = [
        checks.alone(clip(emotion, number=i), Path("/data"))
        for emotion, count in (("Sad", 40), ("Happy", 10), ("Fear", 20))
        for i in range(count)
    ]
    dev = splits.of_speakers(clips, splits.for_corpus("folder", clips)["dev"])
    assert count_by_emotion(dev) == {"Fear": 4, "Happy": 2, "Sad": 8}
