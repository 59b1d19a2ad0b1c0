"""Features of a whole corpus: extracted once on all cores, then read from a cache."""

from __future__ import annotations

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
from ser.features.registry import FeatureSet, Frames

_BABBLE_VOICES = 20
_FRAMES, _ENDS = "frames.npy", "ends.npy"


@dataclass(frozen=True)
class Virtual:
    """Every speaker on a recording chain of their own, drawn anew for each `number`.

    Attributes:
        number: which draw.
        noises: recorded noises for the chains; without any, noise is made.
    """

    number: int
    noises: tuple[Path, ...] = ()


def corpus_frames(
    clips: Sequence[Clip],
    *,
    cache: Path | None,
    jobs: int = -1,
    feature_set: FeatureSet = MFCC,
    virtual: Virtual | None = None,
) -> list[Frames]:
    """Return the frames [shape=(T, D)] of each clip, in order.

    A clip that cannot be used gives frames of length 0. The cache is renewed when a clip's name, size
    or time of change, the definition of the features or what is drawn has changed; what is read from it
    is mapped from the disk, so that several processes share it.

    Args:
        clips: the clips.
        cache: folder of the cached features; None extracts anew and stores nothing.
        jobs: processes; -1 takes all cores.
        feature_set: which features, one of `MFCCS`.
        virtual: extract as if recorded on other chains, in half precision; None takes them as they are.
    """
    folder = cache / key(clips, feature_set, virtual) if cache else None
    if folder is not None and folder.is_dir():
        return _split(np.load(folder / _FRAMES, mmap_mode="r"), np.load(folder / _ENDS))
    extracted = _extract_all(clips, jobs, feature_set, virtual)
    if folder is not None:
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        np.save(partial / _FRAMES, np.concatenate(extracted))
        np.save(partial / _ENDS, np.cumsum([len(frames) for frames in extracted]))
        try:
            partial.replace(folder)
        except OSError:  # another run was first
            shutil.rmtree(partial)
    return extracted


def _split(frames: Frames, ends: NDArray[np.int64]) -> list[Frames]:
    return [frames[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _extract_all(
    clips: Sequence[Clip], jobs: int, feature_set: FeatureSet, virtual: Virtual | None
) -> list[Frames]:
    speakers: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        speakers.setdefault(clip.speaker, []).append(index)
    frames: list[Frames] = [np.empty((0, 0), np.float32)] * len(clips)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_extract_speaker)(
            speaker,
            [clips[i].path for i in indices],
            feature_set,
            virtual,
            _babblers(clips, speaker, virtual),
        )
        for speaker, indices in speakers.items()
    )
    name = "features" if virtual is None else f"features, chain {virtual.number}"
    with tqdm(total=len(clips), desc=name, unit="clip") as progress:
        for indices, extracted in zip(speakers.values(), work, strict=True):
            for index, each in zip(indices, extracted, strict=True):
                frames[index] = each
            progress.update(len(indices))
    return frames


def _babblers(clips: Sequence[Clip], speaker: str, virtual: Virtual | None) -> list[Path]:
    others = [clip.path for clip in clips if clip.speaker != speaker]
    if virtual is None or not others:
        return []
    chosen = _rng(speaker, virtual).choice(len(others), min(_BABBLE_VOICES, len(others)), replace=False)
    return [others[i] for i in chosen]


def _rng(speaker: str, virtual: Virtual) -> np.random.Generator:
    return np.random.default_rng([virtual.number, crc32(speaker.encode())])


def _extract_speaker(
    speaker: str,
    paths: Sequence[Path],
    feature_set: FeatureSet,
    virtual: Virtual | None,
    babblers: Sequence[Path],
) -> list[Frames]:
    if virtual is None:
        return [_extract(path, feature_set, lambda y: y) for path in paths]
    condition, rng = _draw(speaker, virtual, babblers)
    return [
        _extract(path, feature_set, lambda y: condition.apply(y, rng)).astype(np.float16) for path in paths
    ]


def _draw(
    speaker: str, virtual: Virtual, babblers: Sequence[Path]
) -> tuple[RecordingCondition, np.random.Generator]:
    """Return the speaker's chain, and what decides about its clips."""
    rng = _rng(speaker, virtual)
    try:
        return recording.draw(rng, virtual.noises, babblers), rng
    except AudioError:
        rng = _rng(speaker, virtual)
        return recording.draw(rng, _readable(virtual.noises), _readable(babblers)), rng


def _readable(paths: Sequence[Path]) -> list[Path]:
    kept = []
    for path in paths:
        try:
            audio.decode(path)
        except AudioError as error:
            tqdm.write(f"{path.name}: not heard in the background: {error}")
        else:
            kept.append(path)
    return kept


def _extract(path: Path, feature_set: FeatureSet, record: Callable[[Waveform], Waveform]) -> Frames:
    try:
        return feature_set.extract(record(audio.decode(path)))
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return np.empty((0, feature_set.width), np.float32)


def key(clips: Sequence[Clip], feature_set: FeatureSet, virtual: Virtual | None = None) -> str:
    """Return a name for the frames of clips: another one as soon as anything that they depend on changes."""
    stats = [(clip.path.name, clip.speaker, *_state(clip.path)) for clip in clips]
    drawn: list[Any] = []
    if virtual is not None:
        noises = [(path.name, *_state(path)) for path in virtual.noises]
        drawn = [virtual.number, noises, recording.SETTINGS]
    return hashlib.sha256(json.dumps([dict(feature_set.parameters), stats, drawn]).encode()).hexdigest()[:32]


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
