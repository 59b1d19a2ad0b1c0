"""Whom a model was trained on: published speakers by name, one's own recordings by content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clips import MODEL
from ser import corpora
from ser.corpora import seen
from ser.corpora.base import CLIPS_SHA256, Clip
from ser.corpora.file_hash import file_hash
from ser.models.manifest import AlsoTrainedOn, Manifest
from ser.models.store import ModelDirectory

OWN = corpora.facts("folder", ())
EMODB = corpora.facts("emodb", ())


def manifest(corpus: Any, speakers: list[str], also: list[AlsoTrainedOn] = [], **training: Any) -> Manifest:  # noqa: B006
    changed = {
        "corpus": corpus,
        "also_trained_on": also,
        "split": {"by": "speaker", "fit": speakers, "dev": []},
        "training": training,
    }
    return ModelDirectory(MODEL).manifest.model_copy(update=changed)


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    found = []
    for speaker in ("ada", "bob"):
        path = tmp_path / f"{speaker}.wav"
        path.write_bytes(speaker.encode())
        found.append(Clip(path, speaker, "Angry"))
    return found


def test_published_speakers_are_known_by_name_whatever_came_before(clips: list[Clip]) -> None:
    # The hashes are those of own recordings that the start of the model was trained on.
    further = manifest(EMODB, ["ada"], **{CLIPS_SHA256: ["0" * 16]})
    assert seen.trained_on(further, EMODB.title, clips) == {"ada"}


def test_a_further_training_adds_speakers_of_the_same_corpus(clips: list[Clip]) -> None:
    also = [AlsoTrainedOn(corpus=EMODB, speakers=["bob"])]
    assert seen.trained_on(manifest(EMODB, ["ada"], also), EMODB.title, clips) == {"ada", "bob"}


def test_own_recordings_are_known_by_content_and_not_by_name(clips: list[Clip]) -> None:
    also = [AlsoTrainedOn(corpus=OWN, speakers=["ada", "bob"])]
    known = {CLIPS_SHA256: [file_hash(clips[0].path)]}
    renamed = [Clip(clips[0].path, "carol", "Angry"), clips[1]]
    assert seen.trained_on(manifest(EMODB, [], also, **known), OWN.title, renamed) == {"carol"}
    assert seen.trained_on(manifest(EMODB, [], also), OWN.title, clips) == frozenset()
    others = {CLIPS_SHA256: ["0" * 16]}
    assert seen.trained_on(manifest(OWN, ["ada", "bob"], **others), OWN.title, clips) == frozenset()


def test_of_the_same_recordings_all_training_speakers_are_known(clips: list[Clip]) -> None:
    known = {CLIPS_SHA256: [file_hash(clips[0].path)]}
    assert seen.trained_on(manifest(OWN, ["ada", "bob"], **known), OWN.title, clips) == {"ada", "bob"}


def test_manifests_without_hashes_tell_names_alone(clips: list[Clip]) -> None:
    assert seen.trained_on(manifest(OWN, ["ada"]), OWN.title, clips) == {"ada"}
