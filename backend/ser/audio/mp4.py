"""Refuses MP4 files whose index claims more samples than they have bytes.

FFmpeg allocates memory for every claimed sample before it reads any: 2 kB of file can take 4 GB of memory.
"""

from __future__ import annotations

import io
import struct

from ser.audio.sources import SeekableFile
from ser.errors import DecodeError

_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex"})
# Where the count of samples stands behind a box's header (ISO/IEC 14496-12, 8.7.3 and 8.8.8).
_COUNT_OFFSETS = {b"stsz": 8, b"stz2": 8, b"trun": 4}
_MAX_BOXES = 100_000


def is_mp4(head: bytes) -> bool:
    """Return whether a file that begins with `head` is MP4, M4A, MOV or 3GP."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")


def check(file: SeekableFile) -> None:
    """Check the index of an MP4 file.

    Raises:
        DecodeError: it claims too much, is compressed, damaged, or has too many parts.
    """
    size = file.seek(0, io.SEEK_END)
    samples = boxes = 0
    pending = [(0, size)]
    while pending:
        start, end = pending.pop()
        while start + 8 <= end:
            boxes += 1
            kind, body, following = _box(file, start, end)
            if boxes > _MAX_BOXES or kind == b"cmov" or following < body:
                raise DecodeError("The index of the MP4 file is damaged or of an unknown kind.")
            if kind in _PARENTS:
                pending.append((body, following))
            elif kind in _COUNT_OFFSETS:
                samples += _number(file, body + _COUNT_OFFSETS[kind])
            start = following
    if samples > size:
        raise DecodeError("The index of the MP4 file claims more samples than the file has bytes.")


def _box(file: SeekableFile, start: int, end: int) -> tuple[bytes, int, int]:
    file.seek(start)
    length, kind = struct.unpack(">I4s", file.read(8))
    body = start + 8
    if length == 1:
        length, body = _number(file, body, ">Q"), body + 8
    elif length == 0:
        length = end - start
    return kind, body, min(start + length, end)


def _number(file: SeekableFile, offset: int, form: str = ">I") -> int:
    file.seek(offset)
    content = file.read(struct.calcsize(form))
    return int(struct.unpack(form, content)[0]) if len(content) == struct.calcsize(form) else 0
