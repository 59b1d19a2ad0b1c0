"""What is installed only with the extra `published`: the default models do without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clips import CLIPS, MODEL
from ser.features.mfcc import MFCC
from ser.features.registry import FEATURE_SETS
from ser.features.served import served

# Without what the extra installs, and what comes with that.
WITHOUT = (
    "librosa",
    "scipy",
    "sklearn",
    "numba",
    "joblib",
    "threadpoolctl",
    "tensorflow",
    "onnx",
    "matplotlib",
)
SCRIPT = """
import sys

class Without:
    # Finds what another finder finds, without some libraries.

    def __init__(self, finder):
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._finder, name)

    def find_spec(self, name, path=None, target=None):
        missing = name.partition(".")[0] in {without}
        return None if missing else self._finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
from ser.app import create_app

client = create_app().test_client()
for model in sys.argv[2:]:
    for path in ("/predict", "/analyze"):
        with open(sys.argv[1], "rb") as file:
            answer = client.post(path, data={{"file": (file, "x"), "model": model}})
        print(model, answer.status_code, answer.json.get("code"))
"""


@pytest.mark.slow
def test_the_default_models_need_no_more_than_the_server_does() -> None:
    names = ["cremad-4", "cremad-6", "hindi-lstm", "dense-105", "cnn-lstm-voting"]
    command = [sys.executable, "-c", SCRIPT.format(without=WITHOUT), str(CLIPS[0].path), *names]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=MODEL.parent)
    answers = found.stdout.splitlines()
    served_ones = [f"{name} 200 None" for name in names[:3] for _ in range(2)]
    assert answers == served_ones + [f"{name} 503 model_unavailable" for name in names[3:] for _ in range(2)]
    assert "need librosa: install the extra 'published'" in found.stderr


def test_only_what_librosa_extracts_needs_it() -> None:
    for name in FEATURE_SETS:
        found = FEATURE_SETS.get(name)
        assert "librosa" in found.libraries
        found.require_libraries()
    assert served(MFCC).libraries == ()
