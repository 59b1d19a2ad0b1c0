"""Whether a file is cut off: what WAV, Ogg and MP3 tell of their own ends, which FFmpeg does not."""

from __future__ import annotations

import struct

# Enough of the end of a file for `lacks_last_ogg_page`: an Ogg page has 65,307 bytes at most.
TAIL_BYTES = 65_307

_WAV_HEADER_BYTES = 36
# The size that a program writes into a WAV whose end it does not know yet.
_UNKNOWN_WAV_BYTES = 0x7FFF_F000
_OGG_LAST = 4
# Bit rates by their index in a header, of MPEG 1 and of MPEG 2 and 2.5.
_MP3_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def is_riff(head: bytes) -> bool:
    """Return whether a file that begins with `head` is WAV with a whole header."""
    return head[:4] == b"RIFF" and len(head) >= _WAV_HEADER_BYTES


def riff_bytes(head: bytes) -> int:
    """Return how many bytes a WAV declares after its first eight; 0 if it was written as a stream."""
    (size,) = struct.unpack("<I", head[4:8])
    return size if _WAV_HEADER_BYTES <= size < _UNKNOWN_WAV_BYTES else 0


def riff_duration_s(head: bytes) -> float | None:
    """Return how long a WAV declares to be; None if it declares nothing, or its format is not in `head`."""
    if head[12:16] != b"fmt " or len(head) < 32:
        return None
    size, (bytes_per_s,) = riff_bytes(head), struct.unpack("<I", head[28:32])
    return size / bytes_per_s if bytes_per_s and size else None


def lacks_riff_end(head: bytes, count: int) -> bool:
    """Return whether a WAV of `count` bytes declares more."""
    # A last chunk of odd length is padded by most programs, not by all.
    return count < riff_bytes(head) + 7


def lacks_last_ogg_page(head: bytes, tail: bytes) -> bool:
    """Return whether a file is Ogg, and its last page does not say that it is the last."""
    if head[:4] != b"OggS":
        return False
    flags = tail.rfind(b"OggS") + 5
    return flags >= len(tail) or not tail[flags] & _OGG_LAST


def is_cut_mp3(packet: bytes) -> bool:
    """Return whether a packet is shorter than its MPEG audio header tells."""
    # The header of layer III: its version, and the indices of its bit rate and sampling rate.
    if len(packet) < 4 or packet[0] != 0xFF or packet[1] & 0xE6 != 0xE2:
        return False
    version, rate, kbps = packet[1] >> 3 & 3, packet[2] >> 2 & 3, packet[2] >> 4
    if rate == 3 or kbps in (0, 15):
        return False
    first = version == 3
    rate_hz = (44_100, 48_000, 32_000)[rate] // (1 if first else 2 if version == 2 else 4)
    bits = 1000 * (_MP3_KBPS_1 if first else _MP3_KBPS_2)[kbps]
    return len(packet) < (144 if first else 72) * bits // rate_hz
