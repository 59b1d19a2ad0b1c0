"""Checks of a corpus' recordings before a model is trained on them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from ser.audio import decode as audio
from ser.corpora.base import Clip
from ser.corpora.folder import count_by_emotion, skip
from ser.errors import AudioError, CorpusError, listed
from ser.features.mfcc import MFCC
from ser.features.registry import Frames

MIN_CLIPS_PER_EMOTION = 10
MIN_SPEAKERS = 3
# Of features whose size is of the order of 100.
_ROUNDING = 1e-3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usable:
    """The clips that can be trained on, and their frames [shape=(T, D)] in the same order."""

    clips: list[Clip]
    frames: list[Frames]


def usable(clips: Sequence[Clip], frames: Sequence[Frames]) -> Usable:
    """Keep the clips that can be trained on; log as warnings what is dropped and why.

    Three kinds of clips are dropped: those that cannot be read or hold one unchanging sound (digital
    silence); all copies of a recording that has two emotions or two speakers; further copies of any other
    recording. Recordings are compared by their frames, so the same sound in two formats is found.

    Args:
        clips: the clips of a corpus.
        frames: of each clip [shape=(T, D)]; of length 0 for a clip without features.

    Raises:
        CorpusError: more than half of the clips cannot be read.
    """
    given = [Usable([clip], [each]) for clip, each in zip(clips, frames, strict=True)]
    sounding = [one for one in given if _varies(one.frames[0])]
    bad = [one.clips[0] for one in given if not _varies(one.frames[0])]
    skip([f"{_name(clip)}: {_reason(clip)}" for clip in bad], len(clips), what="clips")
    dropped = _copies([one.clips[0] for one in sounding], [one.frames[0] for one in sounding])
    kept = [one for one in sounding if one.clips[0] not in dropped]
    return Usable([one.clips[0] for one in kept], [one.frames[0] for one in kept])


def require_trainable(clips: Sequence[Clip]) -> None:
    """Raise unless there are at least two emotions, and enough clips of each.

    Raises:
        CorpusError: there are not; the message counts them.
    """
    require_two_emotions(clips)
    counts = count_by_emotion(clips)
    few = {emotion: count for emotion, count in counts.items() if count < MIN_CLIPS_PER_EMOTION}
    if few:
        said = [f"{emotion}: {count}" for emotion, count in sorted(few.items(), key=lambda pair: pair[1])]
        raise CorpusError(
            f"Too few usable clips; {MIN_CLIPS_PER_EMOTION} of each emotion are needed. Record "
            f"more, or leave the emotion out:{listed(said)}"
        )


def require_two_emotions(clips: Sequence[Clip]) -> None:
    """Raise unless there are clips of at least two emotions.

    Raises:
        CorpusError: there are not; the message says what there is.
    """
    emotions = count_by_emotion(clips)
    if len(emotions) < 2:
        found = f"only {next(iter(emotions))}" if emotions else "none"
        raise CorpusError(f"At least two emotions are needed to train a model; there is {found}.")


def grouped(clips: Sequence[Clip], data: Path) -> list[Clip]:
    """Return the clips ready to be split by speaker, or each as a speaker of its own.

    A split by speaker needs three speakers: one to train on, one to stop by, one to test on. With fewer, or
    with unknown ones, clips are split one by one, and a warning says that the score is then too high.

    Args:
        clips: those that can be trained on.
        data: the corpus' folder, or its CSV.
    """
    if not all(clip.speaker_known for clip in clips):
        _log.warning(
            "The speakers of these clips are not known, so the clips are split one by one. The same speakers "
            "are then trained and tested on, and the score is too high. Add the speakers "
            "(emotion/speaker/clip, or a column 'speaker') for a score on unseen speakers."
        )
        return [alone(clip, data) for clip in clips]
    speakers = {clip.speaker for clip in clips}
    if len(speakers) < MIN_SPEAKERS:
        _log.warning(
            "There are %d speakers and a split by speaker needs %d, so the clips are split one by one. The "
            "score holds for these speakers and is too high for any other.",
            len(speakers),
            MIN_SPEAKERS,
        )
        return [alone(clip, data) for clip in clips]
    return list(clips)


def alone(clip: Clip, data: Path) -> Clip:
    """Return a clip as a speaker of its own, named as its path within the corpus."""
    folder = data.parent if data.is_file() else data
    return replace(clip, speaker=clip.path.relative_to(folder).as_posix(), speaker_known=False)


def _varies(frames: Frames) -> bool:
    return len(frames) > 0 and float(np.ptp(frames, axis=0).max()) > _ROUNDING


def _reason(clip: Clip) -> str:
    try:
        MFCC.extract(audio.decode(clip.path))
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
            "%d recordings have two emotions or two speakers; all their copies are left out:%s",
            len(contradicting),
            listed([_equation(group) for group in contradicting]),
        )
    if repeated:
        _log.warning(
            "%d recordings are there more than once; one of each is kept:%s",
            len(repeated),
            listed([_equation(group) for group in repeated]),
        )
    return {clip for group in contradicting for clip in group} | {
        clip for group in repeated for clip in group[1:]
    }


def _equation(group: Sequence[Clip]) -> str:
    return " = ".join(f"{_name(clip)} ({clip.emotion})" for clip in group)


def _name(clip: Clip) -> str:
    return "/".join(clip.path.parts[-2:])
