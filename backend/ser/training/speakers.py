"""Fits what tells two speakers of a call apart, and writes `ser/speech/speakers.npz`.

python -m ser.training.speakers --cremad DIR --emodb DIR --noise DIR

This is a linear discriminant analysis of the statistics that `ser.speech.speakers` describes speech with.
Each speaker is a class, so what differs between the emotions and the words of one speaker is what the
projection leaves out. CREMA-D's training actors come twice, plain and in a simulated recording condition; how
speakers differ is learnt from the plain clips.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ser import corpora
from ser.audio import decode as audio
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.features.registry import Frames
from ser.speech.speakers import PROJECTION_FILE, described, feature_set, sums_of
from ser.training.variants import SimulatedCondition, Variant

DIMENSIONS = 24
# Of the speakers' own variance, relative to its mean: no direction is trusted beyond that.
SHRINKAGE = 1e-3
# Clips are cut into parts of so many frames, half of each over the next.
PART_FRAMES = (100, 250)


class Speaker(NamedTuple):
    """The parts of one speaker's clips [shape=(n, 124)], and whether they are as they were recorded."""

    parts: NDArray[np.float64]
    is_plain: bool


def fit(speakers: Sequence[Speaker]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what statistics are multiplied by [shape=(124, d)], and what is added [shape=(d,)]."""
    every = np.concatenate([each.parts for each in speakers])
    mean, deviation = every.mean(axis=0), every.std(axis=0)
    scaled = [(each.parts - mean) / deviation for each in speakers]
    within = sum((_scatter(parts) for parts in scaled), np.zeros((every.shape[1],) * 2)) / len(every)
    within += SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    plain = [parts for parts, each in zip(scaled, speakers, strict=True) if each.is_plain]
    between = np.cov(np.array([parts.mean(axis=0) for parts in plain]).T)
    values, vectors = np.linalg.eigh(within)
    whitened = vectors / np.sqrt(values)
    _, directions = np.linalg.eigh(whitened.T @ between @ whitened)
    projection = whitened @ directions[:, ::-1][:, :DIMENSIONS] / deviation[:, np.newaxis]
    return projection, -mean @ projection


def _scatter(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = parts - parts.mean(axis=0)
    scatter: NDArray[np.float64] = centred.T @ centred
    return scatter


def speakers_of(
    clips: Sequence[Clip], variant: Variant | None, rng: np.random.Generator
) -> Iterator[Speaker]:
    """Yield the parts of each speaker's clips.

    Args:
        clips: of a corpus.
        variant: how the clips are changed; None for not at all.
        rng: of the lengths of the parts.
    """
    names = sorted({clip.speaker for clip in clips})
    for name in tqdm(names, desc=variant.title if variant else "speakers"):
        change = variant.of_speaker(name, clips)() if variant else None
        own: list[NDArray[np.float64]] = []
        for clip in clips:
            if clip.speaker != name:
                continue
            y = audio.decode(clip.path)
            try:
                frames = feature_set().extract(change(y) if change else y)
            except AudioError:
                continue
            own += _parts(frames, rng)
        yield Speaker(np.array(own), variant is None)


def _parts(frames: Frames, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    sums = sums_of(frames)
    length = min(len(frames), int(rng.integers(*PART_FRAMES)))
    for start in range(0, len(frames) - length + 1, max(length // 2, 1)):
        total = sums[start : start + length].sum(axis=0, dtype=np.float64)
        yield described(np.array([length]), total[np.newaxis])[0]


def main(arguments: Iterable[str] | None = None) -> None:
    """Fit the projection, and write it beside the module that reads it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    for name in ("cremad", "emodb", "noise"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args(None if arguments is None else list(arguments))
    rng = np.random.default_rng(0)
    actors = splits.of_speakers(corpora.load("cremad", args.cremad), splits.standard_split("cremad")["train"])
    simulated = SimulatedCondition(1, tuple(sorted(args.noise.glob("*.ogg"))))
    speakers = [
        *speakers_of(actors, None, rng),
        *speakers_of(actors, simulated, rng),
        *speakers_of(corpora.load("emodb", args.emodb), None, rng),
    ]
    scale, shift = fit(speakers)
    target = files("ser.speech") / PROJECTION_FILE
    np.savez(Path(str(target)), scale=scale.astype(np.float32), shift=shift.astype(np.float32))


if __name__ == "__main__":
    main()
