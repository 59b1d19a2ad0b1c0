"""Half a second of speech in every container, and with everything that these can hold."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from clips import CLIPS, CONTAINERS, sound_file
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

# (PyAV's muxer, its encoder, the encoder's rate, the layout, the muxer's options)
_MORE: tuple[tuple[str, str, int, str, dict[str, str]], ...] = (
    ("wav", "pcm_f32le", 16_000, "mono", {}),
    ("wav", "pcm_mulaw", 8_000, "mono", {}),
    ("wav", "adpcm_ms", 16_000, "stereo", {}),
    ("wav", "adpcm_ima_wav", 16_000, "mono", {}),
    ("wav", "pcm_s24le", 8_000, "5.1", {}),
    ("wav", "libmp3lame", 44_100, "stereo", {}),
    ("matroska", "flac", 48_000, "stereo", {}),
    ("matroska", "aac", 44_100, "stereo", {}),
    ("matroska", "pcm_f32le", 16_000, "mono", {}),
    ("matroska", "alac", 8_000, "stereo", {}),
    ("mp4", "aac", 44_100, "stereo", {"movflags": "frag_keyframe+empty_moov"}),
    ("mp4", "libopus", 48_000, "stereo", {}),
    ("mov", "alac", 16_000, "stereo", {}),
    ("mov", "pcm_s16be", 16_000, "mono", {}),
    ("3gp", "aac", 16_000, "mono", {}),
    ("ogg", "vorbis", 44_100, "stereo", {}),
    ("mp3", "libmp3lame", 22_050, "mono", {"id3v2_version": "4", "write_xing": "0"}),
    ("mp3", "libmp3lame", 48_000, "stereo", {"write_id3v1": "1"}),
    ("ogg", "flac", 16_000, "mono", {}),
    ("ogg", "libopus", 48_000, "stereo", {"page_duration": "20000"}),
    ("flac", "flac", 96_000, "7.1", {}),
    ("mp4", "aac", 16_000, "7.1", {}),
    ("ogg", "libopus", 48_000, "7.1", {}),
)


def speech(duration_s: float = 0.5) -> Waveform:
    """Return a part of a real clip in which somebody speaks."""
    return decode(CLIPS[0].path)[8_000 : 8_000 + int(duration_s * SAMPLE_RATE_HZ)]


def seeds() -> dict[str, bytes]:
    """Return name -> content, the same each time."""
    y = speech()
    found = {
        name: encoded(y, muxer, codec, rate_hz, "mono", {})
        for name, (muxer, codec, rate_hz) in CONTAINERS.items()
        if muxer
    }
    found["wav-8"] = sound_file(y, subtype="PCM_U8")
    found["wav-stereo"] = sound_file(np.stack([y, y[::-1]], axis=1))
    found["wavex"] = sound_file(np.repeat(y[:, np.newaxis], 6, axis=1), format="WAVEX")
    found["rf64"] = sound_file(y, format="RF64")
    for muxer, codec, rate_hz, layout, options in _MORE:
        name = f"{muxer}-{codec}-{rate_hz}-{layout}" + "-fragments" * ("movflags" in options)
        found[name] = encoded(y, muxer, codec, rate_hz, layout, options)
    return found


def encoded(y: Waveform, muxer: str, codec: str, rate_hz: int, layout: str, options: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=muxer, options={"fflags": "+bitexact"} | options) as target:
        target.metadata.update({"title": "a title", "artist": "somebody", "comment": "x" * 200})
        stream = target.add_stream(
            codec, rate=rate_hz, layout=layout, options={"strict": "experimental", "flags": "+bitexact"}
        )
        frame = av.AudioFrame.from_ndarray(y[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, frame.time_base = 0, Fraction(1, SAMPLE_RATE_HZ)
        resampler = av.AudioResampler(
            stream.format.name, layout, rate_hz, frame_size=stream.codec_context.frame_size or 1024
        )
        for source in (frame, None):
            for resampled in resampler.resample(source):
                target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
    return out.getvalue()
