from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest

from clips import CLIPS, CONTAINERS, sound_file, transcode, video_without_sound
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import AudioError, DecodeError, TooLong, UnsupportedFormat

RNG = np.random.default_rng(0)


class Arriving:
    """Bytes that come a few at a time, and only once."""

    def __init__(self, content: bytes, *, at_most: int = 1000) -> None:
        self._file = io.BytesIO(content)
        self._at_most = at_most

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, self._at_most))


@pytest.fixture(scope="module")
def voices() -> Waveform:
    return np.concatenate([decode(clip.path) for clip in CLIPS])


def heard(source: Path | Arriving, *, max_duration_s: float = 100) -> tuple[Waveform, AudioStream]:
    with AudioStream(source, max_duration_s=max_duration_s) as stream:
        return np.concatenate(list(stream)), stream


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_arrives_is_heard_like_a_whole_file(container: str, voices: Waveform) -> None:
    content = transcode(voices, container)
    y, stream = heard(Arriving(content))
    whole = decode(content)
    # An encoder's delay is known to those who may look ahead.
    assert abs(len(y) - len(whole)) < 0.05 * SAMPLE_RATE_HZ
    assert stream.decoded_s == pytest.approx(len(y) / SAMPLE_RATE_HZ)
    assert stream.read_bytes <= len(content)
    assert not stream.truncated
    assert np.abs(y).max() <= 1
    if stream.declared_s is not None:
        assert stream.declared_s == pytest.approx(stream.decoded_s, abs=0.1)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_path_is_heard_like_what_arrives(container: str, voices: Waveform, tmp_path: Path) -> None:
    content = transcode(voices, container)
    path = tmp_path / "wrong.txt"
    path.write_bytes(content)
    np.testing.assert_array_equal(heard(path)[0], heard(Arriving(content))[0])


def test_it_comes_about_a_second_at_a_time(voices: Waveform) -> None:
    with AudioStream(Arriving(sound_file(voices)), max_duration_s=100) as stream:
        lengths = [len(block) for block in stream]
    assert max(lengths) < 2 * SAMPLE_RATE_HZ
    assert len(lengths) > len(voices) / (2 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize("share", [0.97, 0.5, 0.1])
@pytest.mark.parametrize("container", [name for name in CONTAINERS if name not in ("mp4", "m4a")])
def test_a_cut_file_gives_what_is_left_and_says_so(container: str, share: float, voices: Waveform) -> None:
    content = transcode(voices, container)
    y, stream = heard(Arriving(content[: int(share * len(content))]))
    assert stream.truncated
    assert len(y) == pytest.approx(share * len(voices), abs=2 * SAMPLE_RATE_HZ)


def test_a_cut_mp4_whose_index_came_first_gives_what_is_left(voices: Waveform) -> None:
    out = io.BytesIO()
    options = {"movflags": "empty_moov+frag_keyframe"}
    with (
        av.open(io.BytesIO(transcode(voices, "mp4"))) as source,
        av.open(out, "w", format="mp4", options=options) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    content = out.getvalue()
    y, _ = heard(Arriving(content[: len(content) * 3 // 4]))
    assert len(y) > SAMPLE_RATE_HZ


def test_a_wav_of_unknown_length_is_whole(voices: Waveform) -> None:
    content = bytearray(sound_file(voices))
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    y, stream = heard(Arriving(bytes(content)))
    assert stream.declared_s is None
    assert not stream.truncated
    assert len(y) == len(voices)


def wav_with(content: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Put chunks before a WAV's format and after its sound."""
    body = b"WAVE" + before + content[12:] + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW"])
def test_other_chunks_of_a_wav_are_not_sound_that_is_missing(subtype: str, voices: Waveform) -> None:
    notes = struct.pack("<4sI", b"iXML", 6_000) + bytes(6_000)
    junk = struct.pack("<4sI", b"JUNK", 28) + bytes(28)
    content = wav_with(sound_file(voices, subtype=subtype), before=junk, after=notes)
    y, stream = heard(Arriving(content))
    assert not stream.truncated
    assert len(y) == pytest.approx(len(voices), abs=10)
    y, stream = heard(Arriving(content[: len(content) // 2]))
    assert stream.truncated
    assert SAMPLE_RATE_HZ < len(y) < len(voices)


def test_a_wav_that_says_it_is_empty_is_of_unknown_length(voices: Waveform) -> None:
    content = bytearray(sound_file(voices))
    content[4:8] = bytes(4)
    y, stream = heard(Arriving(bytes(content)))
    assert stream.declared_s is None
    assert not stream.truncated
    assert len(y) == len(voices)


def test_what_is_too_loud_is_clipped(voices: Waveform) -> None:
    y, _ = heard(Arriving(sound_file(np.concatenate([voices, voices * 9]), subtype="FLOAT")))
    np.testing.assert_allclose(y[: len(voices)], voices, atol=1e-6)
    assert np.abs(y).max() == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"", UnsupportedFormat, id="nothing"),
        pytest.param(b"hello" * 1000, UnsupportedFormat, id="text"),
        pytest.param(b"#EXTM3U\nfile:///etc/passwd\n", UnsupportedFormat, id="a playlist"),
        pytest.param(RNG.bytes(200_000), UnsupportedFormat, id="anything"),
        pytest.param(b"OggS" + RNG.bytes(5_000), DecodeError, id="a head only"),
        pytest.param(sound_file(np.zeros(0)), DecodeError, id="no sound"),
        pytest.param(sound_file(np.full(9000, np.nan), subtype="FLOAT"), DecodeError, id="NaN"),
        pytest.param(video_without_sound(), DecodeError, id="no audio track"),
    ],
)
def test_what_is_no_audio_is_refused(content: bytes, error: type[AudioError]) -> None:
    with pytest.raises(error):
        heard(Arriving(content))


def test_damaged_bytes_never_end_in_anything_but_our_errors(voices: Waveform) -> None:
    for container in CONTAINERS:
        content = transcode(voices[:80_000], container)
        for _ in range(15):
            damaged = bytearray(content)
            for at in RNG.integers(0, len(damaged), 30):
                damaged[at] = RNG.integers(256)
            try:
                heard(Arriving(bytes(damaged)))
            except AudioError:
                continue


def test_too_much_is_refused_when_it_has_come(voices: Waveform) -> None:
    with pytest.raises(TooLong, match="At most 30 s"):
        heard(Arriving(sound_file(voices)), max_duration_s=30)
    exactly = sound_file(voices[: 30 * SAMPLE_RATE_HZ])
    assert heard(Arriving(exactly), max_duration_s=30)[1].decoded_s == 30


def test_what_goes_wrong_at_the_source_is_told_as_it_is(voices: Waveform) -> None:
    content = sound_file(voices)

    class Broken(Arriving):
        left = itertools.count(200, -1)

        def read(self, size: int) -> bytes:
            if next(self.left) <= 0:
                raise TimeoutError("no more")
            return super().read(size)

    with pytest.raises(TimeoutError, match="no more"):
        heard(Broken(content))


def test_a_missing_file_is_no_audio_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        heard(tmp_path / "missing.wav")


@pytest.mark.parametrize("container", ["mp4", "m4a"])
def test_the_bytes_of_an_mp4_are_kept_once(container: str, voices: Waveform) -> None:
    padding = 20_000_000
    content = (
        transcode(voices[:16_000], container) + struct.pack(">I4s", padding, b"free") + bytes(padding - 8)
    )
    tracemalloc.start()
    try:
        with AudioStream(Arriving(content, at_most=16_384), max_duration_s=100) as stream:
            list(stream)
            _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Once, and what decoding takes.
    assert padding < most_bytes < 1.2 * padding


@pytest.mark.parametrize(
    ("share", "max_decoding_s", "is_read"),
    [
        # FLAC of 192 kHz with 8 channels takes 0.027 s per second; on a CPU three times slower, 0.08 s.
        (0.08, 1.0, True),
        (0.3, 1.0, False),
        (0.3, 3.0, True),
    ],
)
def test_time_to_decode_grows_with_the_sound_and_the_setting(
    share: float, max_decoding_s: float, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr("ser.audio.stream.thread_time", lambda: share * next(ticks))
    content = io.BytesIO(sound_file(np.zeros(200 * SAMPLE_RATE_HZ)))
    with AudioStream(content, max_duration_s=600, max_decoding_s=max_decoding_s) as stream:
        if is_read:
            assert sum(map(len, stream)) == 200 * SAMPLE_RATE_HZ
        else:
            with pytest.raises(DecodeError, match="too long to decode"):
                list(stream)
