"""The corpora by name. A new corpus is one folder or file beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ser.corpora.base import Annotations, Clip, Corpus
from ser.errors import CorpusError
from ser.models.manifest import VOICE_GENDER, CorpusFacts, Task
from ser.registry import Registry

# One's own recordings.
FOLDER = "folder"

CORPORA: Registry[Corpus] = Registry(
    "corpus",
    {
        "cremad": "ser.corpora.cremad:CORPUS",
        "ravdess": "ser.corpora.ravdess:CORPUS",
        "emodb": "ser.corpora.emodb:CORPUS",
        "hindi": "ser.corpora.hindi:CORPUS",
        "tess": "ser.corpora.tess:CORPUS",
        "savee": "ser.corpora.savee:CORPUS",
        "emovo": "ser.corpora.emovo:CORPUS",
        "urdu": "ser.corpora.urdu:CORPUS",
        "iemocap": "ser.corpora.iemocap:CORPUS",
        "ordinary": "ser.corpora.ordinary:CORPUS",
        FOLDER: "ser.corpora.folder:CORPUS",
    },
    error=CorpusError,
)


def load(
    name: str,
    data: Path,
    *,
    emotions: Sequence[str] | None = None,
    task: Task = "emotion",
    annotations: Path | None = None,
) -> list[Clip]:
    """List the clips of a corpus; its known faulty ones are left out.

    Args:
        name: of the corpus; "folder" for one's own recordings.
        data: the corpus' folder; of one's own recordings, it may be a CSV.
        emotions: keep only these labels; all by default.
        task: what the labels are; the speakers' sex for `voice_gender`.
        annotations: folder that says who the speakers are; `data` by default.

    Raises:
        CorpusError: there is no corpus of this name, or no clip of it in `data`.
    """
    clips = CORPORA.get(name).list_clips(data)
    if task == VOICE_GENDER:
        clips = _labelled_by_sex(name, annotations or data, clips)
    kept = [clip for clip in clips if emotions is None or clip.emotion in emotions]
    if not kept:
        found = ", ".join(sorted({clip.emotion for clip in clips}))
        raise CorpusError(
            f"No clip in '{data}' is one of {', '.join(emotions or ())}; its emotions are: {found}."
        )
    return kept


def _labelled_by_sex(name: str, data: Path, clips: Sequence[Clip]) -> list[Clip]:
    people = annotate(name, data, clips).people
    found = [(clip, people[clip.speaker].sex) for clip in clips if clip.speaker in people]
    labelled = [replace(clip, emotion=sex) for clip, sex in found if sex is not None]
    if not labelled:
        raise CorpusError(f"'{name}' in '{data}' does not say who speaks with which voice.")
    return labelled


def annotate(name: str, data: Path, clips: Sequence[Clip]) -> Annotations:
    """Read what a corpus says of its speakers and clips.

    Args:
        name: of the corpus.
        data: its folder.
        clips: its clips.

    Raises:
        CorpusError: there is no corpus of this name, or a file of annotations cannot be read.
    """
    return CORPORA.get(name).annotate(data, clips)


def facts(name: str, clips: Sequence[Clip]) -> CorpusFacts:
    """Return title, licence and source of a corpus; one's own recordings are described by their clips.

    Raises:
        CorpusError: there is no corpus of this name.
    """
    return CORPORA.get(name).facts or _describe(clips)


def is_acted(clip: Clip) -> bool:
    """Return whether a clip's emotion was acted; a clip that names no corpus counts as acted."""
    return not clip.corpus or CORPORA.get(clip.corpus).acted


def _describe(clips: Sequence[Clip]) -> CorpusFacts:
    speakers = {clip.speaker for clip in clips if clip.speaker_known}
    emotions = {clip.emotion for clip in clips}
    whose = f"{len(speakers)} speakers" if speakers else "unnamed speakers"
    return CorpusFacts(
        title="own recordings",
        description=f"{len(clips)} clips of {whose} in {len(emotions)} emotions",
        licence="that of whoever recorded them",
        licence_url="",
        source="Not published",
        url="",
    )


def name_of_title(title: str) -> str:
    """Return the name of the published corpus with this title; `FOLDER` where there is none."""
    for name in CORPORA:
        found = CORPORA.get(name).facts
        if found is not None and found.title == title:
            return name
    return FOLDER
