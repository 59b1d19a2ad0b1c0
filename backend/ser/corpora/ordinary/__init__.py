"""Ordinary speech: people who just talk, on their own devices. No emotion is acted; all is Neutral."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

from ser.corpora.base import NEUTRAL, Clip, Corpus, Targets, clips_by_name
from ser.models.manifest import CorpusFacts

# Clips of these are held out.
HELD_OUT_SPEAKERS = frozenset(str(number) for number in range(21, 31))
HELD_OUT_WORDS = frozenset({"smart-mirror", "view-glass"})

# Hidden files are no recordings.
_NAME = re.compile(r"english/([^/.][^/]*)/([^/.][^/]*)|arabic/(0[1-9]|[12]\d|30)/[^/.][^/]*")


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their paths, in any container; each counts as Neutral.

    Takes `english/<word>/*`, as in the folder `audio` of the wake-word-benchmark, and `arabic/<speaker>/*`
    with the speakers 01 to 30; one of the two may be missing. Nothing is known of the speakers of English
    words, who may be the same under several words: each clip counts as a speaker of its own.

    Raises:
        CorpusError: there is no clip, or there are two files of one.
    """
    return clips_by_name(
        chain(data.glob("english/*/*"), data.glob("arabic/*/*")),
        _NAME,
        _clip,
        root=data,
        missing=f"No ordinary speech in '{data}': files in folders like english/alexa (a word) or arabic/01 "
        "(a speaker) are expected.",
    )


def _clip(path: Path, word: str | None, name: str, speaker: str) -> Clip:
    if word is None:
        return Clip(path, speaker, NEUTRAL)
    # The benchmark's own folder is called "view glass".
    word = re.sub("[ _]", "-", word.lower())
    return Clip(path, f"english/{word}/{name}", NEUTRAL, speaker_known=False)


def part_of(clip: Clip) -> str:
    """Return `dev` for the held-out Arabic speakers and English words, else `train`.

    The English clips are split by word, as their speakers are not known.
    """
    if clip.speaker_known:
        held_out = clip.speaker in HELD_OUT_SPEAKERS
    else:
        held_out = clip.speaker.split("/")[1] in HELD_OUT_WORDS
    return "dev" if held_out else "train"


# With nothing known of the speaker, and with 12 other clips of the speaker as baseline.
_MOST_FALSE = {"none": 0.10, "own_12": 0.03}

CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="Ordinary speech",
        description="2,341 single words, spoken plainly on people's own devices: 1,141 in English by more "
        "than 50 speakers, who are not named, and 1,200 in Arabic by 30",
        licence="English: Apache-2.0 (https://www.apache.org/licenses/LICENSE-2.0); "
        "Arabic: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        licence_url="",
        source="English: Picovoice wake-word-benchmark (https://github.com/Picovoice/wake-word-benchmark). "
        "Arabic: Ghandoura, A., Hjabo, F., Al Dakkak, O.: Building and benchmarking an Arabic Speech "
        "Commands dataset for small-footprint keyword spotting. Engineering Applications of Artificial "
        "Intelligence, 2021 (https://doi.org/10.5281/zenodo.4662481)",
        url="",
    ),
    part_of=part_of,
    acted=False,
    targets={
        "cremad-4": Targets(most_false_emotion=_MOST_FALSE),
        "cremad-6": Targets(most_false_emotion=_MOST_FALSE, least_neutral=0.60),
    },
    limits="It was trained on single words in English and Arabic, spoken plainly. No emotion was acted, so "
    "each counts as Neutral, although nobody asked how the speakers felt. The English speakers are not "
    "known; some may be in training as well as in tests.",
)
