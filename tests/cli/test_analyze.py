from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from clips import CLIPS, sound_file, transcode
from ser.analysis.exports import FORMATS
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.cli.main import main


@pytest.fixture(scope="module")
def talk() -> Waveform:
    pause = np.zeros(16_000, np.float32)
    return np.concatenate([part for clip in CLIPS[:6] for part in (decode(clip.path), pause)])


@pytest.fixture(scope="module")
def file(talk: Waveform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "call.mp3"
    path.write_bytes(transcode(talk, "mp3"))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["analyze", *map(str, arguments)])


def test_one_file_is_one_object(file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    keys = {"emotion", "confidence", "duration_s", "speech_s", "distribution", "segments", "windows"}
    assert keys < set(answer)
    assert "file" not in answer
    assert answer["emotion"]
    assert answer["baseline"] == "recording"
    assert file.name in result.stderr


def test_many_files_are_a_line_each_and_a_bad_one_does_not_stop_them(file: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "silence.wav").write_bytes(sound_file(np.zeros(32_000)))
    result = run(tmp_path / "text.wav", tmp_path / "none.wav", tmp_path, tmp_path / "silence.wav", file)
    assert result.exit_code == 1
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    codes = [answer.get("code") for answer in answers]
    assert codes == ["unsupported_format", "unreadable", "unreadable", None, None]
    assert [answer.get("emotion", "-") is None for answer in answers] == [False, False, False, True, False]
    assert answers[4]["file"] == str(file)


@pytest.mark.parametrize("name", [*FORMATS, "json", "ndjson"])
def test_a_folder_gets_a_file_of_each(name: str, file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "call.wav").write_bytes(CLIPS[0].path.read_bytes())
    out = tmp_path / "new" / "folder"
    result = run(file, tmp_path / "other" / "call.wav", tmp_path / "none.wav", "--format", name, "--out", out)
    assert result.exit_code == 1
    assert "unreadable" in result.stderr
    assert result.stdout == ""
    extension = FORMATS[name].extension if name in FORMATS else name
    assert sorted(path.name for path in out.iterdir()) == [f"call-2.{extension}", f"call.{extension}"]
    text = (out / f"call.{extension}").read_text()
    if name == "csv":
        assert len(list(csv.DictReader(text.splitlines()))) >= 4
    if name == "rttm":
        assert text.startswith("SPEAKER call 1 ")
    if name == "ndjson":
        assert [json.loads(line)["type"] for line in text.splitlines()][-1] == "result"


@pytest.mark.parametrize("name", ["ndjson", "json", "csv"])
@pytest.mark.parametrize("suffix", ["", ".part"])
def test_what_cannot_be_written_is_not_called_unreadable(
    suffix: str, name: str, file: Path, tmp_path: Path
) -> None:
    # A folder stands where the file is to be written. Who is root may write into any folder.
    (tmp_path / f"call.{name}{suffix}").mkdir()
    result = run(file, "--format", name, "--out", tmp_path)
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "could not be read" not in result.output
    assert "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == [f"call.{name}{suffix}"]


def test_a_baseline_that_cannot_be_read_is_a_line(file: Path, tmp_path: Path) -> None:
    result = run(file, "--baseline", "x" * 5_000)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_lines_come_on_standard_output(file: Path) -> None:
    kinds = [json.loads(line)["type"] for line in run(file, "--format", "ndjson").stdout.splitlines()]
    assert (kinds[0], kinds[-1]) == ("start", "result")
    assert "window" in kinds


@pytest.mark.parametrize(("given", "said"), [("none", "none"), ("recording", "recording")])
def test_the_baseline_can_be_chosen(given: str, said: str, file: Path) -> None:
    assert json.loads(run(file, "--baseline", given, "--model", "cremad-6").stdout)["baseline"] == said


def test_a_recording_of_the_voice_can_be_the_baseline(file: Path) -> None:
    answer = json.loads(run(file, "--baseline", file).stdout)
    assert answer["baseline"] == "token"
    result = run(file, "--baseline", "nothing.wav")
    assert result.exit_code == 2
    assert "'recording' or 'none'" in result.stderr


def test_too_long_a_file_is_said_to_be(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_MAX_ANALYZE_S", "5")
    result = run(file)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["code"] == "too_long"


def test_the_setting_bounds_the_decoding(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_MAX_DECODING_S", "1e-4")
    result = run(file)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["code"] == "decode_failed"


@pytest.fixture(scope="module")
def stereo(talk: Waveform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "stereo.wav"
    middle = len(talk) // 2
    both = np.stack([talk, talk]).T.copy()
    both[middle:, 0] = both[:middle, 1] = 0
    path.write_bytes(sound_file(both))
    return path


@pytest.mark.parametrize("options", [("--channels", "split"), ("--speakers", "2")])
def test_two_voices_are_analysed_apart(options: tuple[str, str], stereo: Path) -> None:
    answer = json.loads(run(stereo, *options, "--peaks").stdout)
    assert [voice["id"] for voice in answer["voices"]] == [1, 2]
    assert all(voice["emotion"] for voice in answer["voices"])
    assert len(answer["peaks"]) > 1_000
    table = csv.DictReader(run(stereo, *options, "--format", "csv").stdout.splitlines())
    assert {row["voice"] for row in table} == {"1", "2"}


def test_a_mono_file_cannot_be_split_and_does_not_stop_the_others(file: Path, stereo: Path) -> None:
    result = run(file, stereo, "--channels", "split")
    assert result.exit_code == 1
    mono, call = (json.loads(line) for line in result.stdout.splitlines())
    assert mono["code"] == "not_stereo"
    assert len(call["voices"]) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--channels", "split", "--speakers", "2"), "one voice"),
        (("--channels", "left"), "'left'"),
        (("--speakers", "3"), "'3'"),
        (("--peaks", "--format", "csv"), "--peaks"),
    ],
)
def test_what_contradicts_is_wrong_usage(options: tuple[str, ...], told: str, stereo: Path) -> None:
    result = run(stereo, *options)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_file_is_no_baseline_of_two_voices(stereo: Path, file: Path) -> None:
    result = run(stereo, "--speakers", "2", "--baseline", file)
    assert result.exit_code == 2
    assert "one speaker" in result.stderr


def test_a_model_of_whole_clips_is_no_fault_of_ours(stereo: Path) -> None:
    result = run(stereo, "--speakers", "2", "--model", "cnn-lstm-42")
    assert result.exit_code != 0
    assert "whole clips" in result.output
    assert "Traceback" not in result.output
