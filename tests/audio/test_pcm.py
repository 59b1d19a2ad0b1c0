from __future__ import annotations

import numpy as np
import pytest

from clips import sound_file
from ser.audio.decode import decode
from ser.audio.pcm import PcmReader
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import BadFrame


def test_integers_are_within_full_scale() -> None:
    y = PcmReader(16_000, "s16le").read(np.array([-32768, 0, 16384, 32767], "<i2").tobytes())
    np.testing.assert_array_equal(y, np.array([-1, 0, 0.5, 32767 / 32768], np.float32))


def test_floats_are_taken_as_they_are_and_brought_to_full_scale() -> None:
    y = PcmReader(16_000, "f32le").read(np.array([-0.25, 0.5, 7, -1e30], "<f4").tobytes())
    np.testing.assert_array_equal(y, np.array([-0.25, 0.5, 1, -1], np.float32))


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("piece", [128, 4_410, 8_000])
def test_pieces_of_another_rate_are_read_as_the_whole(rate_hz: int, piece: int) -> None:
    at = np.arange(2 * rate_hz) / rate_hz
    tone = (16_000 * np.sin(2 * np.pi * 300 * at)).astype("<i2")
    reader = PcmReader(rate_hz, "s16le")
    decoded = [reader.read(tone[i : i + piece].tobytes()) for i in range(0, len(tone), piece)]
    y = np.concatenate([*decoded, reader.flush()])
    assert len(y) == pytest.approx(2 * SAMPLE_RATE_HZ, abs=32)
    whole = decode(sound_file(tone, rate_hz=rate_hz))
    length = min(len(y), len(whole))
    np.testing.assert_allclose(y[:length], whole[:length], atol=1e-3)


def test_nothing_is_held_back_for_long(speech: Waveform) -> None:
    reader = PcmReader(48_000, "f32le")
    pieces = np.split(np.repeat(speech, 3)[: 48_000 * 2].astype("<f4"), 20)
    come = sum(len(reader.read(piece.tobytes())) for piece in pieces)
    assert come >= 2 * SAMPLE_RATE_HZ - 0.005 * SAMPLE_RATE_HZ


@pytest.mark.parametrize(
    ("encoding", "piece"),
    [
        pytest.param("s16le", b"", id="nothing"),
        pytest.param("s16le", b"abc", id="half a sample"),
        pytest.param("f32le", b"abcdef", id="half a float"),
        pytest.param("s16le", bytes(2 * 16_001), id="over 1 s"),
        pytest.param("f32le", np.array([0, np.nan], "<f4").tobytes(), id="NaN"),
        pytest.param("f32le", np.array([0, -np.inf], "<f4").tobytes(), id="Inf"),
    ],
)
def test_what_is_no_sound_is_refused_and_leaves_no_trace(encoding: str, piece: bytes) -> None:
    good = np.linspace(-0.5, 0.5, 800, dtype="<f4").tobytes()
    reader, untouched = PcmReader(16_000, encoding), PcmReader(16_000, encoding)
    with pytest.raises(BadFrame, match=r"\d|NaN"):
        reader.read(piece)
    np.testing.assert_array_equal(reader.read(good), untouched.read(good))
