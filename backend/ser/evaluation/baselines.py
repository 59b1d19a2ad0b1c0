"""The baselines that a model is measured with, drawn from a speaker's clips without the scored one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from numpy.random import Generator

from ser.corpora.base import Clip
from ser.features.registry import FRAME_S, Frames
from ser.models.baseline import Baseline

# How many neutral clips, and how many clips of any emotion, make a baseline.
NEUTRAL_CLIPS = 3
SESSION_CLIPS = 20
# What is known of a speaker, in the words of reports.
NOTHING_KNOWN = "nothing known of the speaker"
NEUTRAL_TITLE = f"{NEUTRAL_CLIPS} neutral clips"
SESSION_TITLE = f"{SESSION_CLIPS} own clips, emotions unknown"


class SpeakerClips:
    """The clips that a speaker's baseline may be drawn from.

    Args:
        frames: features [shape=(T, D)] of each clip by its index in the corpus, without refused clips.
    """

    def __init__(self, frames: dict[int, Frames]) -> None:
        self._frames = frames
        self._whole = {index: Baseline.of(each) for index, each in frames.items()}

    def shuffled(self, rng: Generator) -> list[int]:
        """Return the indices of the clips in a random order."""
        return [int(index) for index in rng.permutation(sorted(self._frames))]

    def baseline_of_clips(self, order: Sequence[int], count: int, *, scored: int) -> Baseline | None:
        """Return the baseline of the first `count` clips in `order`, without the scored one."""
        parts = islice((self._whole[index] for index in order if index != scored), count)
        return _added(parts)

    def baseline_of_seconds(self, order: Sequence[int], seconds: float, *, scored: int) -> Baseline | None:
        """Return the baseline of the first `seconds` in `order`, without the scored clip."""
        return _added(self._parts(order, round(seconds / FRAME_S), scored))

    def _parts(self, order: Sequence[int], count: int, scored: int) -> Iterator[Baseline]:
        for index in order:
            if count <= 0:
                return
            if index == scored:
                continue
            frames = self._frames[index]
            yield self._whole[index] if len(frames) <= count else Baseline.of(frames[:count])
            count -= len(frames)


def _added(parts: Iterator[Baseline]) -> Baseline | None:
    total = next(parts, None)
    for part in parts:
        total = part if total is None else total + part
    return total


def by_speaker(
    clips: Sequence[Clip], frames: Sequence[Frames | None], *, wanted: Callable[[Clip], bool]
) -> dict[str, SpeakerClips]:
    """Return speaker -> their wanted clips; some may have none."""
    of_speaker: dict[str, dict[int, Frames]] = {clip.speaker: {} for clip in clips}
    for index, (clip, each) in enumerate(zip(clips, frames, strict=True)):
        if each is not None and wanted(clip):
            of_speaker[clip.speaker][index] = each
    return {speaker: SpeakerClips(own) for speaker, own in of_speaker.items()}
