"""Silence before and after the sound of a clip is cut off, before any features are extracted."""

from __future__ import annotations

import librosa
import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import TooShort
from ser.features.registry import FRAME_LENGTH, HOP_LENGTH, Parameters

TRIM_TOP_DB = 30
MIN_DURATION_S = 0.1

# What a feature set's parameters say of it.
PARAMETERS: Parameters = {"trim_top_db": TRIM_TOP_DB, "min_duration_s": MIN_DURATION_S}


def trimmed(y: Waveform) -> tuple[Waveform, int]:
    """Return the waveform without what is `TRIM_TOP_DB` below the peak at its ends, and where that begins.

    Args:
        y: waveform [shape=(n,)], float32, 16 kHz mono; values that are no finite numbers become 0.

    Raises:
        TooShort: less than `MIN_DURATION_S` is left.
    """
    start = 0
    if y.size:
        y, (start, _) = librosa.effects.trim(
            np.nan_to_num(y, posinf=0.0, neginf=0.0),
            top_db=TRIM_TOP_DB,
            frame_length=FRAME_LENGTH,
            hop_length=HOP_LENGTH,
        )
    duration_s = len(y) / SAMPLE_RATE_HZ
    if duration_s < MIN_DURATION_S:
        raise TooShort(
            f"{duration_s:.2f} s of sound are left after trimming silence; "
            f"at least {MIN_DURATION_S:g} s are needed."
        )
    return y, int(start)
