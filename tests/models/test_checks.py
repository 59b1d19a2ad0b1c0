"""`checks.check`: everything that is wrong with a model directory, not only the first thing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from clips import MODEL, PUBLISHED
from ser.features.mfcc import MFCC, MFCC_PITCH
from ser.models import store as model_store
from ser.models.checks import Findings, check
from ser.models.engines import FRAMES_INPUT
from ser.models.manifest import CARD_FILE, KERAS_FILE, MANIFEST, ONNX_FILE, PICKLED_SCALER_FILE

LABELS = ["Angry", "Happy", "Sad", "Disgust"]


def write_manifest(directory: Path, **changes: Any) -> None:
    """Change some fields of a manifest; those that become None are left out."""
    known = json.loads((directory / MANIFEST).read_text()) | changes
    (directory / MANIFEST).write_text(json.dumps({k: v for k, v in known.items() if v is not None}))


def put(directory: Path, content: bytes) -> None:
    """Put an ONNX file into a model, and its hash into the manifest."""
    (directory / ONNX_FILE).write_bytes(content)
    write_manifest(directory, sha256={ONNX_FILE: hashlib.sha256(content).hexdigest()})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The published network, without the files of Keras."""
    directory = tmp_path / "mine"
    shutil.copytree(PUBLISHED, directory, ignore=shutil.ignore_patterns("*.keras", "scaler.*"))
    put(directory, (directory / ONNX_FILE).read_bytes())
    return directory


def graph(last: str = "Softmax", *, width: int = 4, output: str = "probabilities") -> bytes:
    """A network that adds the frames of a window up, with one node after that."""
    nodes = [
        helper.make_node("ReduceSum", [FRAMES_INPUT, "time"], ["summed"], keepdims=0),
        helper.make_node("MatMul", ["summed", "weights"], ["logits"]),
        helper.make_node(last, ["logits"], [output], **({"axis": -1} if last == "Softmax" else {})),
    ]
    weights = np.random.default_rng(0).normal(0, 1e-3, (MFCC.width, width)).astype(np.float32)
    made = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(FRAMES_INPUT, TensorProto.FLOAT, ("batch", "time", MFCC.width))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ("batch", width))],
        [numpy_helper.from_array(np.array([1]), "time"), numpy_helper.from_array(weights, "weights")],
    )
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(made, opset_imports=opset, ir_version=10).SerializeToString()


def test_a_sound_model_has_no_faults(model: Path) -> None:
    assert check(model) == Findings(faults=(), keras_compared=None)
    put(model, graph())
    write_manifest(model, scaling=None)
    assert check(model) == Findings(faults=(), keras_compared=None)


@pytest.mark.parametrize("name", model_store.names(MODEL.parent))
def test_shipped_models_have_no_faults_and_need_no_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # With Keras, `tests/training/test_heads.py` has small networks.
    monkeypatch.setitem(sys.modules, "keras", None)
    # scikit-learn's have no Keras file.
    has_keras = KERAS_FILE in model_store.ModelDirectory(MODEL.with_name(name)).manifest.sha256
    assert check(MODEL.with_name(name)) == Findings(faults=(), keras_compared=False if has_keras else None)


def change_onnx(directory: Path) -> None:
    (directory / ONNX_FILE).write_bytes(b"changed")


CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "no manifest": (lambda d: (d / MANIFEST).unlink(), [r"No model at .*model\.json: No such file"]),
    "no JSON": (lambda d: (d / MANIFEST).write_text("{"), ["malformed: it: Invalid JSON"]),
    "a changed file": (change_onnx, ["model.onnx of 'mine' has not the SHA-256"]),
    "a missing file": (
        lambda d: (d / ONNX_FILE).unlink(),
        ["model.onnx of 'mine' cannot be read: No such file"],
    ),
    "a file that is not listed": (
        lambda d: (d / PICKLED_SCALER_FILE).touch(),
        [r"scaler\.pkl of 'mine' is not listed in model\.json"],
    ),
    "no network": (lambda d: write_manifest(d, sha256={}), ["is not listed", r"lists no model\.onnx"]),
    "no card": (lambda d: (d / CARD_FILE).unlink(), [r"no MODEL_CARD\.md"]),
    "an empty card": (lambda d: (d / CARD_FILE).write_text(""), [r"no MODEL_CARD\.md"]),
    "an unknown feature set": (
        lambda d: write_manifest(d, features={"name": "none", "parameters": {}}),
        ["trained on other features .*it has no 'none'"],
    ),
    "other parameters": (
        lambda d: write_manifest(
            d, features=MFCC.describe() | {"version": 3, "parameters": {**MFCC.parameters, "n_mfcc": 13}}
        ),
        ["trained on other features .*'mfcc-delta' has another version, n_mfcc"],
    ),
    "a scaling of other features": (
        lambda d: write_manifest(d, scaling={"mean": [1], "scale": [1]}),
        ["scaling has not one number per feature"],
    ),
    "weights from nowhere": (
        lambda d: write_manifest(d, weights_of="nowhere"),
        ["uses the network of 'nowhere', and there is no such model"],
    ),
    "weights from a folder without them": (
        lambda d: ((d.parent / "other").mkdir(), write_manifest(d, weights_of="other")),
        [r"model\.onnx of 'mine', which it takes from 'other' beside it, cannot be read"],
    ),
    "a graph that is none": (lambda d: put(d, b"no graph"), ["ONNX Runtime cannot load"]),
    "another output, and no statistics": (
        lambda d: put(d, graph(output="other")),
        [r"model\.onnx of 'mine' has no output 'probabilities'", "takes no mean and scale"],
    ),
    "other labels": (
        lambda d: write_manifest(d, labels=[*LABELS, "Fear"]),
        ["'mine' has 4 outputs for 5 labels"],
    ),
    "not finite": (
        lambda d: (put(d, graph("Log")), write_manifest(d, scaling=None)),
        ["model.onnx of .* and a sound of 1 s: the answer is not finite"],
    ),
    "no sum of 1": (
        lambda d: (put(d, graph("Sigmoid")), write_manifest(d, scaling=None)),
        ["the answer sums to [0-9.]+, not to 1"],
    ),
    "frames of another width": (
        lambda d: write_manifest(d, features=MFCC_PITCH.describe(), scaling=None),
        ["cannot read features"],
    ),
}


@pytest.mark.parametrize(("change", "sentences"), CHANGES.values(), ids=CHANGES)
def test_a_fault_is_told_once(change: Callable[[Path], object], sentences: list[str], model: Path) -> None:
    change(model)
    faults = check(model).faults
    assert len(faults) == len(sentences), faults
    for fault, sentence in zip(faults, sentences, strict=True):
        assert re.search(sentence, fault), fault


def test_all_faults_are_told_at_once(model: Path) -> None:
    change_onnx(model)
    (model / CARD_FILE).unlink()
    write_manifest(model, surprise=1, parameters="many", labels=["Angry"])
    faults = check(model).faults
    sentences = ["labels: .*at least 2", "parameters: .*integer", "surprise: Extra", "SHA-256", "MODEL_CARD"]
    assert len(faults) == len(sentences), faults
    for sentence in sentences:
        assert any(re.search(sentence, fault) for fault in faults), sentence


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def nothing(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 2**20)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HOSTILE_FILES = [loop, endless, pipe, nothing, folder]
HOSTILE_MANIFESTS = {
    "bytes": np.random.default_rng(0).bytes(10_000),
    "nested": b"[" * 1_000_000,
    "nested in a field": b'{"split": ' * 100_000,
    "null": b"null",
    "many unknown fields": json.dumps({f"x{n}": n for n in range(100_000)}).encode(),
    "a long name": json.dumps({"x" * 1_000_000: 1, "\x1b[2J": 1}).encode(),
    "files elsewhere": json.dumps({"sha256": {"../../etc/passwd": "", "/dev/zero": "", "": ""}}).encode(),
}


@pytest.mark.parametrize("file", [MANIFEST, ONNX_FILE, CARD_FILE])
@pytest.mark.parametrize("spoil", HOSTILE_FILES, ids=lambda spoil: spoil.__name__)
def test_a_hostile_file_is_a_fault(spoil: Callable[[Path], None], file: str, model: Path) -> None:
    spoil(model / file)
    (fault,) = check(model).faults
    assert file in fault
    # Nor does it stop the others.
    found = model_store.find_all(model.parent, str(MODEL))
    assert list(found.directories) == ["cremad-4", *(["mine"] if file != MANIFEST else [])]


@pytest.mark.parametrize("content", HOSTILE_MANIFESTS.values(), ids=HOSTILE_MANIFESTS)
def test_a_hostile_manifest_is_a_fault(content: bytes, model: Path) -> None:
    (model / MANIFEST).write_bytes(content)
    faults = check(model).faults
    assert faults
    assert max(map(len, faults)) < 1_000
    assert len(faults) <= 110


def test_models_that_lead_to_each_other_are_faulty(model: Path) -> None:
    other = shutil.copytree(model, model.with_name("other"))
    write_manifest(model, weights_of="other")
    write_manifest(other, weights_of="mine")
    for directory in (model, other):
        (directory / ONNX_FILE).unlink()
    for directory in (model, other):
        (fault,) = check(directory).faults
        assert "which it takes from" in fault


def test_a_directory_that_leads_to_itself_is_none(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (fault,) = check(tmp_path / "loop").faults
    assert "symbolic links" in fault


@pytest.fixture
def closed(model: Path) -> Iterator[Path]:
    """A folder of models, of which `mine` may not be entered."""
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(model, Path(root) / "mine")
        shutil.copytree(model, Path(root) / "open")
        Path(root).chmod(0o755)
        (Path(root) / "mine").chmod(0)
        check(model)  # imports what may be closed, too
        if os.geteuid() == 0:
            os.seteuid(65534)
        yield Path(root)
        os.seteuid(os.getuid())
        (Path(root) / "mine").chmod(0o755)


def test_a_directory_without_permission_is_a_fault(closed: Path) -> None:
    (fault,) = check(closed / "mine").faults
    assert "Permission denied" in fault
    found = model_store.find_all(closed, "open")
    assert set(found.directories) == {"open"}
