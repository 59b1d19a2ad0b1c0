"""Frames of many channels in a plane each, which PyAV alone reads beyond their end."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fuzz.seeds import encoded

from ser.audio.decode import decode


@pytest.mark.parametrize(
    ("muxer", "codec", "rate_hz"),
    [("mp4", "aac", 48_000), ("ogg", "libopus", 48_000), ("mov", "alac", 48_000)],
)
@pytest.mark.parametrize("layout", ["5.1", "7.1"])
def test_files_of_eight_channels_are_read(
    muxer: str, codec: str, rate_hz: int, layout: str, speech: np.ndarray
) -> None:
    if (codec, layout) == ("alac", "7.1"):
        layout = "7.1(wide)"
    y = decode(encoded(speech, muxer, codec, rate_hz, layout, {}))
    assert len(y) == pytest.approx(len(speech), abs=2_000)
    # Of mono sound, FFmpeg fills the centre alone: a sixth or an eighth of the mean.
    assert 0.05 < float(y.std() / speech.std()) < 0.3
