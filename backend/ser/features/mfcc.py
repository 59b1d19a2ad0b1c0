"""Waveform -> (T, 120) frames: 40 MFCC, their delta and delta-delta; (T, 122) with pitch.

Every constant of the features stands here, and nowhere else. A model carries the `DEFINITION` it was
trained with, and is refused where that is none of the `DEFINITIONS`.
"""

from __future__ import annotations

from functools import cache

import librosa
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import TooShort
from ser.features import pitch

TRIM_TOP_DB = 30
N_MFCC = 40
N_MELS = 64
N_FFT = 400
# How far below the loudest a mel band is still told from nothing: librosa's default, and where less is
# lost by a telephone, which leaves nothing of some bands (`docs/experiments.md`).
PUBLISHED_TOP_DB = 80.0
TOP_DB = 60.0
HOP_LENGTH = 160
DELTA_WIDTH = 9
N_FEATURES = 3 * N_MFCC
MAX_FRAMES = 400
MIN_DURATION_S = 0.1
FRAME_S = HOP_LENGTH / SAMPLE_RATE_HZ

Definition = dict[str, int | float | str]
DEFINITION: Definition = {
    "kind": "mfcc+delta+delta2",
    "sample_rate_hz": SAMPLE_RATE_HZ,
    "trim_top_db": TRIM_TOP_DB,
    "n_mfcc": N_MFCC,
    "n_mels": N_MELS,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "delta_width": DELTA_WIDTH,
    "n_features": N_FEATURES,
    "max_frames": MAX_FRAMES,
    "min_duration_s": MIN_DURATION_S,
}
# The same with two channels more: log2 of the pitch in Hz, and periodicity.
PITCH_DEFINITION: Definition = DEFINITION | {
    "kind": "mfcc+delta+delta2+pitch",
    "top_db": TOP_DB,
    "pitch_lowest_hz": pitch.LOWEST_HZ,
    "pitch_highest_hz": pitch.HIGHEST_HZ,
    "pitch_window_length": pitch.WINDOW_LENGTH,
    "pitch_octave_cost": pitch.OCTAVE_COST,
    "pitch_voiced_periodicity": pitch.VOICED_PERIODICITY,
    "pitch_quietest_voiced_db": pitch.QUIETEST_VOICED_DB,
    "pitch_smoothed_frames": pitch.SMOOTHED_FRAMES,
    "pitch_unvoiced_log2_hz": pitch.UNVOICED_LOG2_HZ,
    "n_features": N_FEATURES + 2,
}
DEFINITIONS = (DEFINITION, PITCH_DEFINITION)

Frames = NDArray[np.float32]


def extract(y: Waveform, definition: Definition = DEFINITION) -> Frames:
    """Turn a waveform into the frames the network reads.

    Leading and trailing silence (`TRIM_TOP_DB` below the peak) is trimmed. One frame each 10 ms, over
    25 ms. The deltas are Savitzky-Golay derivatives over `DELTA_WIDTH` frames.

    Args:
        y: waveform [shape=(n,)], float32, 16 kHz mono.
        definition: which features, one of `DEFINITIONS`.

    Returns:
        frames [shape=(T, D)], float32, finite, unscaled; D is the definition's `n_features`.

    Raises:
        TooShort: less than 0.1 s is left after trimming.
        ValueError: there is no such definition.
    """
    return extract_with_start(y, definition)[0]


def extract_with_start(y: Waveform, definition: Definition = DEFINITION) -> tuple[Frames, int]:
    """Do as `extract`, and also return at which sample of the waveform the frames begin."""
    if definition not in DEFINITIONS:
        raise ValueError(f"no such features: {definition}")
    y, start = _trimmed(y)
    power = np.abs(librosa.stft(y, n_fft=N_FFT, hop_length=HOP_LENGTH)) ** 2
    mel = _mel_filters() @ power
    top_db = float(definition.get("top_db", PUBLISHED_TOP_DB))
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=top_db), n_mfcc=N_MFCC)
    # The default fits a polynomial at the edges, which needs a whole filter's width of frames.
    mode = "interp" if mfcc.shape[1] >= DELTA_WIDTH else "nearest"
    deltas = [librosa.feature.delta(mfcc, width=DELTA_WIDTH, order=order, mode=mode) for order in (1, 2)]
    rows = [mfcc, *deltas]
    if definition == PITCH_DEFINITION:
        rows.append(pitch.channels(y, HOP_LENGTH).T)
    return np.ascontiguousarray(np.vstack(rows).T, dtype=np.float32), start


@cache
def _mel_filters() -> NDArray[np.float32]:
    """Return what `librosa.feature.melspectrogram` would make anew for each clip [shape=(N_MELS, bins)]."""
    filters: NDArray[np.float32] = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=N_FFT, n_mels=N_MELS)
    return filters


def _trimmed(y: Waveform) -> tuple[Waveform, int]:
    start = 0
    if y.size:
        y, (start, _) = librosa.effects.trim(
            np.nan_to_num(y, posinf=0.0, neginf=0.0),
            top_db=TRIM_TOP_DB,
            frame_length=N_FFT,
            hop_length=HOP_LENGTH,
        )
    duration_s = len(y) / SAMPLE_RATE_HZ
    if duration_s < MIN_DURATION_S:
        raise TooShort(
            f"{duration_s:.2f} s of sound are left after trimming silence; "
            f"at least {MIN_DURATION_S:g} s are needed."
        )
    return y, int(start)


def warm_up(definition: Definition = DEFINITION) -> None:
    """Pay for librosa's imports and first calls now, and keep BLAS to one thread.

    The matrices here are small: with four BLAS threads the same clip takes 16 ms instead of 2 (see
    `PERFORMANCE.md`).
    """
    extract(np.sin(np.arange(SAMPLE_RATE_HZ, dtype=np.float32)), definition)
    threadpool_limits(limits=1, user_api="blas")
