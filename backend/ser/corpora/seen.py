"""Whom a model was trained on, as far as its manifest tells."""

from __future__ import annotations

from collections.abc import Sequence

from ser.corpora import splits
from ser.corpora.base import CLIPS_SHA256, Clip
from ser.corpora.file_hash import file_hash
from ser.corpora.registry import CORPORA, FOLDER, name_of_title
from ser.models.manifest import Manifest


def trained_on(manifest: Manifest, title: str, clips: Sequence[Clip]) -> frozenset[str]:
    """Return those speakers of a corpus whom a model was trained on.

    Speakers of a published corpus are known by their names. One's own recordings are known by the content of
    their files, as other people may have the same names; new recordings of a speaker are not recognised.

    Args:
        manifest: of the model.
        title: of the corpus.
        clips: of the corpus.
    """
    if name_of_title(title) == FOLDER:
        return _of_own_recordings(manifest, clips)
    found = frozenset[str]()
    for further in manifest.also_trained_on:
        if further.corpus.title == title:
            found |= {*further.speakers, *_of_training_part(title, clips)}
    if manifest.corpus.title == title:
        found |= splits.of_model(manifest.split)["train"]
    return found


def _of_own_recordings(manifest: Manifest, clips: Sequence[Clip]) -> frozenset[str]:
    """Return who speaks in the clips that were trained on, and who else was in training with them."""
    is_own = name_of_title(manifest.corpus.title) == FOLDER
    named = splits.of_model(manifest.split)["train"] if is_own else frozenset[str]()
    known = set(manifest.training.get(CLIPS_SHA256, ()))
    if not known:
        # Manifests of older versions have no hashes.
        return named
    again = frozenset(clip.speaker for clip in clips if file_hash(clip.path) in known)
    return again | named if again else again


def _of_training_part(title: str, clips: Sequence[Clip]) -> set[str]:
    """Return who speaks, by no name, in the clips of a corpus' fixed training part."""
    part_of = CORPORA.get(name_of_title(title)).part_of
    return {c.speaker for c in clips if not c.speaker_known and part_of is not None and part_of(c) == "train"}
