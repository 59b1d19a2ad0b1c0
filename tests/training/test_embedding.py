"""docs/embed.md: its programs run, with nothing of this project, and answer as the product does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, MODEL
from ser.audio.decode import decode
from ser.conditions.codecs import wav
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor

ROOT = MODEL.parents[1]
PAGE = (ROOT / "docs" / "embed.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(CPP,) = re.findall(r"```cpp\n(.*?)```", PAGE, re.DOTALL)
JAVASCRIPT, _ = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
SIX = MODEL.with_name("cremad-6")


def test_the_first_program_answers_as_the_product_does(tmp_path: Path) -> None:
    predictor = EmotionPredictor.load(SIX)
    (tmp_path / "program.py").write_text(PROGRAMS[0])
    shutil.copy(SIX / "model.onnx", tmp_path)
    for clip in CLIPS[:2]:
        (tmp_path / "clip.wav").write_bytes(wav(decode(clip.path)))
        # -I leaves out this checkout; what the environment has installed stays.
        ran = subprocess.run(
            [sys.executable, "-I", "program.py", "clip.wav"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        found = {name: float(value) for name, value in map(str.split, ran.stdout.splitlines())}
        expected = predictor.predict_waveform(decode(tmp_path / "clip.wav"), known_speech=True)
        assert found == pytest.approx(dict(expected.probabilities), abs=6e-4)
        assert next(iter(found)) == expected.emotion
        assert ran.stderr == ""
    assert "ser" not in re.findall(r"(?:import|from) (\w+)", PROGRAMS[0])


def test_javascript_answers_as_the_product_does(tmp_path: Path) -> None:
    # Where the page's packages are: Node looks for them beside a program and above it.
    (tmp_path / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    (tmp_path / "program.mjs").write_text(JAVASCRIPT)
    shutil.copy(SIX / "model.onnx", tmp_path)
    y = decode(CLIPS[0].path)
    (tmp_path / "samples.f32").write_bytes(y.astype("<f4").tobytes())
    ran = subprocess.run(["node", "program.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = {name: float(value) for name, value in map(str.split, ran.stdout.splitlines())}
    expected = EmotionPredictor.load(SIX).predict_waveform(y, known_speech=True).probabilities
    assert found == pytest.approx(dict(expected), abs=1e-3)


def test_cpp_answers_as_the_product_does(tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(CPP)
    build = ["c++", "-std=c++17", "program.cpp", "-lonnxruntime", "-o", "program"]
    header = ["c++", "-E", "-include", "onnxruntime_cxx_api.h", "-x", "c++", os.devnull]
    if shutil.which("c++") is None or subprocess.run(header, capture_output=True, check=False).returncode:
        pytest.skip("needs a compiler and ONNX Runtime's headers")
    subprocess.run(build, cwd=tmp_path, check=True)
    shutil.copy(SIX / "model.onnx", tmp_path)
    y = decode(CLIPS[0].path)
    (tmp_path / "samples.f32").write_bytes(y.astype("<f4").tobytes())
    ran = subprocess.run(["./program"], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = {name: float(value) for name, value in map(str.split, ran.stdout.splitlines())}
    expected = EmotionPredictor.load(SIX).predict_waveform(y, known_speech=True).probabilities
    assert found == pytest.approx(dict(expected), abs=1e-3)


def test_the_statistics_are_those_of_a_baseline() -> None:
    predictor = EmotionPredictor.load(SIX)
    known = Baseline.of(np.concatenate([predictor.feature_set.extract(decode(c.path)) for c in CLIPS]))
    manifest, names = predictor.manifest, {"numpy": np}
    exec(PROGRAMS[1], names)
    scaling = predictor.require_scaling()
    given = {"mean": scaling.mean, "scale": scaling.scale}
    found = names["statistics"](known.count, known.sum, known.sum_squares, given, manifest.prior_frames)
    for one, other in zip(
        found, known.blended(scaling.mean, scaling.scale, manifest.prior_frames), strict=True
    ):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-6)
