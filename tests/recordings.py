"""Long recordings of known emotions, and how well a timeline finds them.

The score is that of speech emotion diarization (Wang, Ravanelli and Yacoubi, Speech Emotion Diarization:
Which Emotion Appears When?, 2023, arXiv:2306.12991): the error rate EDER is the seconds missed, those of
false alarm and those of another emotion, here over the seconds of speech; emotions never overlap in ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from scipy.ndimage import maximum_filter1d

from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.features.mfcc import N_FFT
from ser.features.registry import HOP_LENGTH
from ser.features.trimming import TRIM_TOP_DB

CELL_S = 0.01
# Where exactly speech begins and ends nobody can say: silence this near to it is not scored as silence, as
# is usual in diarization (NIST's collar). EDER is without it.
COLLAR_S = 0.25
FLOOR_RMS = 10 ** (-66 / 20)
FADE_S = 0.02


@dataclass(frozen=True)
class Turn:
    """Somebody speaks with one emotion."""

    start_s: float
    end_s: float
    emotion: str


@dataclass(frozen=True)
class Recording:
    """A waveform [shape=(n,)], float32, 16 kHz mono, and who speaks how in it, in order."""

    y: Waveform
    turns: list[Turn]

    @property
    def duration_s(self) -> float:
        return len(self.y) / SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Score:
    """Shares of the seconds of speech; `silence_called_speech` is one of the silence, and `agreement` the
    share of the speech found that has the right emotion."""

    speech_found: float
    silence_called_speech: float
    missed: float
    false_alarm: float
    confusion: float
    agreement: float

    @property
    def eder(self) -> float:
        return self.missed + self.false_alarm + self.confusion


def spoken(y: Waveform) -> tuple[int, int]:
    """Return from which sample of a clip to which there is speech.

    From the first to the last frame that is 6 dB louder than the clip's quietest tenth, which is its room,
    and not 30 dB quieter than its loudest frame.
    """
    rms = librosa.feature.rms(y=y, frame_length=N_FFT, hop_length=HOP_LENGTH)[0]
    level_db = librosa.amplitude_to_db(rms, top_db=None, amin=1e-6)
    least = max(level_db.max() - TRIM_TOP_DB, min(np.percentile(level_db, 10) + 6, level_db.max() - 6))
    (loud,) = np.nonzero(level_db >= least)
    return int(loud[0]) * HOP_LENGTH, min((int(loud[-1]) + 1) * HOP_LENGTH, len(y))


def join(
    clips: Iterable[Clip],
    rng: np.random.Generator,
    *,
    noises: Sequence[Waveform] = (),
    pauses_s: tuple[float, float] = (0.1, 3.0),
) -> Recording:
    """Join clips to one recording, with pauses between: a quiet room's hiss, or every other time a noise.

    Args:
        clips: who speaks how, in order.
        rng: of the pauses.
        noises: recordings of noise; each noisy pause has a part of one, 10 to 25 dB below the speech.
        pauses_s: the shortest and the longest pause, beside the silence that clips begin and end with.
    """
    parts: list[Waveform] = []
    turns: list[Turn] = []
    at = 0
    for clip in clips:
        speech = decode(clip.path)
        first, last = spoken(speech)
        pause = np.zeros(int(rng.uniform(*pauses_s) * SAMPLE_RATE_HZ), np.float32)
        if noises and rng.random() < 0.5:
            level = np.sqrt(np.mean(speech[first:last] ** 2)) * 10 ** (-rng.uniform(10, 25) / 20)
            pause = _part(noises[rng.integers(len(noises))], len(pause), level, rng)
        start = at + len(pause)
        at = start + len(speech)
        parts += [pause, speech]
        turns.append(Turn((start + first) / SAMPLE_RATE_HZ, (start + last) / SAMPLE_RATE_HZ, clip.emotion))
    parts.append(np.zeros(SAMPLE_RATE_HZ, np.float32))
    y = np.concatenate(parts)
    return Recording(y + (FLOOR_RMS * rng.standard_normal(len(y))).astype(np.float32), turns)


def score(timeline: Mapping[str, Any], recording: Recording) -> Score:
    """Compare the segments of an analysis with what is known, in cells of 10 ms."""
    emotions = sorted({turn.emotion for turn in recording.turns} | set(timeline["distribution"]))
    index = {emotion: number for number, emotion in enumerate(emotions)}
    known = np.full(round(recording.duration_s / CELL_S), -1)
    found_index = known.copy()
    for turn in recording.turns:
        known[round(turn.start_s / CELL_S) : round(turn.end_s / CELL_S)] = index[turn.emotion]
    for segment in timeline["segments"]:
        cells = slice(round(segment["start_s"] / CELL_S), round(segment["end_s"] / CELL_S))
        found_index[cells] = index[segment["emotion"]]
    speech, found = known >= 0, found_index >= 0
    near = 2 * round(COLLAR_S / CELL_S) + 1
    silence = ~maximum_filter1d(speech, near)
    total = speech.sum()
    return Score(
        speech_found=float((speech & found).sum() / total),
        silence_called_speech=float((silence & found).sum() / silence.sum()),
        missed=float((speech & ~found).sum() / total),
        false_alarm=float((~speech & found).sum() / total),
        confusion=float((speech & found & (known != found_index)).sum() / total),
        agreement=float((known == found_index)[speech & found].sum() / max((speech & found).sum(), 1)),
    )


def emotion_of(timeline: Mapping[str, Any], turn: Turn) -> str | None:
    """Return the emotion that an analysis gives most of a turn; None where it found no speech."""
    seconds: dict[str, float] = {}
    for segment in timeline["segments"]:
        shared_s = min(segment["end_s"], turn.end_s) - max(segment["start_s"], turn.start_s)
        if shared_s > 0:
            seconds[segment["emotion"]] = seconds.get(segment["emotion"], 0.0) + shared_s
    return max(seconds, key=seconds.__getitem__, default=None)


def _part(noise: Waveform, length: int, level: float, rng: np.random.Generator) -> Waveform:
    noise = np.resize(noise, max(len(noise), length))
    start = rng.integers(len(noise) - length + 1)
    part = noise[start : start + length].copy()
    part *= level / max(float(np.sqrt(np.mean(part**2))), 1e-9)
    fade = np.linspace(0, 1, int(FADE_S * SAMPLE_RATE_HZ), dtype=np.float32)
    part[: len(fade)] *= fade
    part[-len(fade) :] *= fade[::-1]
    return part.clip(-0.9, 0.9)
