"""What is wrong with the sounds of a corpus: found before anything is learnt from them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from ser.audio import decode as audio
from ser.corpora import folder as folder_corpus
from ser.corpora.base import Clip
from ser.errors import AudioError, CorpusError
from ser.features import mfcc as feature_extractor
from ser.features.mfcc import Frames
from ser.training.feature_cache import corpus_frames

MIN_CLIPS_PER_EMOTION = 10
MIN_SPEAKERS = 3
FEW_SPEAKERS = 10
# Of features whose size is of the order of 100.
_ROUNDING = 1e-3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usable:
    """The clips that can be learnt from, and their frames [shape=(T, D)] in the same order."""

    clips: list[Clip]
    frames: list[Frames]


def own_recordings(data: Path, *, emotions: Sequence[str] | None = None, cache: Path | None = None) -> Usable:
    """Return what can be used of one's own recordings, each clip with whom to split it by.

    Args:
        data: the folder or the CSV (`folder_corpus.load`).
        emotions: keep only these; all by default.
        cache: folder of cached features.

    Raises:
        CorpusError: the layout is not one of a corpus, or more than half of it cannot be read.
    """
    clips = folder_corpus.load(data, emotions=emotions)
    found = usable(clips, corpus_frames(clips, cache=cache))
    return Usable(grouped(found.clips, data), found.frames)


def usable(clips: Sequence[Clip], frames: Sequence[Frames]) -> Usable:
    """Keep what can be learnt from, and log as warnings what is dropped.

    Dropped are clips that cannot be read or hold but one unchanging sound (digital silence), all copies of a
    sound that stands under two emotions or two speakers, and further copies of any other. Sounds are the
    same where their frames are, whatever file they are in.

    Args:
        clips: the clips of a corpus.
        frames: theirs, of length 0 where there are none (`corpus_frames`).

    Raises:
        CorpusError: more than half of the clips cannot be read.
    """
    given = [Usable([clip], [each]) for clip, each in zip(clips, frames, strict=True)]
    heard = [one for one in given if _varies(one.frames[0])]
    bad = [one.clips[0] for one in given if not _varies(one.frames[0])]
    folder_corpus.skip([f"{_name(clip)}: {_reason(clip)}" for clip in bad], len(clips), what="clips")
    dropped = _copies([one.clips[0] for one in heard], [one.frames[0] for one in heard])
    kept = [one for one in heard if one.clips[0] not in dropped]
    return Usable([one.clips[0] for one in kept], [one.frames[0] for one in kept])


def require_trainable(clips: Sequence[Clip]) -> None:
    """Raise unless there are two emotions at least, and enough clips of each.

    Raises:
        CorpusError: there are not; the message counts them.
    """
    counts = folder_corpus.count_by_emotion(clips)
    if len(counts) < 2:
        found = f"only {next(iter(counts))}" if counts else "none"
        raise CorpusError(f"Two emotions at least are needed to learn; there is {found}.")
    few = {emotion: count for emotion, count in counts.items() if count < MIN_CLIPS_PER_EMOTION}
    if few:
        said = [f"{emotion}: {count}" for emotion, count in sorted(few.items(), key=lambda pair: pair[1])]
        raise CorpusError(
            f"Too few clips that can be used; {MIN_CLIPS_PER_EMOTION} of each emotion are needed. Record "
            f"more, or leave the emotion out:{folder_corpus.listed(said)}"
        )


def grouped(clips: Sequence[Clip], data: Path) -> list[Clip]:
    """Return the clips as they are to be split: by speaker, or each for itself where that is impossible.

    With fewer than three speakers there is none to learn from, one to stop by and one to be judged on.
    What that means for the score is logged as a warning.

    Args:
        clips: those that can be learnt from.
        data: the corpus' folder, or its CSV.
    """
    if not all(clip.speaker_known for clip in clips):
        _log.warning(
            "Nobody says who speaks in these clips, so they are split by clip: the same voices will be "
            "learnt from and tested on, and the score will flatter. Add the speakers (emotion/speaker/clip, "
            "or a column 'speaker') for an honest one."
        )
        return [alone(clip, data) for clip in clips]
    speakers = {clip.speaker for clip in clips}
    if len(speakers) < MIN_SPEAKERS:
        _log.warning(
            "There are %d speakers and a split by speaker needs %d, so clips are split one by one: the score "
            "tells how well these voices are heard, and flatters for any other.",
            len(speakers),
            MIN_SPEAKERS,
        )
        return [alone(clip, data) for clip in clips]
    if len(speakers) < FEW_SPEAKERS:
        _log.warning(
            "There are only %d speakers: the score rests on few voices and is a rough estimate.",
            len(speakers),
        )
    return list(clips)


def alone(clip: Clip, data: Path) -> Clip:
    """Return a clip as a speaker of its own, named as its path within the corpus."""
    folder = data.parent if data.is_file() else data
    return replace(clip, speaker=clip.path.relative_to(folder).as_posix(), speaker_known=False)


def _varies(frames: Frames) -> bool:
    return len(frames) > 0 and float(np.ptp(frames, axis=0).max()) > _ROUNDING


def _reason(clip: Clip) -> str:
    try:
        feature_extractor.extract(audio.decode(clip.path))
    except AudioError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
    return "It holds one unchanging sound, such as digital silence."


def _copies(clips: Sequence[Clip], frames: Sequence[Frames]) -> set[Clip]:
    groups: dict[bytes, list[Clip]] = defaultdict(list)
    for clip, each in zip(clips, frames, strict=True):
        groups[sha256(each.tobytes()).digest()].append(clip)
    contradicting, repeated = [], []
    for group in groups.values():
        meanings = {(clip.emotion, clip.speaker if clip.speaker_known else None) for clip in group}
        if len(meanings) > 1:
            contradicting.append(group)
        elif len(group) > 1:
            repeated.append(group)
    if contradicting:
        _log.warning(
            "%d sounds are there under two emotions or speakers; all their copies are left out:%s",
            len(contradicting),
            folder_corpus.listed([_equation(group) for group in contradicting]),
        )
    if repeated:
        _log.warning(
            "%d sounds are there more than once; one of each is kept:%s",
            len(repeated),
            folder_corpus.listed([_equation(group) for group in repeated]),
        )
    return {clip for group in contradicting for clip in group} | {
        clip for group in repeated for clip in group[1:]
    }


def _equation(group: Sequence[Clip]) -> str:
    return " = ".join(f"{_name(clip)} ({clip.emotion})" for clip in group)


def _name(clip: Clip) -> str:
    return "/".join(clip.path.parts[-2:])
