"""Writes `silero_vad.onnx`: the weights of Silero's detector of speech (MIT) in our graph of it.

Silero's package on PyPI needs PyTorch; its file of weights does not, so it is taken out of the wheel. As a
program, this needs only Python: `python backend/ser/speech/silero/download.py [folder]`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

VERSION = "6.2.3"
MEMBER = "silero_vad/data/silero_vad_16k_sequence.onnx"
LICENCE_MEMBER = f"silero_vad-{VERSION}.dist-info/licenses/LICENSE"
SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"

NETWORK = Path(__file__).with_name("network.onnx")
FILE_NAME, LICENCE_FILE_NAME = "silero_vad.onnx", "silero_vad-LICENSE.txt"

# Of ONNX's protocol buffers (onnx.proto): the graph of a model, the weights of a graph.
_GRAPH, _INITIALIZER = 7, 5
# How a field is stored: a number, or so many bytes.
_NUMBER, _BYTES = 0, 2


def main() -> None:
    """Write the file, and Silero's licence, into the folder of the first argument, or beside this one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    silero, licence = downloaded()
    content = with_weights(NETWORK.read_bytes(), silero)
    (folder / LICENCE_FILE_NAME).write_bytes(licence)
    partial = folder / f".{FILE_NAME}"
    partial.write_bytes(content)
    partial.replace(folder / FILE_NAME)


def downloaded() -> tuple[bytes, bytes]:
    """Download Silero's wheel, and return its file of the network, and its licence."""
    with tempfile.TemporaryDirectory() as folder:
        download = ["pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
        subprocess.run([sys.executable, "-m", *download, f"silero-vad=={VERSION}"], check=True)  # noqa: S603
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content, licence = archive.read(MEMBER), archive.read(LICENCE_MEMBER)
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"{MEMBER} of silero-vad {VERSION} is not the file that was expected.")
    return content, licence


def with_weights(network: bytes, silero: bytes) -> bytes:
    """Return an ONNX model with the weights of another one.

    Protocol buffers are joined by writing one after the other: their lists become one.

    Args:
        network: a model without weights.
        silero: a model whose weights have the names that the other one asks for.
    """
    (graph,) = fields(silero, _GRAPH)
    weights = b"".join(_field(_INITIALIZER, each) for each in fields(graph, _INITIALIZER))
    return network + _field(_GRAPH, weights)


def fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """Yield what the fields of one number hold, in a protocol buffer of numbers and bytes.

    Raises:
        ValueError: it has fields of another kind.
    """
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        size, start = _number(message, at)
        if tag & 7 == _NUMBER:
            at = start
            continue
        if tag & 7 != _BYTES:
            raise ValueError(f"A field of kind {tag & 7} was not expected.")
        at = start + size
        if tag >> 3 == wanted:
            yield message[start:at]


def _number(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that is stored at a position, seven bits a byte, the lowest first, and its end."""
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return value | message[at] << shift, at + 1


def _field(number: int, content: bytes) -> bytes:
    return _stored(number << 3 | _BYTES) + _stored(len(content)) + content


def _stored(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


if __name__ == "__main__":
    main()
