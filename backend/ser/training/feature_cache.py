"""Features of a whole corpus: extracted once on all cores, then read from a cache."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from ser.audio import decode as audio
from ser.audio.waveform import Waveform
from ser.conditions import recording
from ser.conditions.recording import RecordingCondition
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.features.mfcc import MFCC
from ser.features.registry import Features, FeatureSet

_BABBLE_TALKERS = 20
_REFERENCES = 10
_FEATURES, _ENDS = "frames.npy", "ends.npy"


@dataclass(frozen=True)
class SimulatedCondition:
    """A recording condition for every speaker, drawn anew for each `number`.

    Attributes:
        number: which draw.
        noises: recorded noises; without any, noise is generated.
    """

    number: int
    noises: tuple[Path, ...] = ()


def corpus_features(
    clips: Sequence[Clip],
    *,
    cache: Path | None,
    jobs: int = -1,
    feature_set: FeatureSet = MFCC,
    condition: SimulatedCondition | None = None,
) -> list[Features]:
    """Return the unscaled features of each clip, in order.

    A clip that cannot be used gives features of length 0. Features are extracted anew when a clip's name or
    content, the parameters of the feature set or the simulated condition has changed; a copy of the
    recordings has the same. Cached ones are mapped from the disk, so that several processes share them.

    Args:
        clips: the clips.
        cache: folder of the cached features; None extracts anew and stores nothing.
        jobs: processes; -1 takes all cores.
        feature_set: which features.
        condition: extract as if recorded under this condition, in half precision; None takes the clips as
            they are.
    """
    folder = cache / key(clips, feature_set, condition) if cache else None
    if folder is not None and folder.is_dir():
        return _split(np.load(folder / _FEATURES, mmap_mode="r"), np.load(folder / _ENDS))
    extracted = _extract_all(clips, jobs, feature_set, condition)
    if folder is not None:
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        np.save(partial / _FEATURES, np.concatenate(extracted))
        np.save(partial / _ENDS, np.cumsum([len(features) for features in extracted]))
        try:
            partial.replace(folder)
        except OSError:  # another run was first
            shutil.rmtree(partial)
    return extracted


def _split(features: Features, ends: NDArray[np.int64]) -> list[Features]:
    return [features[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _extract_all(
    clips: Sequence[Clip], jobs: int, feature_set: FeatureSet, condition: SimulatedCondition | None
) -> list[Features]:
    speakers: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        speakers.setdefault(clip.speaker, []).append(index)
    features: list[Features] = [np.empty((0, 0), np.float32)] * len(clips)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_extract_speaker)(
            speaker,
            [clips[i].path for i in indices],
            feature_set,
            condition,
            _talkers(clips, speaker, condition),
            _references(clips, speaker, condition),
        )
        for speaker, indices in speakers.items()
    )
    title = "features" if condition is None else f"features, simulated condition {condition.number}"
    with tqdm(total=len(clips), desc=title, unit="clip") as progress:
        for indices, extracted in zip(speakers.values(), work, strict=True):
            for index, each in zip(indices, extracted, strict=True):
                features[index] = each
            progress.update(len(indices))
    return features


def _talkers(clips: Sequence[Clip], speaker: str, condition: SimulatedCondition | None) -> list[Path]:
    """Return clips of other speakers for babble."""
    others = [clip.path for clip in clips if clip.speaker != speaker]
    if condition is None or not others:
        return []
    count = min(_BABBLE_TALKERS, len(others))
    chosen = _rng(speaker, condition).choice(len(others), count, replace=False)
    return [others[i] for i in chosen]


def _references(clips: Sequence[Clip], speaker: str, condition: SimulatedCondition | None) -> list[Path]:
    """Return clips of one other corpus, to whose conditions the speaker may be carried over."""
    own = {clip.corpus for clip in clips if clip.speaker == speaker}
    others = sorted({clip.corpus for clip in clips} - own)
    if condition is None or not others:
        return []
    rng = _rng(f"reference of {speaker}", condition)
    corpus = others[int(rng.integers(len(others)))]
    paths = [clip.path for clip in clips if clip.corpus == corpus]
    count = min(_REFERENCES, len(paths))
    return [paths[i] for i in rng.choice(len(paths), count, replace=False)]


def _rng(speaker: str, condition: SimulatedCondition) -> np.random.Generator:
    return np.random.default_rng([condition.number, crc32(speaker.encode())])


def _extract_speaker(
    speaker: str,
    paths: Sequence[Path],
    feature_set: FeatureSet,
    condition: SimulatedCondition | None,
    talkers: Sequence[Path],
    references: Sequence[Path],
) -> list[Features]:
    if condition is None:
        return [_extract(path, feature_set, lambda y: y) for path in paths]
    drawn, rng = _draw(speaker, condition, talkers, references)
    return [_extract(path, feature_set, lambda y: drawn.apply(y, rng)).astype(np.float16) for path in paths]


def _draw(
    speaker: str, condition: SimulatedCondition, talkers: Sequence[Path], references: Sequence[Path]
) -> tuple[RecordingCondition, np.random.Generator]:
    """Return the speaker's recording condition, and the generator for its clips."""
    rng = _rng(speaker, condition)
    try:
        return recording.draw(rng, condition.noises, talkers, references), rng
    except AudioError:
        rng = _rng(speaker, condition)
        usable = map(_readable, (condition.noises, talkers, references))
        return recording.draw(rng, *usable), rng


def _readable(paths: Sequence[Path]) -> list[Path]:
    kept = []
    for path in paths:
        try:
            audio.decode(path)
        except AudioError as error:
            tqdm.write(f"{path.name}: not used as background: {error}")
        else:
            kept.append(path)
    return kept


def _extract(path: Path, feature_set: FeatureSet, record: Callable[[Waveform], Waveform]) -> Features:
    try:
        return feature_set.extract(record(audio.decode(path)))
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return np.empty((0, *(size or 0 for size in feature_set.shape[1:])), np.float32)


def key(clips: Sequence[Clip], feature_set: FeatureSet, condition: SimulatedCondition | None = None) -> str:
    """Return a name for the features of clips; it changes with anything that they depend on."""
    stats = [(clip.path.name, clip.speaker, _digest_of(clip.path)) for clip in clips]
    drawn: list[Any] = []
    if condition is not None:
        noises = [(path.name, _digest_of(path)) for path in condition.noises]
        drawn = [condition.number, noises, recording.SETTINGS]
    parameters = dict(feature_set.parameters)
    if feature_set.version > 1:
        parameters["version"] = feature_set.version
    return hashlib.sha256(json.dumps([parameters, stats, drawn]).encode()).hexdigest()[:32]


def _digest_of(path: Path) -> str:
    """Return the digest of a file's content; its state only tells whether it must be read again."""
    state = path.stat()
    return _digest(path, (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@functools.cache
def _digest(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
