"""Copies of training clips for models of one vector per clip: noise, another tempo, another pitch.

They are made after the split, of training speakers only: a copy of a tested clip would tell its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import librosa
import numpy as np
from numpy.random import Generator

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.training.variants import Change, Variant

NOISE_SHARE = 0.035
TEMPO = (0.8, 1.25)
PITCH_SEMITONES = (-2.0, 2.0)

SETTINGS = {"noise_share": NOISE_SHARE, "tempo": TEMPO, "pitch_semitones": PITCH_SEMITONES}


@dataclass(frozen=True)
class ClipCopy(Variant):
    """A copy of every clip.

    Attributes:
        kind: a key of `KINDS`.
    """

    kind: str

    @property
    def title(self) -> str:  # type: ignore[override]
        """Return what was done, for progress."""
        return f"copies with {self.kind}"

    def identity(self, digest_of: Callable[[Path], str]) -> list[Any]:  # noqa: ARG002
        """See `Variant`."""
        return [asdict(self), SETTINGS]

    def of_speaker(self, speaker: str, clips: Sequence[Clip]) -> Callable[[], Change]:  # noqa: ARG002
        """See `Variant`."""
        return _Copying(self.kind, speaker)


@dataclass(frozen=True)
class _Copying:
    kind: str
    speaker: str

    def __call__(self) -> Change:
        rng = np.random.default_rng(crc32(f"{self.kind} {self.speaker}".encode()))
        return lambda y: KINDS[self.kind](y, rng) if y.size else y


def with_noise(y: Waveform, rng: Generator) -> Waveform:
    """Add white noise whose deviation is up to `NOISE_SHARE` of the peak."""
    level = NOISE_SHARE * rng.random() * np.abs(y).max()
    noisy: Waveform = (y + level * rng.standard_normal(len(y))).astype(np.float32)
    return noisy


def with_tempo(y: Waveform, rng: Generator) -> Waveform:
    """Make it faster or slower, at the same pitch."""
    stretched: Waveform = librosa.effects.time_stretch(y, rate=float(np.exp(rng.uniform(*np.log(TEMPO)))))
    return stretched


def with_pitch(y: Waveform, rng: Generator) -> Waveform:
    """Make it higher or lower, at the same tempo."""
    steps = float(rng.uniform(*PITCH_SEMITONES))
    shifted: Waveform = librosa.effects.pitch_shift(y, sr=SAMPLE_RATE_HZ, n_steps=steps)
    return shifted


def with_both(y: Waveform, rng: Generator) -> Waveform:
    """Change tempo and pitch, and add noise."""
    return with_noise(with_pitch(with_tempo(y, rng), rng), rng)


# With the clip itself, each is there five times.
KINDS: Mapping[str, Callable[[Waveform, Generator], Waveform]] = {
    "noise": with_noise,
    "tempo": with_tempo,
    "pitch": with_pitch,
    "tempo, pitch and noise": with_both,
}
