"""What is known of a corpus' speakers, and how people heard its clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser.corpora import cremad_annotations
from ser.corpora.base import Clip
from ser.corpora.cremad_annotations import Person, Votes


@dataclass(frozen=True)
class Annotations:
    """What a corpus says beside its clips; empty where it says nothing.

    Attributes:
        people: speaker -> who that is.
        votes: name of a clip's file without its ending -> emotion -> how many listeners chose it.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    votes: Mapping[str, Votes] = field(default_factory=dict)


def load(corpus: str, data: Path, clips: Sequence[Clip]) -> Annotations:
    """Return what a corpus on disk says of its speakers and clips.

    Args:
        corpus: its name.
        data: its folder.
        clips: its clips.

    Raises:
        CorpusError: a file of annotations is not what it should be.
    """
    if corpus == "cremad":
        return Annotations(cremad_annotations.load_people(data), cremad_annotations.load_votes(data))
    if corpus == "ravdess":
        # By the corpus' own rule: odd actors are male, even ones female.
        speakers = {clip.speaker for clip in clips}
        return Annotations({each: Person(sex="Male" if int(each) % 2 else "Female") for each in speakers})
    return Annotations()
