"""Models that somebody or something has changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clips import CLIPS, copied_model
from ser.errors import ModelCorrupt
from ser.models.manifest import KERAS_FILE, MANIFEST, ONNX_FILE, SCALER_FILE
from ser.models.predictor import EmotionPredictor

SER = Path(sys.executable).with_name("ser")


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
    copy = copied_model(tmp_path / "copy")
    (copy / file).write_bytes(spoilt((copy / file).read_bytes(), how))
    with pytest.raises(ModelCorrupt, match=f"{file} of 'copy' has not the SHA-256"):
        EmotionPredictor.load(copy, engine="onnx" if file == ONNX_FILE else "keras")


def test_the_command_line_refuses_a_changed_model(tmp_path: Path) -> None:
    copy = copied_model(tmp_path / "copy")
    (copy / ONNX_FILE).write_bytes(spoilt((copy / ONNX_FILE).read_bytes(), "middle"))
    result = subprocess.run(
        [SER, "predict", "--model", copy, CLIPS[0].path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "has not the SHA-256" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_changed_hash_is_refused(tmp_path: Path) -> None:
    copy = copied_model(tmp_path / "copy")
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["sha256"][ONNX_FILE] = spoilt(manifest["sha256"][ONNX_FILE].encode(), "last").decode()
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        EmotionPredictor.load(copy)
