"""Whom a model was trained on, as far as its manifest tells."""

from __future__ import annotations

from collections.abc import Sequence

from ser.corpora import splits
from ser.corpora.base import CLIPS_SHA256, Clip, file_hashes
from ser.corpora.registry import CORPORA, name_of_title
from ser.models.manifest import Manifest


def trained_on(manifest: Manifest, title: str, clips: Sequence[Clip]) -> frozenset[str]:
    """Return those speakers of a corpus whom a model was trained on.

    One's own recordings are known by their content: others' speakers may have the same names.

    Args:
        manifest: of the model.
        title: of the corpus.
        clips: of the corpus.
    """
    found = frozenset[str]()
    for further in manifest.also_trained_on:
        if further.corpus.title == title:
            found |= {*further.speakers, *_of_training_part(title, clips)}
    if manifest.corpus.title != title:
        return found
    again = frozenset[str]()
    if known := set(manifest.training.get(CLIPS_SHA256, ())):
        hashes = zip(clips, file_hashes(clips), strict=True)
        again = frozenset(clip.speaker for clip, sha256 in hashes if sha256 in known)
        if not again:
            return found
    return found | again | splits.of_model(manifest.split)["train"]


def _of_training_part(title: str, clips: Sequence[Clip]) -> set[str]:
    """Return who speaks, by no name, in the clips of a corpus' fixed training part."""
    part_of = CORPORA.get(name_of_title(title)).part_of
    return {c.speaker for c in clips if not c.speaker_known and part_of is not None and part_of(c) == "train"}
