"""Clips down the product's own road: file -> waveform -> frames -> answer, with or without a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.random import Generator
from numpy.typing import NDArray
from tqdm import tqdm

from ser.audio import decode as audio
from ser.conditions.mixes import NoiseMix
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.evaluation.degradations import DEGRADATIONS
from ser.features.registry import FRAME_S, FeatureSet, Frames
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction, speech_features

Probabilities = NDArray[np.float64]
# What is to be heard: a clip's frames, None where it was refused, and the speaker's baseline.
Task = tuple[Frames | None, Baseline | None]

# Answers that wait for a thread; more would only hold frames in memory.
_AHEAD = 256


def clip_frames(clips: Sequence[Clip], feature_set: FeatureSet) -> list[Frames | None]:
    """Return the frames [shape=(T, D)] of each clip, in order; None for one that is refused."""
    frames = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_frames_of_file)(clip.path, feature_set) for clip in clips
    )
    return list(tqdm(frames, total=len(clips), desc="features", unit="clip", disable=None))


def _frames_of_file(path: Path, feature_set: FeatureSet) -> Frames | None:
    try:
        return speech_features(audio.decode(path), feature_set)
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return None


def degraded_frames(
    clips: Sequence[Clip], mixes: Iterable[NoiseMix], names: Sequence[str], feature_set: FeatureSet
) -> Iterator[list[Frames | None]]:
    """Yield the frames of each clip after each of the named degradations; None where it is refused."""
    return iter(
        Parallel(n_jobs=-1, return_as="generator")(
            delayed(_degraded)(clip.path, each, names, feature_set)
            for clip, each in zip(clips, mixes, strict=True)
        )
    )


def _degraded(
    path: Path, mix: NoiseMix, names: Sequence[str], feature_set: FeatureSet
) -> list[Frames | None]:
    try:
        y = audio.decode(path)
    except AudioError:
        return [None] * len(names)
    return [_frames_of_bytes(DEGRADATIONS[name].apply(y, mix), feature_set) for name in names]


def _frames_of_bytes(content: bytes, feature_set: FeatureSet) -> Frames | None:
    try:
        return speech_features(audio.decode(content), feature_set)
    except AudioError:
        return None


def answers(
    predictor: EmotionPredictor, tasks: Iterable[Task], *, total: int, title: str
) -> Iterator[Prediction | None]:
    """Yield what the model hears of each task, in order, on all cores; None for a refused clip."""

    def hear(task: Task) -> Prediction | None:
        frames, baseline = task
        return None if frames is None else predictor.predict_features(frames, baseline)

    with (
        ThreadPoolExecutor(cpu_count()) as pool,
        tqdm(total=total, desc=title, unit="answer", disable=None) as progress,
    ):
        remaining = iter(tasks)
        while batch := list(islice(remaining, _AHEAD)):
            yield from pool.map(hear, batch)
            progress.update(len(batch))


def as_array(predictions: Iterable[Prediction | None], labels: Sequence[str]) -> Probabilities:
    """Return the probabilities [shape=(n, C)], float64, in the order of `labels`; NaN where refused."""
    refused = [np.nan] * len(labels)
    return np.array(
        [refused if each is None else [each.probabilities[name] for name in labels] for each in predictions]
    )


def uncalibrated(predictor: EmotionPredictor, frames: Sequence[Frames | None]) -> Probabilities:
    """Return the probabilities [shape=(n, C)] as they were at temperature 1."""
    width = len(predictor.manifest.labels)

    def hear(each: Frames | None) -> Probabilities:
        if each is None:
            return np.full(width, np.nan)
        raw = predictor.window_probabilities(each).astype(np.float64) ** predictor.manifest.temperature
        mean: Probabilities = (raw / raw.sum(axis=1, keepdims=True)).mean(axis=0)
        return mean

    with ThreadPoolExecutor(cpu_count()) as pool:
        return np.array(list(pool.map(hear, frames)))


class Voice:
    """The clips that a speaker's baseline may be drawn from.

    Args:
        frames: of each clip, by its index in the corpus; refused clips are not among them.
    """

    def __init__(self, frames: dict[int, Frames]) -> None:
        self._frames = frames
        self._whole = {index: Baseline.of(each) for index, each in frames.items()}

    def shuffled(self, rng: Generator) -> list[int]:
        """Return the indices of the clips in a random order."""
        return [int(index) for index in rng.permutation(sorted(self._frames))]

    def of_clips(self, order: Sequence[int], count: int, *, scored: int) -> Baseline | None:
        """Return the baseline of the first `count` clips other than the one that is scored."""
        parts = islice((self._whole[index] for index in order if index != scored), count)
        return _added(parts)

    def of_seconds(self, order: Sequence[int], seconds: float, *, scored: int) -> Baseline | None:
        """Return the baseline of the first `seconds` of clips other than the one that is scored."""
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


def voices(
    clips: Sequence[Clip], frames: Sequence[Frames | None], *, wanted: Callable[[Clip], bool]
) -> dict[str, Voice]:
    """Return speaker -> the voice made of their wanted clips; some may have none."""
    of_speaker: dict[str, dict[int, Frames]] = {clip.speaker: {} for clip in clips}
    for index, (clip, each) in enumerate(zip(clips, frames, strict=True)):
        if each is not None and wanted(clip):
            of_speaker[clip.speaker][index] = each
    return {speaker: Voice(own) for speaker, own in of_speaker.items()}
