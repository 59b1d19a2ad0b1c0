"""RAVDESS, its spoken clips: 24 North American actors, 2 sentences, 8 emotions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ser.corpora.base import Annotations, Clip, Corpus, Person, Targets, clips_by_name
from ser.models.manifest import CorpusFacts

# Identical to 03-01-03-01-02-01-07, whose repetition it should be.
FAULTY = frozenset({"03-01-03-01-02-02-07"})
# Sound only, and speech: not video, not song.
_NAME = re.compile(r"03-01-(0[1-8])-(0[12])-0[12]-0[12]-(\d{2})")
_EMOTIONS = {
    "01": "Neutral",
    "02": "Calm",
    "03": "Happy",
    "04": "Sad",
    "05": "Angry",
    "06": "Fear",
    "07": "Disgust",
    "08": "Surprise",
}
_INTENSITIES = {"01": "normal", "02": "strong"}


def list_clips(data: Path) -> list[Clip]:
    """List the spoken clips, without the duplicate, in the order of their names.

    Takes the official layout (`Actor_01/03-01-05-02-01-01-01.wav`), in any container; the folder that
    the archive unpacks to may lie between. Speakers are the actors' numbers, "01" to "24".

    Raises:
        CorpusError: there is no clip, or there are two files of one.
    """
    return clips_by_name(
        data.glob("**/Actor_*/*"),
        _NAME,
        _clip,
        faulty=FAULTY,
        missing=f"No RAVDESS clips in '{data}': files named like Actor_01/03-01-05-02-01-01-01.wav are "
        "expected.",
    )


def _clip(path: Path, emotion: str, intensity: str, speaker: str) -> Clip:
    return Clip(path, speaker, _EMOTIONS[emotion], _INTENSITIES[intensity])


def annotate(_data: Path, clips: Sequence[Clip]) -> Annotations:
    """Return the sex of each speaker: actors with odd numbers are male, those with even ones female."""
    speakers = {clip.speaker for clip in clips}
    return Annotations({each: Person(sex="Male" if int(each) % 2 else "Female") for each in speakers})


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="RAVDESS",
        description="1,440 spoken clips of 24 North American actors who speak 2 sentences in 8 emotions",
        licence="CC BY-NC-SA 4.0 (non-commercial)",
        licence_url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        source="Livingstone, S. R., Russo, F. A.: The Ryerson Audio-Visual Database of Emotional Speech and "
        "Song (RAVDESS). PLoS ONE 13(5): e0196391, 2018",
        url="https://zenodo.org/records/1188976",
    ),
    annotate=annotate,
    # Not for commercial use.
    restricted=True,
    targets={
        "cremad-4": Targets(least_uar={"none": 0.45, "own_20": 0.58}),
        "cremad-6": Targets(least_uar={"none": 0.44, "own_20": 0.50}),
    },
)
