"""What a family trains on: the clips of some speakers, and their features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.corpora.base import Clip
from ser.features.registry import Features, FeatureSet
from ser.training import feature_cache
from ser.training.feature_cache import corpus_features
from ser.training.speaker_pool import SpeakerPool
from ser.training.variants import SimulatedCondition, Variant


@dataclass(frozen=True)
class TrainingSet:
    """Clips with their labels. It holds no features, so it is small enough to be sent to other processes.

    Attributes:
        clips: of all speakers whose features are cached together.
        speakers: those whose clips are used; the others' are left out.
        emotions: the order of the outputs.
        core: the emotions of the label subset that a second model answers with; empty for none.
        feature_set: what the model reads.
        cache: folder of features; each process maps them from there.
        noises: recorded noises, for simulated recording conditions.
        chosen: of their clips, only these files; None for all.
    """

    clips: tuple[Clip, ...]
    speakers: frozenset[str]
    emotions: tuple[str, ...]
    core: tuple[str, ...]
    feature_set: FeatureSet
    cache: Path
    noises: tuple[Path, ...] = ()
    chosen: frozenset[Path] | None = None

    def of(self, speakers: Iterable[str]) -> TrainingSet:
        """Return the set of other speakers' clips; their features are cached together with these."""
        return replace(self, speakers=frozenset(speakers), chosen=None)

    def of_clips(self, clips: Iterable[Clip]) -> TrainingSet:
        """Return the set of other clips, with the same settings.

        Their features are cached together with these, if all of them are among `clips`.
        """
        clips = tuple(clips)
        speakers = frozenset(clip.speaker for clip in clips)
        paths = frozenset(clip.path for clip in clips)
        if paths <= {clip.path for clip in self.clips}:
            return replace(self, speakers=speakers, chosen=paths)
        return replace(self, clips=clips, speakers=speakers, chosen=None)

    @property
    def used(self) -> list[Clip]:
        """The clips that are trained on."""
        return [self.clips[i] for i in self._indices]

    @property
    def _indices(self) -> list[int]:
        return [i for i, clip in enumerate(self.clips) if self._uses(clip)]

    def _uses(self, clip: Clip) -> bool:
        return clip.speaker in self.speakers and (self.chosen is None or clip.path in self.chosen)

    def features(self, variant: Variant | None = None) -> list[Features]:
        """Return the unscaled features of each used clip; of length 0 where a clip has none.

        Args:
            variant: how the clips are changed; None takes them as they were recorded.
        """
        found = corpus_features(self.clips, cache=self.cache, feature_set=self.feature_set, variant=variant)
        return [found[i] for i in self._indices]

    def examples(self, variant: Variant | None = None) -> tuple[list[Features], NDArray[np.int64]]:
        """Return the features of each clip that has some, and the index of its emotion [shape=(n,)].

        Args:
            variant: how the clips are changed; None takes them as they were recorded.
        """
        found = zip(self.used, self.features(variant), strict=True)
        usable = [(clip, each) for clip, each in found if len(each)]
        targets = np.array([self.emotions.index(clip.emotion) for clip, _ in usable], np.int64)
        return [each for _, each in usable], targets

    def pool(self, simulated: int = 0) -> SpeakerPool:
        """Return the clips as recorded and under so many simulated conditions; features must be frames."""
        return SpeakerPool(self.used, [self.features(each) for each in self.conditions(simulated)])

    def conditions(self, simulated: int) -> tuple[SimulatedCondition | None, ...]:
        """Return None, which is the real recording condition, and so many simulated ones."""
        return (None, *(SimulatedCondition(number, self.noises) for number in range(1, simulated + 1)))

    def identity(self, simulated: int = 0) -> list[Any]:
        """Return what a trained model depends on here, for JSON: features, labels, speakers."""
        return [
            [
                feature_cache.key(self.clips, self.feature_set, condition)
                for condition in self.conditions(simulated)
            ],
            [(self._uses(clip), clip.emotion) for clip in self.clips],
            list(self.emotions),
            list(self.core),
        ]
