"""Opens the containers that we read, and nothing else.

PyAV's wheels contain FFmpeg, so no program has to be installed. The content decides what a file is: its name
never reaches FFmpeg, and no protocol is allowed, so that a playlist or a concat script cannot make it open
other files or addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import av
from av.audio.stream import AudioStream as AudioTrack
from av.container import InputContainer
from av.packet import Packet

from ser.audio import mp4
from ser.audio.sources import Readable, SeekableFile
from ser.errors import DecodeError, UnsupportedFormat

FORMATS = "WAV, WebM, MP3, OGG, FLAC, M4A/MP4"
# So much of a file is read to know its kind.
HEAD_BYTES = 64

_DEMUXERS = "wav,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,flac"
_OPTIONS = {"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}


class Nameless:
    """A file without its name: FFmpeg would take its extension into account."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def open_seekable(file: SeekableFile) -> InputContainer:
    """Open a file that can be read anywhere.

    Raises:
        UnsupportedFormat: it is no container that we read.
        DecodeError: it is one, but damaged or without an audio track.
    """
    head = file.read(HEAD_BYTES)
    if mp4.is_mp4(head):
        mp4.check(file)
    file.seek(0)
    return open_readable(file, head)


def open_readable(file: Readable, head: bytes) -> InputContainer:
    """Open a file that may be readable only in order, and begins with `head`. Raises as `open_seekable`."""
    try:
        container = av.open(file, mode="r", options=_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        if _is_known(head):
            raise DecodeError("The file begins like audio, but is damaged or cut off.") from error
        raise UnsupportedFormat(f"The content is none of {FORMATS}.") from error
    if not container.streams.audio:
        container.close()
        raise DecodeError("The file has no audio track.")
    return container


def audio_packets(container: InputContainer) -> Iterator[Packet[AudioTrack]]:
    """Yield the packets of the first audio track, as far as they can be read."""
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet


def _is_known(head: bytes) -> bool:
    return (
        (head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE")
        or head[:4] in (b"\x1aE\xdf\xa3", b"OggS", b"fLaC")
        or head[:3] == b"ID3"
        or mp4.is_mp4(head)
    )
