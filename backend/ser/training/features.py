"""Features of a whole corpus: extracted once on all cores, then read from a cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from ser.errors import AudioError
from ser.services import audio, feature_extractor
from ser.services.feature_extractor import DEFINITION, N_FEATURES, Frames
from ser.training.corpora import Clip


def corpus_frames(clips: Sequence[Clip], *, cache: Path | None, jobs: int = -1) -> list[Frames]:
    """Return the frames [shape=(T, 120)] of each clip, in order.

    A clip that cannot be used gives frames of length 0. The cache is renewed when a clip's name, size
    or time of change, or the definition of the features, has changed.

    Args:
        clips: the clips.
        cache: folder of the cached features; None extracts anew and stores nothing.
        jobs: processes; -1 takes all cores.
    """
    file = cache / f"{_key(clips)}.npz" if cache else None
    if file is not None and file.is_file():
        with np.load(file) as stored:
            return np.split(stored["frames"], stored["ends"][:-1])
    extracted: list[Frames] = list(
        tqdm(
            Parallel(n_jobs=jobs, return_as="generator")(delayed(_extract)(clip.path) for clip in clips),
            total=len(clips),
            desc="features",
            unit="clip",
        )
    )
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial.npz")
        np.savez(
            partial,
            frames=np.concatenate(extracted),
            ends=np.cumsum([len(frames) for frames in extracted]),
        )
        partial.replace(file)
    return extracted


def _extract(path: Path) -> Frames:
    try:
        return feature_extractor.extract(audio.decode(path))
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return np.empty((0, N_FEATURES), np.float32)


def _key(clips: Sequence[Clip]) -> str:
    stats = [(clip.path.name, (s := clip.path.stat()).st_size, s.st_mtime_ns) for clip in clips]
    return hashlib.sha256(json.dumps([DEFINITION, stats]).encode()).hexdigest()[:32]
