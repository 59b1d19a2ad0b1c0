"""Raw PCM samples that come in pieces -> mono float32 at 16 kHz."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ser.audio.rate import to_16k
from ser.audio.waveform import Waveform
from ser.errors import BadFrame

Encoding = Literal["s16le", "f32le"]

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 48_000
MAX_PIECE_S = 1.0

_DTYPES: dict[Encoding, np.dtype[Any]] = {"s16le": np.dtype("<i2"), "f32le": np.dtype("<f4")}
MAX_PIECE_BYTES = int(MAX_PIECE_S * MAX_RATE_HZ) * max(dtype.itemsize for dtype in _DTYPES.values())


class PcmReader:
    """Reads one recording. The resampler holds back the end of a piece; it comes with the next one.

    Args:
        sample_rate_hz: of the samples, `MIN_RATE_HZ` to `MAX_RATE_HZ`.
        encoding: of the samples: 16-bit integers, or floats within -1..1, little-endian.
    """

    def __init__(self, sample_rate_hz: int, encoding: Encoding) -> None:
        self._rate_hz = sample_rate_hz
        self._dtype = _DTYPES[encoding]
        self._resampler = to_16k(sample_rate_hz)

    def duration_s(self, piece: bytes) -> float:
        """Return how long the samples of `piece` last."""
        return len(piece) / self._dtype.itemsize / self._rate_hz

    def read(self, piece: bytes) -> Waveform:
        """Return samples [shape=(n,)], float32, 16 kHz mono, within -1..1; louder samples are clipped.

        Raises:
            BadFrame: there are none or too many, the last one is cut, or some are no finite numbers.
        """
        if not piece or len(piece) % self._dtype.itemsize:
            raise BadFrame(
                f"{len(piece)} bytes came; whole samples of {self._dtype.itemsize} bytes are taken."
            )
        duration_s = self.duration_s(piece)
        if duration_s > MAX_PIECE_S:
            raise BadFrame(f"{duration_s:.2f} s came at once; at most {MAX_PIECE_S:g} s are taken.")
        samples = np.frombuffer(piece, self._dtype)
        if samples.dtype.kind == "i":
            y = samples.astype(np.float32) / np.float32(2**15)
        else:
            if not np.isfinite(samples).all():
                raise BadFrame("There are samples that are no finite numbers (NaN or Inf).")
            y = samples.astype(np.float32).clip(-1.0, 1.0)
        return self._resampler.resample(y)

    def flush(self) -> Waveform:
        """Return what the resampler holds back; nothing can be read afterwards."""
        return self._resampler.flush()
