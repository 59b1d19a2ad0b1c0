"""Models of runs that were killed, and models that somebody or something has changed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clips import CLIPS, MODEL, pieces
from ser.errors import ModelCorrupt
from ser.services import model_store
from ser.services.inference import EmotionPredictor
from ser.services.model_store import KERAS_FILE, ONNX_FILE, SCALER_FILE

SER = Path(sys.executable).with_name("ser")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def kill_once(process: subprocess.Popen[bytes], appears: Path) -> None:
    deadline = time.monotonic() + 300
    while not appears.exists():
        assert process.poll() is None, "It ended before it could be killed."
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def test_a_killed_run_leaves_the_old_model_and_the_next_one_replaces_it(tmp_path: Path) -> None:
    data, models = pieces(tmp_path / "data"), tmp_path / "model"
    shutil.copytree(MODEL, models / "own")
    before = contents(models / "own")
    command = [SER, "train", "--corpus", "folder", "--data", data, "--name", "own", "--out", models]
    command += ["--epochs", "1", "--cache", tmp_path / "cache"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        kill_once(process, models / ".own.partial" / KERAS_FILE)
    assert model_store.names(models) == ["own"]
    assert contents(models / "own") == before
    subprocess.run(command, check=True, capture_output=True)
    assert [path.name for path in models.iterdir()] == ["own"]
    manifest = EmotionPredictor.load(models / "own").manifest
    assert manifest.labels == ["Angry", "Disgust", "Happy", "Sad"]
    assert manifest.split["by"] == "speaker"
    evaluate = [SER, "evaluate", "--model", models / "own", "--corpus", "folder", "--data", data]
    told = subprocess.run(evaluate, check=True, capture_output=True, text=True).stdout
    assert f"UAR {manifest.unseen_uar:.4f}" in told


def spoilt(content: bytes, how: str) -> bytes:
    if how == "cut":
        return content[:-1]
    if how == "longer":
        return content + b"\0"
    at = {"first": 0, "middle": len(content) // 2, "last": -1}[how]
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("how", ["first", "middle", "last", "cut", "longer"])
@pytest.mark.parametrize("file", [ONNX_FILE, KERAS_FILE, SCALER_FILE])
def test_a_changed_file_is_refused(file: str, how: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(MODEL, tmp_path / "copy"))
    (copy / file).write_bytes(spoilt((copy / file).read_bytes(), how))
    with pytest.raises(ModelCorrupt, match=f"{file} of 'copy' has not the SHA-256"):
        EmotionPredictor.load(copy, engine="onnx" if file == ONNX_FILE else "keras")


def test_the_command_line_refuses_a_changed_model(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(MODEL, tmp_path / "copy"))
    (copy / ONNX_FILE).write_bytes(spoilt((copy / ONNX_FILE).read_bytes(), "middle"))
    result = subprocess.run(
        [SER, "predict", "--model", copy, CLIPS[0].path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "has not the SHA-256" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_changed_hash_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(MODEL, tmp_path / "copy"))
    manifest = json.loads((copy / model_store.MANIFEST).read_text())
    manifest["sha256"][ONNX_FILE] = spoilt(manifest["sha256"][ONNX_FILE].encode(), "last").decode()
    (copy / model_store.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        EmotionPredictor.load(copy)
