from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2] / "backend"


def python(program: str, **environment: str) -> str:
    """Run a program with the environment of this process, without any limit of OpenMP."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    return subprocess.run(
        [sys.executable, "-c", program], env=kept | environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("limit", [{}, {"OMP_THREAD_LIMIT": "3"}], ids=["no limit", "a limit"])
def test_importing_the_package_leaves_the_environment_alone(limit: dict[str, str]) -> None:
    packages = ["audio", "speech", "features", "models", "analysis", "api"]
    modules = [
        ".".join(path.relative_to(BACKEND).with_suffix("").parts)
        for package in packages
        for path in (BACKEND / "ser" / package).rglob("*.py")
    ]
    assert "ser.speech.detector" in modules
    program = f"""
import os, importlib
before = dict(os.environ)
for name in {sorted(modules)} + ["ser.app", "ser.server.application"]:
    importlib.import_module(name)
print(dict(os.environ) == before)
"""
    assert python(program, **limit).strip() == "True"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted by Linux")
def test_the_detector_starts_no_threads() -> None:
    program = """
import os
import numpy as np
from ser.speech.gate import has_speech
noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
before = len(os.listdir("/proc/self/task"))
has_speech(noise)
print(len(os.listdir("/proc/self/task")) - before)
"""
    assert python(program).strip() == "0"
