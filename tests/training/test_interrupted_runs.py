"""Runs that were killed, and models that another one shares files with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from clips import CLIPS, MODEL, copied_model, of_own_recordings, pieces
from foreign_lines import foreign_lines
from networks import small_bilstm
from ser.cli.main import main
from ser.errors import ModelError, ModelNotFound
from ser.models import store as model_store
from ser.models.manifest import KERAS_FILE, MANIFEST, NETWORK_FILES
from ser.models.predictor import EmotionPredictor
from ser.training.families import bilstm
from ser.training.writer import Package, install, make_ready
from server import Server, with_ser_on_the_path
from waiting import DEADLINE_S, wait_until

SER = Path(sys.executable).with_name("ser")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def kill_once(process: subprocess.Popen[bytes], appears: Path) -> None:

    def is_there() -> bool:
        assert process.poll() is None, "It ended before it could be killed."
        return appears.exists()

    # To train takes long on a slow machine.
    wait_until(is_there, deadline_s=30 * DEADLINE_S)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(DEADLINE_S)


def ser(*arguments: object) -> str:
    """Run a command in this process, and return what it prints."""
    return CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False).stdout


def test_a_killed_run_leaves_the_old_model_and_the_next_one_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, models = pieces(tmp_path / "data"), tmp_path / "model"
    of_own_recordings(copied_model(models / "own"))
    before = contents(models / "own")
    command = ["train", "--corpus", "folder", "--data", data, "--name", "own", "--out", models]
    command += ["--architecture", "bilstm", "--epochs", "1", "--cache", tmp_path / "cache"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([SER, *command], stdout=log, stderr=log, start_new_session=True)
        kill_once(process, models / ".own.partial" / KERAS_FILE)
    told = (tmp_path / "log").read_text()
    assert foreign_lines(told) == []
    assert told.splitlines() == [
        f"Reading the recordings of '{data}'",
        "32 clips of 8 speakers to train on; 16 clips of 4 speakers for the score",
        "Training 1 of 1: model",
    ]
    assert model_store.names(models) == ["own"]
    assert contents(models / "own") == before
    monkeypatch.setattr(bilstm, "bilstm", small_bilstm)
    report = ser(*command)
    assert [path.name for path in models.iterdir()] == ["own"]
    manifest = EmotionPredictor.load(models / "own").manifest
    assert manifest.labels == ["Angry", "Disgust", "Happy", "Sad"]
    assert manifest.split["by"] == "speaker"
    assert f"UAR {manifest.unseen_uar:.4f}" in report
    assert f"UAR {manifest.unseen_uar:.4f}" in ser(
        "evaluate", "--model", models / "own", "--corpus", "folder", "--data", data
    )
    *_, written, serve, attempt = report.splitlines()
    assert written.endswith(f": {models / 'own'}")
    require_served(serve.removeprefix("Serve it:  "), tmp_path / "server.log", "own")
    require_predicted(attempt.removeprefix("Try it:    "), manifest.split["dev"])


def require_served(command: str, log: Path, name: str) -> None:
    """Run a printed command in a shell, and make sure that the server's default model is this one."""
    server = Server(log, command=command)
    try:
        with urlopen(f"{server.url}/models") as answer:
            assert json.load(answer)["default"] == name
    finally:
        server.kill()


def require_predicted(command: str, speakers: list[str]) -> None:
    """Run a printed command in a shell, and make sure that it predicts a clip of one of these speakers."""
    done = subprocess.run(
        ["sh", "-c", command], env=with_ser_on_the_path(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["emotion"]
    assert Path(answer["file"]).parent.name in speakers


def two_names(folder: Path) -> Path:
    """The shipped model under its two names."""
    for name in ("cremad-6", "cremad-4"):
        shutil.copytree(MODEL.with_name(name), folder / name)
    return folder


def repackaged(models: Path) -> list[Package]:
    """The same two, newly made on another day."""
    packages = [Package(models / name) for name in ("cremad-6", "cremad-4")]
    for name in NETWORK_FILES:
        shutil.copy(models / "cremad-6" / name, packages[0].folder)
    packages[1].use_networks_of(packages[0])
    for package in packages:
        package.manifest = json.loads((package.directory / MANIFEST).read_text())
        package.describe()
        package.describe(created="2030-01-01")
    return packages


def days(models: Path) -> list[str]:
    """When each of the models there was made; all of them can be loaded."""
    loaded = [EmotionPredictor.load(models / name) for name in model_store.names(models)]
    assert all(predictor.predict(CLIPS[0].path).emotion for predictor in loaded)
    return [predictor.manifest.created for predictor in loaded]


class Killed(BaseException):
    """As a kill, nothing catches it."""


@pytest.mark.parametrize("renames", range(5))
def test_a_kill_between_two_renames_leaves_both_names_old_or_both_new(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = two_names(tmp_path)
    before = days(models)
    packages, rename, calls = repackaged(models), Path.rename, []

    def rename_until_killed(path: Path, target: Path) -> Path:
        if len(calls) == renames:
            raise Killed
        calls.append(path)
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename_until_killed)
        if renames < 4:
            with pytest.raises(Killed):
                install(packages)
        else:
            patched.setattr(shutil, "rmtree", lambda path, **_: None)
            install(packages)
            patched.undo()
    if renames in (1, 2):
        with pytest.raises(ModelNotFound, match=r"rename it back, or train again"):
            model_store.find("cremad-6", models)
    make_ready([models / "another"])
    assert days(models) == (["2030-01-01"] * 2 if renames == 4 else before)
    assert not list(models.glob(".*.old"))


def test_a_restoration_that_is_killed_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = two_names(tmp_path)
    before = days(models)
    packages = repackaged(models)
    for package in packages:
        package.complete()
        package.directory.rename(model_store.old_place(package.directory))
    packages[0].folder.rename(packages[0].directory)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            make_ready([models / "another"])
    make_ready([models / "another"])
    assert days(models) == before


def test_a_model_whose_files_another_one_shares_is_not_replaced_alone(tmp_path: Path) -> None:
    models = two_names(tmp_path)
    with pytest.raises(ModelError, match=r"'cremad-4' shares the files of 'cremad-6' .*--core-name cremad-4"):
        make_ready([models / "cremad-6"])
    with pytest.raises(ModelError, match="'cremad-4' shares"):
        make_ready([models / "other", models / "cremad-6"])
    for free in (["cremad-6", "cremad-4"], ["cremad-4"], ["other", "cremad-4"], ["other"]):
        make_ready([models / name for name in free])
    shutil.rmtree(models / "cremad-4")
    make_ready([models / "cremad-6"])


def test_training_over_a_shared_model_is_refused_before_it_begins(tmp_path: Path) -> None:
    models = two_names(tmp_path / "model")
    of_own_recordings(models / "cremad-6")
    command = ["train", "--corpus", "folder", "--data", pieces(tmp_path / "data"), "--name", "cremad-6"]
    for architecture in ("hybrid", "bilstm"):
        options = ["--family", architecture, "--out", models, "--cache", tmp_path / "cache"]
        result = CliRunner().invoke(main, [str(each) for each in [*command, *options]])
        assert result.exit_code == 2
        assert "'cremad-4' shares the files" in result.stderr
    assert days(models)
