"""EMOVO: 6 Italian actors, 14 sentences, 7 emotions; only for tests of models."""

from __future__ import annotations

import re
from pathlib import Path

from ser.corpora.base import SEX_OF_LETTER, Clip, Corpus, Person, clips_by_name, describe_speakers
from ser.models.manifest import CorpusFacts

# Emotion (the first letters of its Italian name), speaker, sentence.
_NAME = re.compile(r"(dis|gio|neu|pau|rab|sor|tri)-([fm][1-3])-[bdln][1-5]")
_EMOTIONS = {
    "dis": "Disgust",
    "gio": "Happy",
    "neu": "Neutral",
    "pau": "Fear",
    "rab": "Angry",
    "sor": "Surprise",
    "tri": "Sad",
}


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their names.

    Takes the official layout (`f1/dis-f1-b1.wav`), in any container and below any folders. Speakers are
    those of the files' names: "f1" to "f3" and "m1" to "m3".

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    return clips_by_name(
        data.rglob("*"),
        _NAME,
        lambda path, emotion, speaker: Clip(path, speaker, _EMOTIONS[emotion]),
        missing=f"No EMOVO clips in '{data}': files named like f1/dis-f1-b1.wav are expected.",
    )


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="EMOVO",
        description="588 clips of 6 Italian actors who speak 14 sentences in 7 emotions",
        licence="none published; offered for research",
        licence_url="",
        source="Costantini, G., Iaderola, I., Paoloni, A., Todisco, M.: EMOVO Corpus: an Italian Emotional "
        "Speech Database. LREC, 2014",
        url="https://aclanthology.org/L14-1478/",
    ),
    annotate=lambda _data, clips: describe_speakers(
        clips, lambda speaker: Person(sex=SEX_OF_LETTER[speaker[0]])
    ),
    # Without a licence, nobody has allowed a model that may be used for any purpose.
    restricted=True,
)
