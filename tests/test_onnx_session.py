"""ONNX Runtime: it tells nobody of what it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from clips import CLIPS


def test_nothing_is_kept_of_a_session_to_be_told_to_its_maker(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ser = Path(sys.executable).with_name("ser")
    done = subprocess.run(
        [ser, "predict", CLIPS[0].path], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # Otherwise, a number of the machine and what is still to be sent.
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
