from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from clips import CLIPS
from ser.audio.decode import decode
from ser.onnx_session import open_session
from ser.speech.silero import download
from ser.speech.silero.graph import CHUNK_LENGTH, CONTEXT_LENGTH, STATE_SIZE, WEIGHTS, network

FILE = Path(download.__file__).with_name(download.FILE_NAME)
LENGTH = CONTEXT_LENGTH + CHUNK_LENGTH
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def original() -> bytes:
    """Silero's own file, out of its package, which is downloaded."""
    return download.downloaded()[0]


def run(model: bytes, chunks: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    state = np.zeros((1, 1, STATE_SIZE), np.float32)
    found: list[NDArray[np.float32]] = open_session(model).run(
        None, {"input": chunks, "h": state, "c": state}
    )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 15, 70])
@pytest.mark.parametrize("sound", ["speech", "noise", "silence"])
def test_it_computes_what_silero_computes(original: bytes, sound: str, count: int) -> None:
    y = {
        "speech": decode(CLIPS[0].path),
        "noise": RNG.normal(0, 0.3, count * CHUNK_LENGTH + LENGTH).astype(np.float32),
        "silence": np.zeros(count * CHUNK_LENGTH + LENGTH, np.float32),
    }[sound]
    windows = np.lib.stride_tricks.sliding_window_view(y, LENGTH)[::CHUNK_LENGTH][:count]
    chunks = np.ascontiguousarray(windows)
    ours, theirs = run(FILE.read_bytes(), chunks), run(original, chunks)
    assert [each.size for each in ours] == [each.size for each in theirs] == [count, STATE_SIZE, STATE_SIZE]
    np.testing.assert_allclose(ours[0].ravel(), theirs[0].ravel(), rtol=0, atol=1e-4)
    # What it remembers has no bounds.
    for our, their in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(our.ravel(), their.ravel(), rtol=1e-3, atol=1e-4)
    if sound == "speech" and count == 70:
        assert ours[0].min() < 0.1
        assert ours[0].max() > 0.9


@pytest.mark.slow
def test_the_file_is_a_valid_model_of_the_committed_graph(original: bytes) -> None:
    model = onnx.load(FILE)
    onnx.checker.check_model(model, full_check=True)
    weights = {each.name: tuple(each.dims) for each in model.graph.initializer}
    assert WEIGHTS.items() <= weights.items()
    assert FILE.read_bytes() == download.with_weights(download.NETWORK.read_bytes(), original)
    assert onnx.load(download.NETWORK) == network()


def test_fields_are_read_as_protocol_buffers_store_them() -> None:
    model = onnx.load(download.NETWORK)
    (graph,) = download.fields(download.NETWORK.read_bytes(), 7)
    assert graph == model.graph.SerializeToString()
    assert list(download.fields(graph, 99)) == []
    with pytest.raises(ValueError, match="kind 5"):
        list(download.fields(bytes([2 << 3 | 5, 0, 0, 0, 0]), 1))


def test_another_file_than_expected_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(command: list[str], **_: object) -> None:
        folder = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(folder / "silero_vad-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr(download.MEMBER, b"another")
            wheel.writestr(download.LICENCE_MEMBER, b"")

    monkeypatch.setattr(subprocess, "run", fetch)
    assert hashlib.sha256(b"another").hexdigest() != download.SHA256
    with pytest.raises(SystemExit, match="not the file that was expected"):
        download.downloaded()


@pytest.mark.slow
def test_it_is_written_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, original: bytes) -> None:
    monkeypatch.setattr(download, "downloaded", lambda: (original, b"MIT"))
    monkeypatch.setattr(sys, "argv", ["download.py", str(tmp_path)])
    download.main()
    names = {download.FILE_NAME, download.LICENCE_FILE_NAME}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert "Silero" in FILE.with_name(download.LICENCE_FILE_NAME).read_text()
    assert (tmp_path / download.FILE_NAME).read_bytes() == FILE.read_bytes()
