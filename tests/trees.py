"""Makes the files of a corpus."""

from __future__ import annotations

from pathlib import Path


def make_files(root: Path, *names: str, content: bytes = b"") -> None:
    """Write files of the same content below `root`, with their folders."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
