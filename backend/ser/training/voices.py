"""Clips of many speakers on many recording chains, each to be heard against some baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ser.corpora.base import NEUTRAL, Clip
from ser.features.registry import Frames
from ser.models.baseline import Baseline, Statistics

# How often a training example is scaled by everybody's statistics (and then often partly by its own), by some
# neutral clips of its speaker, by some clips of any emotion, or (what is left) by all of them.
GLOBAL_SHARE = 0.35
NEUTRAL_SHARE = 0.25
MIXED_SHARE = 0.3
MOST_NEUTRAL_CLIPS = 6
MOST_MIXED_CLIPS = 40

Scaling = tuple[Statistics, Statistics]


class Voices:
    """The clips of some speakers, recorded as they were (chain 0) and on other chains.

    Args:
        clips: one row per recording.
        chains: per chain, the unscaled frames [shape=(T, D)] of each clip; clips whose frames are empty on
            chain 0 are left out.

    Attributes:
        clips: those that are left.
        scaling: everybody's mean and deviation [shape=(D,) each], over chain 0.
    """

    def __init__(self, clips: Sequence[Clip], chains: Sequence[Sequence[Frames]]) -> None:
        usable = [i for i in range(len(clips)) if len(chains[0][i])]
        self.clips = [clips[i] for i in usable]
        self._frames = [[frames[i] for i in usable] for frames in chains]
        self._baselines = [[Baseline.of(frames) for frames in chain] for chain in self._frames]
        self._of_speaker: dict[str, list[int]] = {}
        self._neutral: dict[str, list[int]] = {}
        for index, clip in enumerate(self.clips):
            self._of_speaker.setdefault(clip.speaker, []).append(index)
            if clip.emotion == NEUTRAL:
                self._neutral.setdefault(clip.speaker, []).append(index)
        everybody = sum_of(self._baselines[0])
        nobody = np.zeros_like(everybody.sum)
        self.scaling: Scaling = everybody.blended(nobody, nobody + 1e-6, 0.0)

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def chains(self) -> int:
        """How many chains each clip is there on."""
        return len(self._frames)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Frames of each clip on chain 0 [shape=(n,)], int64."""
        return np.array([len(frames) for frames in self._frames[0]])

    def frames(self, index: int, chain: int = 0) -> Frames:
        """Return the unscaled frames [shape=(T, D)] of a clip; chain 0's where the chain lost them."""
        return self._frames[self._present(index, chain)][index]

    def _present(self, index: int, chain: int) -> int:
        return chain if len(self._frames[chain][index]) else 0

    def neutral(self, speaker: str) -> list[int]:
        """Return the speaker's neutral clips."""
        return self._neutral.get(speaker, [])

    def of_speaker(self, speaker: str) -> list[int]:
        """Return all the speaker's clips."""
        return self._of_speaker[speaker]

    def baseline(self, indices: Iterable[int], chain: int = 0) -> Baseline:
        """Return the baseline that these clips make together."""
        return sum_of(self._baselines[self._present(i, chain)][i] for i in indices)

    def draw_scaling(self, index: int, chain: int, prior_frames: float, rng: Generator) -> Scaling:
        """Return mean and deviation [shape=(D,) each] that a user's clip might be scaled with.

        With no baseline, one of a few neutral clips, one of a few to many clips of any emotion, or one of
        all of them: so that one network learns to be good with each.
        """
        speaker = self.clips[index].speaker
        own, kind = self.of_speaker(speaker), rng.random()
        # Of a voice with one clip there is nothing else to make a baseline of.
        if kind < GLOBAL_SHARE or len(own) == 1:
            return self.scaling
        if kind < GLOBAL_SHARE + NEUTRAL_SHARE and self.neutral(speaker):
            pool, count = self.neutral(speaker), int(rng.integers(1, MOST_NEUTRAL_CLIPS + 1))
        elif kind < GLOBAL_SHARE + NEUTRAL_SHARE + MIXED_SHARE:
            pool, count = own, int(math.exp(rng.uniform(0.0, math.log(MOST_MIXED_CLIPS))))
        else:
            pool, count = own, len(own)
        drawn = rng.choice(pool, min(count, len(pool)), replace=False)
        return self.baseline(drawn.tolist(), chain).blended(*self.scaling, prior_frames)


def sum_of(baselines: Iterable[Baseline]) -> Baseline:
    """Return the baseline of all of them together; there must be one at least."""
    first, *others = baselines
    for other in others:
        first = first + other
    return first
