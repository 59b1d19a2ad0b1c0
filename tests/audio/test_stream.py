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
from ser.errors import AudioError, DecodeError, NotStereo, TooLong, UnsupportedFormat

RNG = np.random.default_rng(0)


class Arriving:
    """Bytes that come a few at a time, and only once."""

    def __init__(self, content: bytes, *, at_most: int = 1000) -> None:
        self._file = io.BytesIO(content)
        self._at_most = at_most

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, self._at_most))


@pytest.fixture(scope="module")
def talk() -> Waveform:
    return np.concatenate([decode(clip.path) for clip in CLIPS])


def decoded(source: Path | Arriving, *, max_duration_s: float = 100) -> tuple[Waveform, AudioStream]:
    with AudioStream(source, max_duration_s=max_duration_s) as stream:
        return np.concatenate(list(stream)), stream


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_that_arrives_is_decoded_like_a_whole_one(container: str, talk: Waveform) -> None:
    content = transcode(talk, container)
    y, stream = decoded(Arriving(content))
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
def test_a_path_is_decoded_like_a_file_that_arrives(container: str, talk: Waveform, tmp_path: Path) -> None:
    content = transcode(talk, container)
    path = tmp_path / "wrong.txt"
    path.write_bytes(content)
    np.testing.assert_array_equal(decoded(path)[0], decoded(Arriving(content))[0])


def test_it_comes_about_a_second_at_a_time(talk: Waveform) -> None:
    with AudioStream(Arriving(sound_file(talk)), max_duration_s=100) as stream:
        lengths = [len(block) for block in stream]
    assert max(lengths) < 2 * SAMPLE_RATE_HZ
    assert len(lengths) > len(talk) / (2 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize("share", [0.97, 0.5, 0.1])
@pytest.mark.parametrize("container", [name for name in CONTAINERS if name not in ("mp4", "m4a")])
def test_a_cut_file_gives_what_is_left_and_says_so(container: str, share: float, talk: Waveform) -> None:
    content = transcode(talk, container)
    y, stream = decoded(Arriving(content[: int(share * len(content))]))
    assert stream.truncated
    assert len(y) == pytest.approx(share * len(talk), abs=2 * SAMPLE_RATE_HZ)


def test_a_cut_mp4_whose_index_came_first_gives_what_is_left(talk: Waveform) -> None:
    out = io.BytesIO()
    options = {"movflags": "empty_moov+frag_keyframe"}
    with (
        av.open(io.BytesIO(transcode(talk, "mp4"))) as source,
        av.open(out, "w", format="mp4", options=options) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    content = out.getvalue()
    y, _ = decoded(Arriving(content[: len(content) * 3 // 4]))
    assert len(y) > SAMPLE_RATE_HZ


def test_a_wav_of_unknown_length_is_whole(talk: Waveform) -> None:
    content = bytearray(sound_file(talk))
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    y, stream = decoded(Arriving(bytes(content)))
    assert stream.declared_s is None
    assert not stream.truncated
    assert len(y) == len(talk)


def wav_with(content: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Put chunks before a WAV's format and after its sound."""
    body = b"WAVE" + before + content[12:] + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW"])
def test_other_chunks_of_a_wav_are_not_sound_that_is_missing(subtype: str, talk: Waveform) -> None:
    notes = struct.pack("<4sI", b"iXML", 6_000) + bytes(6_000)
    junk = struct.pack("<4sI", b"JUNK", 28) + bytes(28)
    content = wav_with(sound_file(talk, subtype=subtype), before=junk, after=notes)
    y, stream = decoded(Arriving(content))
    assert not stream.truncated
    assert len(y) == pytest.approx(len(talk), abs=10)
    y, stream = decoded(Arriving(content[: len(content) // 2]))
    assert stream.truncated
    assert SAMPLE_RATE_HZ < len(y) < len(talk)


def test_a_wav_that_says_it_is_empty_is_of_unknown_length(talk: Waveform) -> None:
    content = bytearray(sound_file(talk))
    content[4:8] = bytes(4)
    y, stream = decoded(Arriving(bytes(content)))
    assert stream.declared_s is None
    assert not stream.truncated
    assert len(y) == len(talk)


def test_what_is_too_loud_is_clipped(talk: Waveform) -> None:
    y, _ = decoded(Arriving(sound_file(np.concatenate([talk, talk * 9]), subtype="FLOAT")))
    np.testing.assert_allclose(y[: len(talk)], talk, atol=1e-6)
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
        decoded(Arriving(content))


def test_damaged_bytes_never_end_in_anything_but_our_errors(talk: Waveform) -> None:
    for container in CONTAINERS:
        content = transcode(talk[:80_000], container)
        for _ in range(15):
            damaged = bytearray(content)
            for at in RNG.integers(0, len(damaged), 30):
                damaged[at] = RNG.integers(256)
            try:
                decoded(Arriving(bytes(damaged)))
            except AudioError:
                continue


def test_too_much_is_refused_when_it_has_come(talk: Waveform) -> None:
    with pytest.raises(TooLong, match="At most 30 s"):
        decoded(Arriving(sound_file(talk)), max_duration_s=30)
    exactly = sound_file(talk[: 30 * SAMPLE_RATE_HZ])
    assert decoded(Arriving(exactly), max_duration_s=30)[1].decoded_s == 30


def test_an_error_of_the_source_is_raised_as_it_is(talk: Waveform) -> None:
    content = sound_file(talk)

    class Broken(Arriving):
        left = itertools.count(200, -1)

        def read(self, size: int) -> bytes:
            if next(self.left) <= 0:
                raise TimeoutError("no more")
            return super().read(size)

    with pytest.raises(TimeoutError, match="no more"):
        decoded(Broken(content))


def test_a_missing_file_is_no_audio_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decoded(tmp_path / "missing.wav")


@pytest.mark.parametrize("container", ["mp4", "m4a"])
def test_the_bytes_of_an_mp4_are_kept_once(container: str, talk: Waveform) -> None:
    padding = 20_000_000
    content = transcode(talk[:16_000], container) + struct.pack(">I4s", padding, b"free") + bytes(padding - 8)
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
        (0.08, 3.0, True),
        (0.3, 3.0, False),
        (0.3, 9.0, True),
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


def channels(content: bytes) -> np.ndarray:
    with AudioStream(io.BytesIO(content), max_duration_s=100) as stream:
        return np.concatenate(list(stream.channels()), axis=1)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT"])
@pytest.mark.parametrize("rate_hz", [16_000, 8_000, 44_100])
def test_each_channel_is_decoded_as_if_it_were_a_file_of_its_own(
    rate_hz: int, subtype: str, talk: Waveform
) -> None:
    both = np.stack([talk, talk[::-1]])
    found = channels(sound_file(both.T, rate_hz=rate_hz, subtype=subtype))
    for y, own in zip(found, both, strict=True):
        alone, _ = decoded(io.BytesIO(sound_file(own, rate_hz=rate_hz, subtype=subtype)))
        np.testing.assert_array_equal(y, alone)


@pytest.mark.parametrize("codec", [("webm", "libopus", 48_000), ("mp3", "libmp3lame", 44_100)])
def test_the_channels_of_a_lossy_file_are_kept_apart(codec: tuple[str, str, int], talk: Waveform) -> None:
    second = np.roll(talk, len(talk) // 2)
    both = np.stack([talk, second]).astype(np.float32)
    out = io.BytesIO()
    muxer, name, rate_hz = codec
    with av.open(out, "w", format=muxer) as target:
        stream = target.add_stream(name, rate=rate_hz, layout="stereo")
        frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        resampler = av.AudioResampler(stream.format.name, "stereo", rate_hz)
        for source in (frame, None):
            for resampled in resampler.resample(source):
                target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
    found = channels(out.getvalue())
    for y, own in zip(found, both, strict=True):
        levels = [np.abs(each[: len(each) // 1600 * 1600].reshape(-1, 1600)).max(axis=1) for each in (y, own)]
        count = min(map(len, levels))
        assert np.corrcoef(levels[0][:count], levels[1][:count])[0, 1] > 0.95


@pytest.mark.parametrize(("count", "said"), [(1, "1 channel;"), (3, "3 channels;"), (6, "6 channels;")])
def test_only_stereo_has_two_channels(count: int, said: str, talk: Waveform) -> None:
    with pytest.raises(NotStereo, match=said):
        channels(sound_file(np.stack([talk] * count).T))


def test_the_channels_have_the_limits_of_every_recording(talk: Waveform) -> None:
    both = np.stack([talk, np.full_like(talk, np.nan)]).T
    with pytest.raises(DecodeError, match="NaN"):
        channels(sound_file(both, subtype="FLOAT"))
    with AudioStream(io.BytesIO(sound_file(both)), max_duration_s=1) as stream, pytest.raises(TooLong):
        list(stream.channels())
