"""Splits by speaker: whoever is trained on is never tested on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from random import Random

from ser.errors import CorpusError
from ser.training.corpora import Clip

Split = dict[str, frozenset[str]]


def standard_split(corpus: str) -> Split:
    """Return the corpus' published split: part -> speakers.

    Raises:
        CorpusError: there is none for this corpus.
    """
    file = resources.files("ser.training").joinpath(f"splits_{corpus}.json")
    if not file.is_file():
        raise CorpusError(f"No standard split of '{corpus}' by speaker is known.")
    content = json.loads(file.read_text())
    return {part: frozenset(content[part]) for part in ("train", "dev")}


def hold_out(speakers: Iterable[str], *, share: float, seed: int) -> tuple[set[str], set[str]]:
    """Part speakers at random into those to train on and a held-out share.

    Returns:
        the speakers to train on and those held out; at least one of each.
    """
    order = sorted(speakers)
    Random(seed).shuffle(order)  # noqa: S311
    count = min(max(1, round(share * len(order))), len(order) - 1)
    return set(order[count:]), set(order[:count])


def of_speakers(clips: Iterable[Clip], speakers: Iterable[str]) -> list[Clip]:
    """Return the clips of these speakers.

    Raises:
        CorpusError: there are none.
    """
    wanted = set(speakers)
    kept = [clip for clip in clips if clip.speaker in wanted]
    if not kept:
        raise CorpusError("None of the corpus' clips is by a speaker of this split.")
    return kept
