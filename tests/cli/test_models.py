"""`ser models` and `ser models check`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clips import MODEL, PUBLISHED
from ser.cli.main import main
from ser.models.manifest import MANIFEST, ONNX_FILE


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["models", *map(str, arguments)])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models, the settings' one: a sound one without Keras' files, and a spoilt one."""
    sound, spoilt = tmp_path / "sound", tmp_path / "spoilt"
    shutil.copytree(PUBLISHED, sound, ignore=shutil.ignore_patterns("*.keras", "scaler.*"))
    manifest = json.loads((sound / MANIFEST).read_text())
    manifest["sha256"] = {ONNX_FILE: manifest["sha256"][ONNX_FILE]}
    (sound / MANIFEST).write_text(json.dumps(manifest))
    shutil.copytree(sound, spoilt)
    (spoilt / MANIFEST).write_text(json.dumps(manifest | {"labels": [], "licence": 5}))
    (spoilt / ONNX_FILE).write_bytes(b"")
    monkeypatch.setenv("SER_MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("SER_MODEL", "sound")
    return tmp_path


def test_the_shipped_models_are_listed() -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for name, uar, parameters, answers in [
        ("* cremad-4", "0.765", "1,430,383", "Angry, Happy, Sad, Disgust"),
        ("bilstm-cremad", "0.595", "427,844", "Angry, Happy, Sad, Disgust"),
        ("cremad-6", "0.629", "1,430,383", "Angry, Happy, Sad, Disgust, Fear, Neutral"),
    ]:
        (line,) = (line for line in lines if " ".join(line.split()).startswith(f"{name} emotion"))
        assert f" {uar} " in line
        assert f" {parameters} " in line
        assert line.endswith(f"  {answers}")
    # The columns are aligned.
    assert len({line.index("emotion") for line in lines[1:4]}) == 1
    assert "cremad-4 uses the network of cremad-6." in lines
    assert any(line.startswith("  bilstm-cremad: MIT; made from CREMA-D") for line in lines)


def test_a_model_that_cannot_be_used_is_listed_with_the_reason(root: Path) -> None:
    result = run()
    assert result.exit_code == 0
    assert "spoilt: model.json of 'spoilt' is malformed: labels" in result.stdout
    assert "*  sound" in result.stdout


def test_a_listing_imports_no_engine() -> None:
    heavy = ("onnxruntime", "keras", "av", "sklearn")
    program = (
        "import sys; from ser.cli.main import main; main(['models'], standalone_mode=False); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_steers_a_terminal_is_not_printed(root: Path) -> None:
    manifest = json.loads((root / "sound" / MANIFEST).read_text())
    (root / "sound" / MANIFEST).write_text(json.dumps(manifest | {"licence": "\x1b]0;hacked\x07\udc80"}))
    (root / "spoilt" / MANIFEST).write_text(json.dumps(manifest | {"\x1b[2J": 1}))
    for result in (run(), run("check", "spoilt")):
        assert isinstance(result.exception, SystemExit | None)
        assert "\x1b" not in result.stdout
        assert "\N{REPLACEMENT CHARACTER}" in result.stdout


@pytest.mark.parametrize("given", [lambda root: "sound", lambda root: root / "sound"], ids=["name", "path"])
def test_a_sound_model_is_one_line(given: Callable[[Path], object], root: Path) -> None:
    result = run("check", given(root))
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert "is in order" in line


def test_all_that_is_wrong_is_listed(root: Path) -> None:
    result = run("check", "spoilt")
    assert result.exit_code == 1
    head, *faults = result.stdout.splitlines()
    assert "spoilt" in head
    assert len(faults) == 3
    for word in ("labels", "licence", "SHA-256"):
        assert any(word in fault for fault in faults), word


def test_a_folder_without_a_model_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "empty").mkdir()
    monkeypatch.chdir(root / "empty")
    for given in ("empty", root / "empty", "."):
        result = run("check", given)
        assert result.exit_code == 1
        assert "model.json: No such file" in result.stdout


@pytest.mark.parametrize("given", [["none"], ["x" * 5_000], ["sound/model.json"], [], ["sound", "spoilt"]])
def test_wrong_usage_is_told(given: list[str], root: Path) -> None:
    result = run("check", *given)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_without_models_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_MODEL_DIR", str(tmp_path))
    result = run()
    assert result.exit_code == 0
    assert f"No model 'cremad-4'; models in '{tmp_path}': none." in result.stdout


def test_the_default_may_be_elsewhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_MODEL", str(MODEL))
    assert "*  cremad-4" in run().stdout
