"""Features of a whole corpus: extracted once on all cores, then read from a cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import DTypeLike, NDArray
from tqdm import tqdm

from ser.audio import decode as audio
from ser.audio.waveform import Waveform
from ser.corpora.base import Clip
from ser.corpora.file_hash import file_hash
from ser.errors import AudioError
from ser.features.mfcc import MFCC
from ser.features.registry import Features, FeatureSet
from ser.training.progress import bar
from ser.training.variants import Change, Variant

_FEATURES, _ENDS = "frames.npy", "ends.npy"


def corpus_features(
    clips: Sequence[Clip],
    *,
    cache: Path | None,
    jobs: int = -1,
    feature_set: FeatureSet = MFCC,
    variant: Variant | None = None,
) -> list[Features]:
    """Return the unscaled features of each clip, in order.

    A clip that cannot be used gives features of length 0. Features are extracted anew when a clip's name or
    content, the parameters of the feature set or the variant has changed; a copy of the recordings has the
    same. Cached ones are mapped from the disk, so that several processes share them.

    Args:
        clips: the clips.
        cache: folder of the cached features; None extracts anew and stores nothing.
        jobs: processes; -1 takes all cores.
        feature_set: which features.
        variant: change each clip in this way first; None takes the clips as they are.
    """
    folder = cache / key(clips, feature_set, variant) if cache else None
    if folder is not None and folder.is_dir():
        return _split(np.load(folder / _FEATURES, mmap_mode="r"), np.load(folder / _ENDS))
    extracted = _extract_all(clips, jobs, feature_set, variant)
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
    clips: Sequence[Clip], jobs: int, feature_set: FeatureSet, variant: Variant | None
) -> list[Features]:
    speakers: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        speakers.setdefault(clip.speaker, []).append(index)
    features: list[Features] = [np.empty((0, 0), np.float32)] * len(clips)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_extract_speaker)(
            [clips[i].path for i in indices],
            feature_set,
            None if variant is None else variant.of_speaker(speaker, clips),
            np.float32 if variant is None else variant.dtype,
        )
        for speaker, indices in speakers.items()
    )
    title = "features" if variant is None else f"features, {variant.title}"
    with bar(title, len(clips), "clip") as shown:
        for indices, extracted in zip(speakers.values(), work, strict=True):
            for index, each in zip(indices, extracted, strict=True):
                features[index] = each
            shown.update(len(indices))
    return features


def _extract_speaker(
    paths: Sequence[Path],
    feature_set: FeatureSet,
    begin: Callable[[], Change] | None,
    dtype: DTypeLike,
) -> list[Features]:
    change = begin() if begin is not None else _unchanged
    return [_extract(path, feature_set, change).astype(dtype, copy=False) for path in paths]


def _unchanged(y: Waveform) -> Waveform:
    return y


def _extract(path: Path, feature_set: FeatureSet, change: Change) -> Features:
    try:
        return feature_set.extract(change(audio.decode(path)))
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return np.empty((0, *(size or 0 for size in feature_set.shape[1:])), np.float32)


def key(clips: Sequence[Clip], feature_set: FeatureSet, variant: Variant | None = None) -> str:
    """Return a name for the features of clips; it changes with anything that they depend on."""
    stats = [(clip.path.name, clip.speaker, file_hash(clip.path)) for clip in clips]
    changed: list[Any] = [] if variant is None else variant.identity(file_hash)
    parameters = dict(feature_set.parameters)
    if feature_set.version > 1:
        parameters["version"] = feature_set.version
    return hashlib.sha256(json.dumps([parameters, stats, changed]).encode()).hexdigest()[:32]
