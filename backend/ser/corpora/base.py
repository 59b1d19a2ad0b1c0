"""The types of a corpus: its clips, its speakers, and what it says of itself."""

from __future__ import annotations

import filecmp
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from ser.errors import CorpusError, listed
from ser.models.manifest import CorpusFacts

AUDIO_SUFFIXES = frozenset({".wav", ".ogg", ".opus", ".oga", ".flac", ".mp3", ".m4a", ".mp4", ".webm"})
# The emotion that a speaker's baseline is best recorded in.
NEUTRAL = "Neutral"
# The key of a manifest's `training` that holds the hashes of one's own training clips.
CLIPS_SHA256 = "clips_sha256"
# The letter in many corpora's names of speakers -> the sex of a `Person`.
SEX_OF_LETTER = {"f": "Female", "m": "Male"}

# How strongly a clip was to be played, where the corpus does not say.
UNSPECIFIED = "unspecified"

# Emotion -> how many listeners chose it.
Votes = Mapping[str, int]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clip:
    """One recording of one emotion.

    Attributes:
        path: the audio file.
        speaker: who speaks; unique within the corpus.
        emotion: its label: the intended emotion, or whatever else a model is to tell (`registry.load`).
        intensity: how strongly it was to be played, in the corpus' own words, or unspecified.
        speaker_known: False where the corpus does not name the speaker; the clip then counts as a speaker
            of its own.
        corpus: the corpus' name, where several are trained on together.
        strength: how strong an emotion listeners heard on the mean, 0-1, where none counts as 0; None where
            nobody was asked.
    """

    path: Path
    speaker: str
    emotion: str
    intensity: str = UNSPECIFIED
    speaker_known: bool = True
    corpus: str = ""
    strength: float | None = None


@dataclass(frozen=True)
class Person:
    """A speaker, in the corpus' own words; None where it says nothing.

    Attributes:
        age: in years.
        sex: as recorded.
        race: as recorded.
        ethnicity: as recorded.
    """

    age: int | None = None
    sex: str | None = None
    race: str | None = None
    ethnicity: str | None = None


@dataclass(frozen=True)
class Annotations:
    """What a corpus says beside its clips; empty where it says nothing.

    Attributes:
        people: speaker -> who that is.
        votes: name of a clip's file without its ending -> the votes of listeners who only heard the clip.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    votes: Mapping[str, Votes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What a shipped model is to reach on a corpus, on speakers it was not trained on.

    Attributes:
        least_uar: condition of a report (what is known of the speaker) -> least UAR, 0-1.
        most_ece: largest expected calibration error, 0-1; None for no target.
        most_drop: degradation of the sound -> largest drop of UAR, 0-1.
        least_carried_over: least UAR of clips carried over to the recording conditions of ordinary speech,
            nothing known of the speaker, 0-1; None for no target.
        everything: whether gaps between groups, size and time are compared with their targets, too.
        most_false_emotion: of ordinary speech, condition -> largest share of false emotions, 0-1.
        least_neutral: of ordinary speech, least share answered Neutral, nothing known of the speaker, 0-1.
    """

    least_uar: Mapping[str, float] = field(default_factory=dict)
    most_ece: float | None = None
    most_drop: Mapping[str, float] = field(default_factory=dict)
    least_carried_over: float | None = None
    everything: bool = False
    most_false_emotion: Mapping[str, float] = field(default_factory=dict)
    least_neutral: float | None = None


def _no_annotations(_data: Path, _clips: Sequence[Clip]) -> Annotations:
    return Annotations()


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Everything that is known of a corpus.

    Attributes:
        list_clips: lists the clips in a folder, without the known faulty ones, in a fixed order; raises
            `CorpusError` where there are none.
        facts: title, licence and source, as manifests record them; None for one's own recordings.
        annotate: reads what the corpus says beside its clips, given its folder and the clips.
        split_file: JSON of the published split, `{"train": [speakers], "dev": [speakers]}`; None where
            there is none.
        part_of: the part, `train` or `dev`, of a clip, for a fixed split that no list of speakers can hold;
            None where there is none. At most one of `split_file` and `part_of` is given.
        acted: whether its emotions were acted; False for ordinary speech, all of which counts as Neutral.
        restricted: whether its licence forbids some uses. Models that are trained on it carry that licence,
            and are never a default.
        limits: what limits a model that is trained on it, for model cards.
        targets: name of a shipped model -> what it is to reach on this corpus.
    """

    list_clips: Callable[[Path], list[Clip]]
    facts: CorpusFacts | None
    annotate: Callable[[Path, Sequence[Clip]], Annotations] = _no_annotations
    split_file: Traversable | None = None
    part_of: Callable[[Clip], str] | None = None
    acted: bool = True
    restricted: bool = False
    limits: str | None = None
    targets: Mapping[str, Targets] = field(default_factory=dict)


def clips_by_name(
    paths: Iterable[Path],
    pattern: re.Pattern[str],
    clip: Callable[..., Clip],
    *,
    missing: str,
    faulty: Collection[str] = frozenset(),
    root: Path | None = None,
) -> list[Clip]:
    """List the clips of a corpus whose names hold the labels, in the order of these names.

    Args:
        paths: files; those that are no audio or have other names are ignored.
        pattern: of the names.
        clip: makes a clip of a path and the pattern's groups.
        missing: the message where no clip is found.
        faulty: names of clips that are left out.
        root: folder of the corpus, where folders hold labels: a clip's name is then its path below `root`,
            with `/` and without its ending, as `1/session1/anger/01`. By default, it is the file's name
            without its ending.

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    named = [(path.stem if root is None else _path_below(root, path), path) for path in paths]
    return named_clips(named, pattern, clip, missing=missing, faulty=faulty)


def named_clips(
    named: Iterable[tuple[str, Path]],
    pattern: re.Pattern[str],
    clip: Callable[..., Clip],
    *,
    missing: str,
    faulty: Collection[str] = frozenset(),
) -> list[Clip]:
    """Do as `clips_by_name` for a corpus that has its own rule for the name of a file's clip.

    Published archives may hold their data twice, one inside the other. Of identical files of one clip, the
    outermost is listed, and a warning counts the others.

    Args:
        named: the name of the clip, and its file.
        pattern: of the names.
        clip: makes a clip of a path and the pattern's groups.
        missing: the message where no clip is found.
        faulty: names of clips that are left out.

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    clips: dict[str, Clip] = {}
    copies: list[str] = []
    for name, path in sorted(named, key=lambda each: (each[0], len(each[1].parts), each[1])):
        match = pattern.fullmatch(name)
        if match is None or path.suffix.lower() not in AUDIO_SUFFIXES or name in faulty:
            continue
        # Neither a folder, nor a pipe, which could be read for ever.
        if not path.is_file():
            continue
        if name not in clips:
            clips[name] = clip(path, *match.groups())
        elif _is_copy(path, clips[name].path):
            copies.append(f"'{path}' = '{clips[name].path}'")
        else:
            raise CorpusError(f"{name} is there twice: '{clips[name].path}', '{path}'; keep one.")
    if not clips:
        raise CorpusError(missing)
    if copies:
        _log.warning("Files left out because they are copies of clips: %d%s", len(copies), listed(copies))
    return list(clips.values())


def _is_copy(one: Path, other: Path) -> bool:
    # Under two endings, one of them is wrong.
    if one.suffix.lower() != other.suffix.lower():
        return False
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _path_below(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def describe_speakers(clips: Iterable[Clip], person_of: Callable[[str], Person]) -> Annotations:
    """Return who the speakers of a corpus are, where their names tell it.

    Args:
        clips: where the speaker is not known, nothing is said of them.
        person_of: the speaker's name -> who that is.
    """
    return Annotations({clip.speaker: person_of(clip.speaker) for clip in clips if clip.speaker_known})
