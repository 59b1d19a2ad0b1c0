"""Silence before and after the sound of a clip is cut off, before any features are extracted."""

from __future__ import annotations

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import TooShort
from ser.features.registry import FRAME_LENGTH, HOP_LENGTH, Parameters

TRIM_TOP_DB = 30
MIN_DURATION_S = 0.1
MIN_SAMPLES = round(MIN_DURATION_S * SAMPLE_RATE_HZ)

# What a feature set's parameters say of it.
PARAMETERS: Parameters = {"trim_top_db": TRIM_TOP_DB, "min_duration_s": MIN_DURATION_S}


def trimmed(y: Waveform) -> tuple[Waveform, int]:
    """Return the waveform without what is `TRIM_TOP_DB` below the peak at its ends, and where that begins.

    Args:
        y: waveform [shape=(n,)], float32, 16 kHz mono; values that are no finite numbers become 0.

    Raises:
        TooShort: less than `MIN_DURATION_S` is left.
    """
    # Not at the top: it takes seconds, and a server whose graphs extract features does without.
    import librosa

    start = 0
    if y.size:
        y, (start, _) = librosa.effects.trim(
            np.nan_to_num(y, posinf=0.0, neginf=0.0),
            top_db=TRIM_TOP_DB,
            frame_length=FRAME_LENGTH,
            hop_length=HOP_LENGTH,
        )
    require_enough(len(y))
    return y, int(start)


def require_enough(samples: int) -> None:
    """Make sure that enough is left after trimming.

    Raises:
        TooShort: less than `MIN_DURATION_S` is.
    """
    if samples < MIN_SAMPLES:
        raise TooShort(
            f"{samples / SAMPLE_RATE_HZ:.2f} s of sound are left after trimming silence; "
            f"at least {MIN_DURATION_S:g} s are needed."
        )
