from __future__ import annotations

import io

import numpy as np
import pytest

from ser.audio.sources import Arriving, ChunkedFile

RNG = np.random.default_rng(0)


class Uneven:
    """Gives chunks of random lengths."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, int(RNG.integers(1, 50))))


def test_a_chunked_file_reads_and_seeks_like_one_piece() -> None:
    content = RNG.bytes(5_000)
    expected, chunked = io.BytesIO(content), ChunkedFile(Uneven(content), chunk_bytes=100)
    for _ in range(2_000):
        match int(RNG.integers(4)):
            case 0:
                offset = int(RNG.integers(0, 6_000))
                assert chunked.seek(offset) == expected.seek(offset)
            case 1:
                offset = -min(int(RNG.integers(0, 100)), expected.tell())
                assert chunked.seek(offset, io.SEEK_CUR) == expected.seek(offset, io.SEEK_CUR)
            case 2:
                offset = int(RNG.integers(-5_000, 10))
                assert chunked.seek(offset, io.SEEK_END) == expected.seek(offset, io.SEEK_END)
            case 3:
                size = int(RNG.integers(-1, 400))
                assert chunked.read(size) == expected.read(size)
        assert chunked.tell() == expected.tell()
    with pytest.raises(ValueError, match="-1"):
        chunked.seek(-1)


def test_an_empty_source_is_an_empty_file() -> None:
    chunked = ChunkedFile(io.BytesIO(), chunk_bytes=10)
    assert (chunked.read(5), chunked.read(), chunked.seek(0, io.SEEK_END)) == (b"", b"", 0)


def test_what_arrives_is_counted_and_its_ends_are_kept() -> None:
    content = RNG.bytes(1_000)
    arriving = Arriving(Uneven(content), head_bytes=64, tail_bytes=100)
    assert arriving.head == content[:64]
    assert arriving.count == 0
    assert b"".join(iter(lambda: arriving.read(33), b"")) == content
    assert arriving.count == 1_000
    assert arriving.tail == content[-100:]
