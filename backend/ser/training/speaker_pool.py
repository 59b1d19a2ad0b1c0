"""Clips of many speakers under several recording conditions, and the baselines that they can be given."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ser.corpora.base import NEUTRAL, Clip
from ser.features.registry import Frames
from ser.models.baseline import Baseline, Statistics

# How often a training example is normalised with the statistics of all training speakers, of some neutral
# clips of its speaker, of some clips of any emotion, or (the rest) of all clips of its speaker.
GLOBAL_SHARE = 0.35
NEUTRAL_SHARE = 0.25
MIXED_SHARE = 0.3
SETTINGS = {"global_share": GLOBAL_SHARE, "neutral_share": NEUTRAL_SHARE, "mixed_share": MIXED_SHARE}
MOST_NEUTRAL_CLIPS = 6
MOST_MIXED_CLIPS = 40

# Mean and deviation [shape=(D,) each] to normalise frames with.
Scaling = tuple[Statistics, Statistics]


class SpeakerPool:
    """The clips of some speakers, as they were recorded (condition 0) and under simulated conditions.

    Args:
        clips: one row per recording.
        conditions: per recording condition, the unscaled frames [shape=(T, D)] of each clip. Clips whose
            frames are empty under condition 0 are left out.

    Attributes:
        clips: those that are left.
        scaling: mean and deviation [shape=(D,) each] of all frames under condition 0.
    """

    def __init__(self, clips: Sequence[Clip], conditions: Sequence[Sequence[Frames]]) -> None:
        usable = [i for i in range(len(clips)) if len(conditions[0][i])]
        self.clips = [clips[i] for i in usable]
        self._frames = [[frames[i] for i in usable] for frames in conditions]
        self._baselines = [[Baseline.of(frames) for frames in condition] for condition in self._frames]
        self._of_speaker: dict[str, list[int]] = {}
        self._neutral: dict[str, list[int]] = {}
        self._alike: dict[tuple[str, str], list[int]] = {}
        for index, clip in enumerate(self.clips):
            self._of_speaker.setdefault(clip.speaker, []).append(index)
            self._alike.setdefault((clip.speaker, clip.emotion), []).append(index)
            if clip.emotion == NEUTRAL:
                self._neutral.setdefault(clip.speaker, []).append(index)
        total = sum_of(self._baselines[0])
        zeros = np.zeros_like(total.sum)
        self.scaling: Scaling = total.blended(zeros, zeros + 1e-6, 0.0)

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def conditions(self) -> int:
        """The number of recording conditions of each clip."""
        return len(self._frames)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Frames of each clip under condition 0 [shape=(n,)], int64."""
        return np.array([len(frames) for frames in self._frames[0]])

    def frames(self, index: int, condition: int = 0) -> Frames:
        """Return the unscaled frames [shape=(T, D)] of a clip; those of condition 0 where there are none."""
        return self._frames[self._present(index, condition)][index]

    def _present(self, index: int, condition: int) -> int:
        return condition if len(self._frames[condition][index]) else 0

    def neutral(self, speaker: str) -> list[int]:
        """Return the indices of the speaker's neutral clips."""
        return self._neutral.get(speaker, [])

    def like(self, index: int) -> list[int]:
        """Return the indices of the clips of the same speaker and emotion, this one included."""
        clip = self.clips[index]
        return self._alike[clip.speaker, clip.emotion]

    def of_speaker(self, speaker: str) -> list[int]:
        """Return the indices of all clips of the speaker."""
        return self._of_speaker[speaker]

    def baseline(self, indices: Iterable[int], condition: int = 0) -> Baseline:
        """Return the baseline of these clips together."""
        return sum_of(self._baselines[self._present(i, condition)][i] for i in indices)

    def draw_scaling(self, index: int, condition: int, prior_frames: float, rng: Generator) -> Scaling:
        """Draw the statistics that a training example is normalised with.

        They are those of all speakers, of a few neutral clips of the speaker, of a few to many clips of any
        emotion, or of all of them. So one network is trained for each of these cases.

        Args:
            index: of the clip.
            condition: its recording condition.
            prior_frames: weight of all speakers' statistics against the frames of the drawn clips.
            rng: what draws.
        """
        speaker = self.clips[index].speaker
        own, kind = self.of_speaker(speaker), rng.random()
        # A speaker's only clip would be its own baseline.
        if kind < GLOBAL_SHARE or len(own) == 1:
            return self.scaling
        if kind < GLOBAL_SHARE + NEUTRAL_SHARE and self.neutral(speaker):
            pool, count = self.neutral(speaker), int(rng.integers(1, MOST_NEUTRAL_CLIPS + 1))
        elif kind < GLOBAL_SHARE + NEUTRAL_SHARE + MIXED_SHARE:
            pool, count = own, int(math.exp(rng.uniform(0.0, math.log(MOST_MIXED_CLIPS))))
        else:
            pool, count = own, len(own)
        drawn = rng.choice(pool, min(count, len(pool)), replace=False)
        return self.baseline(drawn.tolist(), condition).blended(*self.scaling, prior_frames)


def sum_of(baselines: Iterable[Baseline]) -> Baseline:
    """Return the sum of baselines; there must be at least one."""
    first, *others = baselines
    for other in others:
        first = first + other
    return first
