"""Waveform -> (T, 120) frames: 40 MFCC, their delta and delta-delta; (T, 122) with pitch.

Every constant of these features stands here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.features import pitch
from ser.features.mel import mel_bands
from ser.features.registry import FRAME_LENGTH, HOP_LENGTH, FeatureSet, Frames, Parameters
from ser.features.trimming import MIN_DURATION_S, TRIM_TOP_DB, trimmed

N_MFCC = 40
N_MELS = 64
N_FFT = FRAME_LENGTH
# How far below the loudest a mel band may be before it is clipped: librosa's default, and the value that
# loses less on telephone audio, where some bands are empty (`docs/experiments.md`).
PUBLISHED_TOP_DB = 80.0
TOP_DB = 60.0
DELTA_WIDTH = 9
# MFCC, delta, delta-delta.
N_BLOCKS = 3
# The longest window that the networks were trained on: 4 s.
MAX_FRAMES = 400

_PARAMETERS: Parameters = {
    "kind": "mfcc+delta+delta2",
    "sample_rate_hz": SAMPLE_RATE_HZ,
    "trim_top_db": TRIM_TOP_DB,
    "n_mfcc": N_MFCC,
    "n_mels": N_MELS,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "delta_width": DELTA_WIDTH,
    "n_features": N_BLOCKS * N_MFCC,
    "max_frames": MAX_FRAMES,
    "min_duration_s": MIN_DURATION_S,
}
# Two channels more: log2 of the pitch in Hz, and periodicity.
_PITCH_PARAMETERS: Parameters = {
    **_PARAMETERS,
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
    "n_features": N_BLOCKS * N_MFCC + pitch.N_CHANNELS,
}


@dataclass(frozen=True)
class MfccFrames(FeatureSet):
    """MFCC with their deltas, a frame each 10 ms.

    Attributes:
        name: see `FeatureSet`.
        parameters: see `FeatureSet`.
        top_db: mel bands are clipped so far below the loudest.
        with_pitch: whether log2 of the pitch and the periodicity follow.
    """

    name: str
    parameters: Parameters = field(repr=False, hash=False)
    top_db: float
    with_pitch: bool = False
    libraries = ("librosa", "scipy", "threadpoolctl")

    @property
    def description(self) -> str:  # type: ignore[override]
        """Return what they are, for people."""
        channels = ", log2 of the pitch, periodicity" if self.with_pitch else ""
        return f"{N_MFCC} MFCC, delta and delta-delta{channels} each 10 ms"

    @property
    def shape(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """Frames over time: (None, D)."""
        return (None, int(self.parameters["n_features"]))

    @property
    def groups(self) -> Mapping[str, slice]:  # type: ignore[override]
        """The level, the shape of the spectrum, how both change, and the pitch."""
        found = {
            "level": slice(0, 1),
            "spectrum": slice(1, N_MFCC),
            "change": slice(N_MFCC, N_BLOCKS * N_MFCC),
        }
        return found | ({"pitch": slice(N_BLOCKS * N_MFCC, None)} if self.with_pitch else {})

    def extract(self, y: Waveform) -> Frames:
        """Return the frames [shape=(T, D)], float32, finite, unscaled.

        Leading and trailing silence (`TRIM_TOP_DB` below the peak) is trimmed. One frame each 10 ms, over
        25 ms. The deltas are Savitzky-Golay derivatives over `DELTA_WIDTH` frames.

        Args:
            y: waveform [shape=(n,)], float32, 16 kHz mono.

        Raises:
            TooShort: less than 0.1 s is left after trimming.
        """
        return self.extract_with_start(y)[0]

    def extract_with_start(self, y: Waveform) -> tuple[Frames, int]:
        """Do as `extract`, and also return at which sample of the waveform the frames begin."""
        import librosa

        y, start = trimmed(y)
        power = np.abs(librosa.stft(y, n_fft=N_FFT, hop_length=HOP_LENGTH)) ** 2
        mel = mel_bands(power, N_MELS, SAMPLE_RATE_HZ)
        mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=self.top_db), n_mfcc=N_MFCC)
        # The default fits a polynomial at the edges, which needs a whole filter's width of frames.
        mode = "interp" if mfcc.shape[1] >= DELTA_WIDTH else "nearest"
        deltas = [librosa.feature.delta(mfcc, width=DELTA_WIDTH, order=order, mode=mode) for order in (1, 2)]
        rows = [mfcc, *deltas]
        if self.with_pitch:
            rows.append(pitch.channels(y, HOP_LENGTH).T)
        return np.ascontiguousarray(np.vstack(rows).T, dtype=np.float32), start

    def warm_up(self) -> None:
        """Pay for librosa's imports and first calls now, and keep BLAS to one thread.

        The matrices here are small: with four BLAS threads the same clip takes 16 ms instead of 2 (see
        `PERFORMANCE.md`).
        """
        super().warm_up()
        # Not at the top: its import changes the environment of the process.
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")


MFCC = MfccFrames("mfcc-delta", _PARAMETERS, top_db=PUBLISHED_TOP_DB)
MFCC_PITCH = MfccFrames("mfcc-delta-pitch", _PITCH_PARAMETERS, top_db=TOP_DB, with_pitch=True)
