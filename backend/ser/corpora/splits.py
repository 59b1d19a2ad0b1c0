"""Splits by speaker: no speaker is both trained on and tested on."""

from __future__ import annotations

import json
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from sklearn.model_selection import StratifiedGroupKFold

from ser.corpora.base import Clip
from ser.corpora.registry import CORPORA
from ser.errors import CorpusError, listed

Split = dict[str, frozenset[str]]

PARTS = ("train", "dev")
DEV_SHARE = 0.2
# A fifth of so few speakers is one or two, who say little of how others are told.
MOST_LEFT_OUT = 10
# Not that of training: with another seed, the same speakers are tested on.
_DEV_SEED = 0
_EXPECTED = '{"train": ["speaker", ...], "dev": ["speaker", ...]}'

_log = logging.getLogger(__name__)


def standard_split(corpus: str, clips: Iterable[Clip] = ()) -> Split:
    """Return the corpus' fixed split: part -> speakers.

    Args:
        corpus: its name.
        clips: its clips. Only a corpus with `part_of` needs them; a part without clips has no speakers.

    Raises:
        CorpusError: there is none for this corpus, or a speaker has clips in two parts.
    """
    described = CORPORA.get(corpus)
    if described.part_of is not None:
        return _by_part(clips, described.part_of)
    file = described.split_file
    if file is None:
        raise CorpusError(f"No standard split of '{corpus}' by speaker is known.")
    return _parsed(json.loads(file.read_text()), f"{corpus}/{file.name}")


def _by_part(clips: Iterable[Clip], part_of: Callable[[Clip], str]) -> Split:
    speakers: dict[str, set[str]] = {part: set() for part in PARTS}
    for clip in clips:
        speakers[part_of(clip)].add(clip.speaker)
    require_apart(speakers)
    return {part: frozenset(each) for part, each in speakers.items()}


def has_standard_split(corpus: str) -> bool:
    """Return whether the corpus has a fixed split by speaker."""
    described = CORPORA.get(corpus)
    return described.split_file is not None or described.part_of is not None


def for_corpus(corpus: str, clips: Sequence[Clip], splits_file: Path | None = None) -> Split:
    """Return which speakers of a corpus are trained on and which are tested on.

    That is the split of `splits_file`; else the corpus' fixed one; else 20 % of the speakers are `dev`,
    the same ones each time, stratified by emotion.

    Args:
        corpus: its name.
        clips: its clips; one without a known speaker counts as a speaker of its own (`checks.grouped`).
        splits_file: JSON, `{"train": [speakers], "dev": [speakers]}`.

    Raises:
        CorpusError: the file is not such a split or names speakers who are not there, or an emotion is not
            in both parts.
    """
    if splits_file is not None:
        split = _of_file(splits_file, clips)
    elif has_standard_split(corpus):
        return standard_split(corpus, clips)
    else:
        train, dev = balanced(clips, share=DEV_SHARE, seed=_DEV_SEED)
        split = {"train": train, "dev": dev}
    for part, speakers in split.items():
        _require_every_emotion(clips, speakers, part)
    return split


def leaves_one_out(corpus: str, clips: Sequence[Clip]) -> bool:
    """Return whether each speaker is left out in turn, because they are known, and few.

    Raises:
        CorpusError: they are, and an emotion is spoken by one of them only.
    """
    speakers = frozenset(clip.speaker for clip in clips)
    few = len(PARTS) <= len(speakers) <= MOST_LEFT_OUT and all(clip.speaker_known for clip in clips)
    if not few or has_standard_split(corpus):
        return False
    for speaker in sorted(speakers):
        _require_every_emotion(clips, speakers - {speaker}, f"all but {speaker}")
    return True


def of_model(split: Mapping[str, Any]) -> Split:
    """Return the split that a model was trained by, from its manifest."""
    trained = (part for name, part in split.items() if isinstance(part, list) and name != "dev")
    return {"train": frozenset().union(*trained), "dev": frozenset(split["dev"])}


def read_file(file: Path) -> Split:
    """Read a split from JSON, `{"train": [speakers], "dev": [speakers]}`.

    Raises:
        CorpusError: it is not such a file, or a speaker is in two parts.
    """
    try:
        content = json.loads(file.read_bytes())
    except OSError as error:
        raise CorpusError(f"'{file}' cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"'{file}' is no valid JSON: {error}.") from error
    return _parsed(content, str(file))


def require_apart(split: Mapping[str, Iterable[str]]) -> None:
    """Raise where a speaker is in two parts of a split.

    Raises:
        CorpusError: one is; the message names up to ten.
    """
    seen: dict[str, str] = {}
    twice: list[str] = []
    for part, speakers in split.items():
        for speaker in sorted(set(speakers)):
            if speaker in seen:
                twice.append(f"{speaker} is in {seen[speaker]} and in {part}")
            seen.setdefault(speaker, part)
    if twice:
        raise CorpusError(f"A speaker cannot be both trained on and tested on:{listed(twice)}")


def _parsed(content: Any, source: str) -> Split:
    split: Split = {}
    for part in PARTS:
        speakers = content.get(part) if isinstance(content, dict) else None
        if not isinstance(speakers, list) or not speakers:
            raise CorpusError(f"'{source}' has no speakers in \"{part}\"; expected: {_EXPECTED}.")
        if any(isinstance(each, bool) or not isinstance(each, str | int) for each in speakers):
            raise CorpusError(f"\"{part}\" of '{source}' is no list of names; expected: {_EXPECTED}.")
        split[part] = frozenset(map(str, speakers))
    require_apart(split)
    return split


def _of_file(file: Path, clips: Sequence[Clip]) -> Split:
    split = read_file(file)
    if not all(clip.speaker_known for clip in clips):
        raise CorpusError(f"'{file}' splits by speaker, but the speakers of these clips are not known.")
    there = {clip.speaker for clip in clips}
    if unknown := sorted(frozenset().union(*split.values()) - there):
        raise CorpusError(f"Speakers of '{file}' have no clips that can be used:{listed(unknown)}")
    if unused := sorted(there - frozenset().union(*split.values())):
        _log.warning("%d speakers are in no part of '%s':%s", len(unused), file, listed(unused))
    return split


def _require_every_emotion(clips: Sequence[Clip], speakers: frozenset[str], part: str) -> None:
    lacking = {clip.emotion for clip in clips} - _emotions(clips, speakers)
    if lacking:
        who = {emotion: {clip.speaker for clip in clips if clip.emotion == emotion} for emotion in lacking}
        raise CorpusError(
            f"No speaker of the part '{part}' speaks these emotions; each needs several speakers:"
            + listed([f"{emotion}: {len(who[emotion])} speakers" for emotion in sorted(lacking)])
        )


def balanced(clips: Sequence[Clip], *, share: float, seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """Split speakers at random into those to train on and a held-out share, stratified by emotion.

    More are held out where it takes more to have every emotion in both parts.

    Args:
        clips: the clips whose speakers are split.
        share: how much is held out, 0 to 0.5.
        seed: of the choice.

    Returns:
        the speakers to train on and those held out; at least one of each.

    Raises:
        CorpusError: there is only one speaker, or one clip of each emotion.
    """
    # The same clips in another order are the same corpus.
    clips = sorted(clips, key=lambda clip: (clip.speaker, clip.emotion, clip.path))
    speakers = [clip.speaker for clip in clips]
    emotions = [clip.emotion for clip in clips]
    # The splitter asks for as many clips of one emotion as there are parts.
    most = min(len(set(speakers)), max(Counter(emotions).values(), default=0))
    if most < len(PARTS):
        raise CorpusError(f"{len(clips)} clips of {len(set(speakers))} speakers are too few to be parted.")
    count = min(max(len(PARTS), round(1 / share)), most)
    choices = [
        choice for parts in range(count, 1, -1) for choice in _random_splits(speakers, emotions, parts, seed)
    ]
    everything = set(emotions)
    for kept, held in choices:
        if all(_emotions(clips, part) == everything for part in (kept, held)):
            return kept, held
    return choices[0]


def _random_splits(
    speakers: Sequence[str], emotions: Sequence[str], count: int, seed: int
) -> list[tuple[frozenset[str], frozenset[str]]]:
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    # It warns of rare emotions, which `_require_every_emotion` tells better.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        parts = list(splitter.split(speakers, emotions, groups=speakers))
    return [
        (frozenset(speakers[i] for i in kept), frozenset(speakers[i] for i in held)) for kept, held in parts
    ]


def _emotions(clips: Iterable[Clip], speakers: frozenset[str]) -> set[str]:
    return {clip.emotion for clip in clips if clip.speaker in speakers}


def folds(speakers: Iterable[str], k: int, *, seed: int) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Split speakers at random into `k` folds of similar size, for cross-validation.

    Returns:
        for each fold, the speakers to train on and those held out; everyone is held out once.

    Raises:
        CorpusError: there are fewer than two folds, or fewer speakers than folds.
    """
    order = sorted(set(speakers))
    if not len(PARTS) <= k <= len(order):
        raise CorpusError(f"{len(order)} speakers cannot be split into {k} folds.")
    Random(seed).shuffle(order)  # noqa: S311
    everyone = frozenset(order)
    return [(everyone - held, held) for held in (frozenset(order[i::k]) for i in range(k))]


def hold_out(speakers: Iterable[str], *, share: float, seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """Split speakers at random into those to train on and a held-out share.

    Returns:
        the speakers to train on and those held out; at least one of each.
    """
    order = sorted(speakers)
    Random(seed).shuffle(order)  # noqa: S311
    count = min(max(1, round(share * len(order))), len(order) - 1)
    return frozenset(order[count:]), frozenset(order[:count])


def hold_out_groups(
    clips: Iterable[Clip], *, share: float, seed: int
) -> tuple[frozenset[str], frozenset[str]]:
    """Do as `hold_out` for the speakers of clips; where they are not known, folders stay together.

    Unknown speakers of one folder may be the same, so a folder is held out as a whole.
    """
    named: dict[str, set[str]] = {}
    unnamed: dict[str, set[str]] = {}
    for clip in clips:
        groups, name = (named, clip.speaker) if clip.speaker_known else (unnamed, clip.path.parent.name)
        groups.setdefault(name, set()).add(clip.speaker)
    kept: set[str] = set()
    held: set[str] = set()
    for groups in (named, unnamed):
        # One group alone cannot be parted: it is trained on.
        most, others = hold_out(groups, share=share, seed=seed) if len(groups) >= len(PARTS) else (groups, ())
        kept.update(*(groups[name] for name in most))
        held.update(*(groups[name] for name in others))
    return frozenset(kept), frozenset(held)


def by_clip(clips: Sequence[Clip], tested: int, *, seed: int) -> tuple[list[Clip], list[Clip]]:
    """Split clips at random, regardless of the speaker, so that the same speakers are in both parts.

    Returns:
        the clips to train on, and `tested` others.
    """
    order = list(clips)
    Random(seed).shuffle(order)  # noqa: S311
    return order[tested:], order[:tested]


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
