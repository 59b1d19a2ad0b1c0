"""`ser batch` on this machine."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.batch.archives import SETTINGS, archive, batch, contents, names, poison, rows, started, workers

from clips import CLIPS, NEUTRAL_CLIP, sound_file
from ser.batch.inputs import Inputs
from ser.cli.main import main
from waiting import DEADLINE_S, wait_until


def analysed_alone(paths: list[str], *options: str) -> list[dict[str, object]]:
    """Return what `ser analyze` says of files, one at a time."""
    found = []
    for path in paths:
        result = CliRunner().invoke(main, ["analyze", path, *options], env=SETTINGS)
        found.append(json.loads(result.stdout))
    return found


@pytest.mark.usefixtures("_small_parts")
def test_the_result_is_that_of_one_file_at_a_time_whatever_the_number_of_workers(
    clips_folder: Path, tmp_path: Path
) -> None:
    for jobs in (1, 2, 3):
        result = batch(clips_folder, "--out", tmp_path / str(jobs), "--jobs", jobs)
        assert result.exit_code == 0, result.output
        assert "12 files analysed" in result.stdout
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "3")
    assert len(list((tmp_path / "1" / "files").iterdir())) == 3
    found = rows(tmp_path / "1", "files")
    assert [row["path"] for row in found] == sorted(str(row["path"]) for row in found)
    segments = rows(tmp_path / "1", "segments")
    alone = analysed_alone([str(row["path"]) for row in found])
    for row, answer in zip(found, alone, strict=True):
        for name in ("emotion", "duration_s", "speech_s", "silence_s", "valence", "mixed"):
            assert row[name] == answer[name], name
        assert row["emotion_share"] == answer["confidence"]
        seconds = row[f"distribution_s_{row['emotion']}"]
        assert row["emotion_share"] == pytest.approx(seconds / row["speech_s"], abs=0.001)
        assert row["intensity_percent"] == answer["intensity"]
        assert {
            f"distribution_s_{name}": s for name, s in answer["distribution"].items()
        }.items() <= row.items()
        own = [segment for segment in segments if segment["id"] == row["id"]]
        assert len(own) == row["segments"] == len(answer["segments"])
        for segment, expected in zip(own, answer["segments"], strict=True):
            for name in ("start_s", "end_s", "emotion", "confidence", "low_information", "arousal"):
                assert segment[name] == expected[name], name
            for label, share in expected["probabilities"].items():
                assert segment[f"probability_{label}"] == share


def test_the_options_are_those_of_analyze(tmp_path: Path) -> None:
    clip = str(CLIPS[0].path)
    options = ("--model", "cremad-6", "--baseline", "none", "--prior", "Neutral=5", "--speakers", "2")
    result = batch(clip, "--out", tmp_path / "out", "--jobs", 1, *options)
    assert result.exit_code == 0, result.output
    (row,), (alone,) = rows(tmp_path / "out", "files"), analysed_alone([clip], *options)
    assert [voice["voice"] for voice in row["voices"]] == [voice["id"] for voice in alone["voices"]]
    for voice, expected in zip(row["voices"], alone["voices"], strict=True):
        assert voice["emotion"] == expected["emotion"]
        assert voice["speech_s"] == expected["speech_s"]
    assert row["probability_Neutral"] == alone["probabilities"]["Neutral"]
    again = batch(clip, "--out", tmp_path / "out", "--model", "cremad-6")
    assert again.exit_code == 2
    assert "own_baseline: False, now True" in again.stderr
    assert "another --out" in again.stderr


def test_wrong_inputs_begin_no_batch(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert batch(tmp_path / "nothere", "--out", out).exit_code == 2
    done = batch(CLIPS[0].path, "--out", out, "--model", "cremad-6")
    assert done.exit_code == 0, done.stderr
    assert "begun otherwise" in batch(CLIPS[0].path, "--out", out).stderr


def hostile(folder: Path) -> Path:
    """Make an archive of all that may be wrong with one."""
    archive(folder)
    (folder / "cut.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt nothing")
    (folder / "text.mp3").write_text("no sound")
    (folder / "empty.flac").touch()
    (folder / "two\nlines <b>.webm").write_bytes(CLIPS[0].path.read_bytes())
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.webm")).write_bytes(CLIPS[1].path.read_bytes())
    (folder / "nowhere.wav").symlink_to(folder / "missing.wav")
    (folder / "in").mkdir()
    (folder / "in" / "circle").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.wav")
    (folder / "notes.txt").write_text("left out")
    (folder / ".hidden.wav").write_text("left out")
    locked = folder / "locked.ogg"
    if os.geteuid():
        locked.write_bytes(b"x")
        locked.chmod(0)
    else:
        # No permission stops root, but nobody can read this from its beginning.
        locked.symlink_to("/proc/self/mem")
    return folder


def test_each_hostile_file_is_a_failure_and_all_others_are_done(tmp_path: Path) -> None:
    folder = hostile(tmp_path / "archive")
    duplicate = folder / "in" / ".." / "cut.wav"
    result = batch(folder, duplicate, f"{folder}/*.mp3", "--out", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 0, result.output
    assert "14 files analysed" in result.stdout
    assert "6 failed" in result.stdout
    assert "2 duplicates" in result.stdout
    assert "1 .txt" in result.stdout
    failures = {
        name: (row["code"], row["detail"])
        for name, row in zip(
            names(tmp_path / "out", "failures"), rows(tmp_path / "out", "failures"), strict=True
        )
    }
    codes = {name: code for name, (code, _) in failures.items()}
    assert codes == {
        "cut.wav": "decode_failed",
        "empty.flac": "unsupported_format",
        "locked.ogg": "unreadable",
        "nowhere.wav": "unreadable",
        "pipe.wav": "unreadable",
        "text.mp3": "unsupported_format",
    }
    assert failures["nowhere.wav"][1] == "No such file or directory"
    done = names(tmp_path / "out")
    assert len(done) == len(set(done)) == 14
    assert {"two\nlines <b>.webm", "\\xff\\xfe.webm"} < set(done)


def test_a_run_fails_where_all_files_do(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    result = batch(tmp_path / "bad.wav", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 1
    assert rows(tmp_path / "out", "failures")[0]["error"] == "Unsupported audio format"
    assert rows(tmp_path / "out", "files") == []
    result = batch(tmp_path / "bad.wav", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 1
    assert "1 kept from before (1 of them failed)" in result.stdout
    assert batch(tmp_path / "bad.wav", CLIPS[0].path, "--out", tmp_path / "out", "--jobs", 1).exit_code == 0


def test_a_worker_that_was_killed_while_it_had_nothing_to_do_is_replaced() -> None:
    from ser.batch.backend import Task
    from ser.batch.local import LocalBackend
    from ser.batch.options import Options
    from ser.config import Settings

    options = Options.of(
        Settings(max_decoding_s=60), model=None, own_baseline=True, prior=None, voices_by=None
    )
    backend = LocalBackend(1, options)

    def analysed(number: int) -> int:
        (entry,) = Inputs([str(CLIPS[number].path)])
        backend.submit(Task(0, number, [entry]))
        outcomes = []
        wait_until(lambda: outcomes.extend(backend.wait()) or outcomes)
        return outcomes[0].rows.recordings - outcomes[0].rows.failed

    try:
        assert analysed(0) == 1
        (executor,) = backend._executors
        (process,) = executor._processes.values()
        # Ctrl-C is for the run; the worker must not take it from its first moment on, so it inherits that.
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert int(status.split("SigBlk:\t")[1].split()[0], 16) & 1 << signal.SIGINT - 1
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: executor._flags.broken is not None)
        assert analysed(1) == 1
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        backend.close()


def test_silence_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "silence.wav").write_bytes(sound_file(np.zeros(32_000)))
    assert batch(tmp_path / "silence.wav", "--out", tmp_path / "out", "--jobs", 1).exit_code == 0
    (row,) = rows(tmp_path / "out", "files")
    assert (row["emotion"], row["speech_s"], row["probability_Angry"]) == (None, 0.0, None)


@pytest.mark.usefixtures("_small_parts")
def test_what_was_added_is_analysed_and_what_is_finished_is_kept(clips_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clips_folder, tmp_path / "archive"))
    assert batch(folder, "--out", tmp_path / "out", "--jobs", 2).exit_code == 0
    before = contents(tmp_path / "out")
    result = batch(folder, "--out", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 0
    assert "12 kept" in result.stdout
    assert contents(tmp_path / "out") == before
    shutil.copy(NEUTRAL_CLIP, folder)
    changed = next(folder.rglob("*ANG*"))
    changed.write_bytes(changed.read_bytes() + b"\0")
    next(folder.rglob("*SAD*")).unlink()
    result = batch(folder, "--out", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 0
    assert "1 file analysed" in result.stdout
    assert "1 file changed" in result.stdout
    after = contents(tmp_path / "out")
    assert before.items() < after.items()
    assert len(rows(tmp_path / "out", "files")) == 13


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda out: (out / "thesis.txt").write_text("x"), "holds other files ('thesis.txt')"),
        (lambda out: (out / "run.json").write_text("[]"), "run.json' cannot be read"),
    ],
)
def test_a_folder_of_somebody_else_is_refused(prepare, told: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    prepare(out)
    result = batch(CLIPS[0].path, "--out", out)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["none.wav"], "no file or folder 'none.wav'"),
        (["none*.wav"], "Nothing fits"),
        (["ftp://host/x.wav"], "'ftp://' is not read"),
        (["https://host/folder/"], "is a page"),
        (["none.csv"], "manifest 'none.csv' cannot be read"),
        (["tests/data/LICENSE.txt", "--model", "none"], "No model 'none'"),
        (["tests/data/LICENSE.txt", "--prior", "Bored=2"], "Bored"),
        (["tests/data", "--jobs", "1", "--cluster", "tcp://127.0.0.1:1"], "--jobs"),
        (["tests/data", "--channels", "split", "--speakers", "2"], "one voice"),
        (["tests/data", "--speakers", "2", "--model", "dense-105"], "cannot be used for two voices"),
    ],
)
def test_wrong_usage_is_a_sentence(args: list[str], told: str, tmp_path: Path) -> None:
    result = batch(*args, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "x.txt").touch()
    result = batch(tmp_path / "archive", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "no recordings. Left out in folders, by their names: 1 .txt" in result.stderr


@pytest.mark.parametrize("names", [["calls.csv"], ["folder", "calls.csv"], ["calls.csv", "folder"]])
def test_a_file_of_a_folder_that_a_manifest_names_is_one(names: list[str], tmp_path: Path) -> None:
    folder, out = tmp_path / "folder", tmp_path / "out"
    folder.mkdir()
    for clip in CLIPS[:2]:
        shutil.copy(clip.path, folder)
    (tmp_path / "calls.csv").write_text(f"id,path,group\n7,folder/{CLIPS[0].path.name},Sales\n")
    result = batch(*(tmp_path / name for name in names), "--out", out, "--jobs", 1)
    assert result.exit_code == 0, result.output
    expected: dict[str, str | None] = {"7": "Sales"}
    if "folder" in names:
        assert "1 duplicate in the inputs left out" in result.stdout
        expected[f"folder/{CLIPS[1].path.name}"] = None
    assert {row["id"]: row["group"] for row in rows(out, "files")} == expected
    # Also where it was known before, by the other one.
    result = batch(folder, "--out", out, "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "1 duplicate in the inputs left out" in result.stdout
    assert len(rows(out, "files")) == 2
    result = batch(tmp_path / "calls.csv", "--out", out, "--jobs", 1)
    assert "0 files analysed" in result.stdout


def test_a_manifest_names_nothing_anew(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(f"id,path\n7,{CLIPS[0].path}\n")
    assert batch(CLIPS[0].path, "--out", tmp_path / "out", "--jobs", 1).exit_code == 0
    result = batch(tmp_path / "calls.csv", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "1 duplicate in the inputs left out" in result.stdout
    assert [row["id"] for row in rows(tmp_path / "out", "files")] == [CLIPS[0].path.name]


def test_a_batch_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert batch(CLIPS[0].path, "--out", out, "--jobs", 1).exit_code == 0
    said = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(said | {"schema_version": 1}))
    before = contents(out)
    for command in (["batch", str(CLIPS[0].path), "--out", str(out)], ["report", str(out)]):
        result = CliRunner().invoke(main, command, env=SETTINGS)
        assert result.exit_code == 2
        assert "another version of ser, whose ids and columns are others. Take another --out" in result.stderr
    assert contents(out) == before


@pytest.mark.parametrize("package", ["pyarrow", "joblib", "fsspec"])
def test_a_missing_package_is_named(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))
    result = batch(CLIPS[0].path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"`ser batch` needs {package}, which is not installed: install the extra 'batch'" in result.stderr


@pytest.mark.slow
def test_killed_and_started_again_it_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", copies=5)
    code = "import ser.batch.plan as p, ser.cli.main as m; p.MAX_ENTRIES = 8; m.main()"
    run = started(folder, "--out", tmp_path / "out", "--jobs", "2", log=tmp_path / "log", program=code)
    files = tmp_path / "out" / "files"
    wait_until(lambda: files.is_dir() and len(list(files.glob("part-*"))) >= 2)
    started_before = workers(run)
    run.kill()
    run.wait(DEADLINE_S)
    # Nobody tells the workers.
    wait_until(lambda: not any(process.is_running() for process in started_before))
    finished = {path: path.stat().st_mtime_ns for path in files.glob("part-*")}
    assert 2 <= len(finished) < 8
    # What a kill leaves: an unfinished file, and one of a part that is not finished.
    (files / ".part-000007.parquet.tmp").write_bytes(b"half")
    (tmp_path / "out" / "segments" / "part-000007.parquet").write_bytes(b"old")
    assert batch(folder, "--out", tmp_path / "out", "--jobs", 2).exit_code == 0
    assert finished.items() <= {path: path.stat().st_mtime_ns for path in files.iterdir()}.items()
    again = started(folder, "--out", tmp_path / "whole", "--jobs", "2", log=tmp_path / "log", program=code)
    assert again.wait(DEADLINE_S) == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    ids = [row["id"] for row in rows(tmp_path / "out", "files")]
    assert len(ids) == len(set(ids)) == 60


@pytest.mark.slow
def test_ctrl_c_ends_it_with_its_workers(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", copies=8)
    run = started(folder, "--out", tmp_path / "out", "--jobs", "2", log=tmp_path / "log")
    wait_until(lambda: len(workers(run)) == 2)
    started_before = workers(run)
    # As a terminal does: all processes get it.
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(DEADLINE_S) == 130
    wait_until(lambda: not any(process.is_running() for process in started_before))
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Interrupted. Run the same command again")


@pytest.mark.slow
def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", copies=6)
    run = started(folder, "--out", tmp_path / "out", "--jobs", "2", log=tmp_path / "log")
    wait_until(lambda: len(workers(run)) == 2)
    workers(run)[0].send_signal(signal.SIGKILL)
    assert run.wait(DEADLINE_S) == 0, (tmp_path / "log").read_text()
    log = (tmp_path / "log").read_text()
    assert "72 files analysed" in log
    assert "0 failed" in log
    assert "Traceback" not in log
    ids = [row["id"] for row in rows(tmp_path / "out", "files")]
    assert ids == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.webm"))


@pytest.mark.slow
def test_a_file_that_kills_its_worker_each_time_becomes_a_failure(clips_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clips_folder, tmp_path / "archive"))
    shutil.copy(CLIPS[0].path, folder / "poison.webm")
    run = started(
        folder,
        "--out",
        tmp_path / "out",
        "--jobs",
        "2",
        log=tmp_path / "log",
        PYTHONPATH=str(poison(tmp_path)),
    )
    assert run.wait(DEADLINE_S) == 0, (tmp_path / "log").read_text()
    (failure,) = rows(tmp_path / "out", "failures")
    assert (failure["code"], failure["attempts"]) == ("worker_died", 3)
    assert failure["path"] == str(folder / "poison.webm")
    assert len(rows(tmp_path / "out", "files")) == 12
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.usefixtures("_small_parts")
def test_a_full_disk_stops_it_and_later_it_goes_on(
    clips_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, count = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count > 12:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr("ser.batch.files.os.fsync", full)
    result = batch(clips_folder, "--out", tmp_path / "out", "--jobs", 1)
    monkeypatch.undo()
    assert result.exit_code == 1
    assert "No space left on device. What is finished is kept" in result.stderr
    assert "goes on where it stopped" in result.stderr
    assert len(list((tmp_path / "out" / "files").iterdir())) == 1
    assert not [path for path in (tmp_path / "out").rglob(".*") if path.name != ".lock"]
    monkeypatch.setattr("ser.batch.run._MAX_ENTRIES", 2)
    result = batch(clips_folder, "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "5 kept" in result.stdout
    assert sorted(names(tmp_path / "out")) == sorted(clip.path.name for clip in CLIPS)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 256 kB; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    # At once, or as soon as pytest lets go of the error that holds an open file.
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path) -> None:
    out = small_disk / "out"
    assert batch(CLIPS[0].path, "--out", out, "--jobs", 1).exit_code == 0
    before = contents(out)
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_bsize))
    result = batch(CLIPS[0].path, CLIPS[1].path, "--out", out, "--jobs", 1)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    ballast.unlink()
    assert batch(CLIPS[0].path, CLIPS[1].path, "--out", out, "--jobs", 1).exit_code == 0
    assert before.items() < contents(out).items()
    assert len(rows(out, "files")) == 2


def test_only_one_run_works_in_a_folder(tmp_path: Path) -> None:
    from ser.batch.options import Options
    from ser.batch.state import BatchFolder
    from ser.config import Settings

    options = Options.of(
        Settings(max_decoding_s=60), model=None, own_baseline=True, prior=None, voices_by=None
    )
    with BatchFolder(tmp_path / "out").held(options):
        result = batch(CLIPS[0].path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "Another `ser batch` is at work" in result.stderr
