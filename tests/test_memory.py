"""What a server loads before its fork, and what its processes share then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server import Server


def test_the_server_has_loaded_its_modules_and_no_onnx_runtime_before_the_fork() -> None:
    script = (
        "import sys, ser.app; from ser import memory; memory.bound_free_memory(); memory.share_with_forks();"
        "print('onnxruntime' in sys.modules, 'av' in sys.modules, 'ser.api.routes.predict' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True", "True"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_share_what_was_loaded_before_the_fork(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="2")
    try:
        workers = server.workers()
        assert len(workers) == 2
        for worker in workers:
            rollup = Path(f"/proc/{worker.pid}/smaps_rollup").read_text()
            (shared_kb,) = (line.split()[1] for line in rollup.splitlines() if "Shared_Dirty" in line)
            # Anonymous memory that another process has, too, was there before the fork.
            assert int(shared_kb) > 10_000
    finally:
        assert server.stop() == 0
