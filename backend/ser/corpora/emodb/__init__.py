"""EmoDB, the Berlin Database of Emotional Speech: 10 German actors, 10 sentences, 7 emotions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ser.corpora.base import Annotations, Clip, Corpus, Person, clips_by_name
from ser.models.manifest import CorpusFacts

# Speaker, sentence, emotion (its German initial), version.
_NAME = re.compile(r"(\d{2})[ab]\d{2}([WLEAFTN])[a-z]")
_EMOTIONS = {
    "W": "Angry",
    "L": "Boredom",
    "E": "Disgust",
    "A": "Fear",
    "F": "Happy",
    "T": "Sad",
    "N": "Neutral",
}
_SEX = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "Male"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "Female"),
}


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their names.

    Takes the official layout (`wav/03a01Fa.wav`) as well as the files in `data` itself, in any container.

    Raises:
        CorpusError: there is no clip, or there are two files of one.
    """
    folder = data / "wav"
    folder = folder if folder.is_dir() else data
    return clips_by_name(
        folder.glob("*"),
        _NAME,
        lambda path, speaker, emotion: Clip(path, speaker, _EMOTIONS[emotion]),
        missing=f"No EmoDB clips in '{data}': files named like 03a01Fa.wav are expected there or in its wav "
        "folder.",
    )


def annotate(_data: Path, clips: Sequence[Clip]) -> Annotations:
    """Return the sex of each speaker."""
    return Annotations({clip.speaker: Person(sex=_SEX.get(clip.speaker)) for clip in clips})


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="EmoDB",
        description="535 clips of 10 German actors who speak 10 sentences in 7 emotions",
        licence="CC0 1.0, as published by audEERING",
        licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
        source="Burkhardt, F., Paeschke, A., Rolfes, M., Sendlmeier, W., Weiss, B.: A Database of German "
        "Emotional Speech. Interspeech, 2005",
        url="http://emodb.bilderbar.info/",
    ),
    annotate=annotate,
    limits="It was trained on ten actors who speak ten German sentences in a quiet room, recorded in one "
    "way. With another microphone or language, or on spontaneous speech, it is less accurate than the "
    "figures here.",
)
