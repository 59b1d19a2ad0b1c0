from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, CONTAINERS, sound_file, transcode, video_without_sound
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.errors import DecodeError, TooLong, UnsupportedFormat

TONE = 0.3 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)


def wav(rate_hz: int, channels: int, data: bytes) -> bytes:
    """A 16-bit WAV with any rate and channel count in its header."""
    block = 2 * channels
    header = struct.pack(
        "<4sI8sIHHIIHH", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, channels, rate_hz,
        rate_hz * block % 2**32, block, 16,
    )  # fmt: skip
    return header + b"data" + struct.pack("<I", len(data)) + data


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_speech(container: str, speech: np.ndarray) -> None:
    decoded = decode(transcode(speech, container))
    assert decoded.dtype == np.float32
    assert decoded.ndim == 1
    assert np.isfinite(decoded).all()
    assert len(decoded) == pytest.approx(len(speech), abs=0.1 * SAMPLE_RATE_HZ)
    # Encoders delay the sound; the best alignment within 0.1 s must be the same speech.
    n = min(len(decoded), len(speech)) - 1600
    likeness = max(np.corrcoef(decoded[lag : lag + n], speech[:n])[0, 1] for lag in range(0, 1600, 1))
    assert likeness > 0.9


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_any_rate_and_channel_count_keeps_the_pitch(rate_hz: int, channels: int) -> None:
    t = np.arange(rate_hz) / rate_hz
    tone = np.repeat(0.3 * np.sin(2 * np.pi * 440 * t)[:, np.newaxis], channels, axis=1)
    y = decode(sound_file(tone, rate_hz=rate_hz))
    assert len(y) == pytest.approx(SAMPLE_RATE_HZ, abs=64)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    assert np.argmax(spectrum) * SAMPLE_RATE_HZ / len(y) == pytest.approx(440, abs=2)


def test_a_path_and_its_bytes_are_the_same() -> None:
    path = CLIPS[0].path
    np.testing.assert_array_equal(decode(path), decode(path.read_bytes()))


@pytest.mark.parametrize("name", ["x.mp3", "x.txt", "x", "x.m3u8"])
def test_the_content_decides_not_the_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(sound_file(TONE))
    assert len(decode(file)) == pytest.approx(SAMPLE_RATE_HZ, abs=64)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"this is no sound\n" * 99, id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(99), id="png"),
        pytest.param(b"%PDF-1.7\n" + bytes(999), id="pdf"),
        pytest.param(bytes(9999), id="zeros"),
        pytest.param(np.random.default_rng(0).bytes(99_999), id="random"),
        pytest.param(b"\x00", id="one byte"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"RIFF\x10\x00\x00\x00AVI LIST" + bytes(99), id="other RIFF"),
    ],
)
def test_what_is_no_audio_is_unsupported(content: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        decode(content)


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{path}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXTINF:9,\n{path}\n",
        "ffconcat version 1.0\nfile {path}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    ],
    ids=["hls", "m3u", "concat", "sdp"],
)
def test_a_playlist_cannot_reach_other_files(script: str) -> None:
    with pytest.raises(UnsupportedFormat):
        decode(script.format(path=CLIPS[0].path).encode())


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_cut_file_gives_what_is_left_or_a_clear_error(
    container: str, share: float, speech: np.ndarray
) -> None:
    content = transcode(speech, container)
    try:
        y = decode(content[: int(share * len(content))])
    except DecodeError:
        return
    assert 0 < len(y) <= len(speech) + 1600


def test_half_a_webm_gives_half_the_speech(speech: np.ndarray) -> None:
    content = transcode(speech, "webm")
    assert 0.3 < len(decode(content[: len(content) // 2])) / len(speech) < 0.7


def test_a_file_damaged_inside_is_no_crash(speech: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    for container in CONTAINERS:
        content = np.frombuffer(transcode(speech, container), np.uint8).copy()
        for _ in range(20):
            damaged = content.copy()
            where = rng.integers(0, len(content), 30)
            damaged[where] = rng.integers(0, 256, 30)
            try:
                y = decode(damaged.tobytes())
            except (DecodeError, UnsupportedFormat, TooLong):
                continue
            assert np.isfinite(y).all()
            assert np.abs(y).max() <= 1


def test_decoding_stops_at_the_maximum(speech: np.ndarray) -> None:
    content = transcode(speech, "mp3")
    assert len(decode(content, max_duration_s=3)) > 0
    with pytest.raises(TooLong, match="At most 1 s"):
        decode(content, max_duration_s=1)


def test_decoding_stops_when_the_header_hides_the_length(speech: np.ndarray) -> None:
    # A live recording (MediaRecorder's, too) does not say how long it is.
    content = transcode(np.tile(speech, 3), "webm")
    at = content.find(b"\x44\x89")  # the Duration element of EBML
    assert at > 0
    hidden = content[:at] + b"\xec\x89" + content[at + 2 :]
    assert len(decode(hidden)) > 2.5 * len(speech)
    with pytest.raises(TooLong):
        decode(hidden, max_duration_s=3)


@pytest.mark.parametrize(
    ("rate_hz", "channels"),
    [(1, 1), (100, 1), (4_000_000_000, 1), (0, 1), (16_000, 0), (16_000, 999)],
)
def test_absurd_headers_are_refused(rate_hz: int, channels: int) -> None:
    with pytest.raises((DecodeError, UnsupportedFormat, TooLong)):
        decode(wav(rate_hz, channels, bytes(320_000)))


@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(fault: float) -> None:
    y = TONE.copy()
    y[100] = fault
    with pytest.raises(DecodeError, match="finite"):
        decode(sound_file(y, subtype="FLOAT"))


@pytest.mark.parametrize("gain", [4.0, 32768.0, 1e30])
def test_float_files_beyond_full_scale_come_back_to_it(gain: float) -> None:
    y = decode(sound_file(TONE * np.float32(gain), subtype="FLOAT"))
    assert np.abs(y).max() == pytest.approx(1.0)


def test_a_video_without_sound_says_so() -> None:
    with pytest.raises(DecodeError, match="no audio track"):
        decode(video_without_sound())


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "none.wav")


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 9, 11, 16, 17, 24, 40, 64])
def test_speech_may_be_in_any_channel(channels: int, speech: np.ndarray) -> None:
    alone = np.zeros((len(speech), channels), np.float32)
    alone[:, channels // 2] = speech
    y = decode(sound_file(alone))
    assert len(y) == len(speech)
    np.testing.assert_allclose(y * channels, speech, atol=channels * 1e-4)


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(box(b"stsz", struct.pack(">III", 0, 1, 80_000_000)), id="one size for many samples"),
        pytest.param(box(b"stz2", struct.pack(">III", 0, 8, 4_000_000_000)), id="compact sizes"),
        pytest.param(box(b"cmov", box(b"dcom", b"zlib")), id="a compressed index"),
        pytest.param(box(b"free") * 200_000, id="endless boxes"),
    ],
)
def test_an_mp4_index_beyond_belief_is_refused(index: bytes, speech: np.ndarray) -> None:
    tables = box(b"minf", box(b"stbl", index))
    bomb = box(b"ftyp", b"isom", bytes(8)) + box(b"moov", box(b"trak", box(b"mdia", tables)))
    with pytest.raises(DecodeError, match="index"):
        decode(bomb)
    fragment = box(b"moof", box(b"traf", box(b"trun", struct.pack(">II", 0, 30_000_000))))
    with pytest.raises(DecodeError, match="index"):
        decode(box(b"ftyp", b"isom", bytes(8)) + fragment)


def test_decoding_ends_when_it_takes_too_much_time(speech: np.ndarray) -> None:
    content = transcode(np.tile(speech, 40), "mp3")
    assert len(decode(content, max_decoding_s=60)) > 0
    with pytest.raises(DecodeError, match="too long to decode"):
        decode(content, max_decoding_s=1e-4)


def test_a_length_that_is_not_true_does_no_harm(speech: np.ndarray) -> None:
    # The length of an MP3 without an index is guessed from its bytes.
    padded = transcode(speech, "mp3") + bytes(2_000_000)
    assert len(decode(padded, max_duration_s=5)) == pytest.approx(len(speech), rel=0.05)
    webm = bytearray(transcode(speech, "webm"))
    at = webm.find(b"\x44\x89\x88") + 3
    webm[at : at + 8] = struct.pack(">d", 9e12)
    assert len(decode(bytes(webm), max_duration_s=5)) == pytest.approx(len(speech), rel=0.05)
