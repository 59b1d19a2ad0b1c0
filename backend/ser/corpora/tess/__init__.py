"""TESS, the Toronto Emotional Speech Set: 2 Canadian actresses, 200 words, 7 emotions; only for tests."""

from __future__ import annotations

import re
from pathlib import Path

from ser.corpora.base import Clip, Corpus, Person, describe_speakers, named_clips
from ser.models.manifest import CorpusFacts

# Speaker, word, emotion.
_NAME = re.compile(r"(OAF|YAF)_[A-Za-z]+_(angry|disgust|fear|happy|neutral|ps|sad)")
_MISSPELT = {"OA_bite_neutral": "OAF_bite_neutral"}
_EMOTIONS = {
    "angry": "Angry",
    "disgust": "Disgust",
    "fear": "Fear",
    "happy": "Happy",
    "neutral": "Neutral",
    # Pleasant surprise.
    "ps": "Surprise",
    "sad": "Sad",
}
# The older and the younger actress.
_PEOPLE = {"OAF": Person(age=64, sex="Female"), "YAF": Person(age=26, sex="Female")}


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their names.

    Takes the files as published (`OAF_back_angry.wav`) as well as in folders of any name
    (`OAF_angry/OAF_back_angry.wav`), in any container. The emotion is that of the file's name. Folders say
    nothing: the copies that go around spell them differently. Some copies hold the data twice, one inside
    the other; each clip is listed once.

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    return named_clips(
        ((_MISSPELT.get(path.stem, path.stem), path) for path in data.rglob("*")),
        _NAME,
        lambda path, speaker, emotion: Clip(path, speaker, _EMOTIONS[emotion]),
        missing=f"No TESS clips in '{data}': files named like OAF_back_angry.wav are expected there or in "
        "its folders.",
    )


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="TESS",
        description="2,800 clips of 2 Canadian actresses who speak 200 words in 7 emotions",
        licence="CC BY-NC-ND 4.0 (non-commercial, no derivatives)",
        licence_url="https://creativecommons.org/licenses/by-nc-nd/4.0/",
        source="Pichora-Fuller, M. K., Dupuis, K.: Toronto Emotional Speech Set (TESS). Borealis, 2020",
        url="https://doi.org/10.5683/SP2/E8H2MF",
    ),
    annotate=lambda _data, clips: describe_speakers(clips, lambda speaker: _PEOPLE[speaker]),
    # The licence forbids a model that may be used for any purpose.
    restricted=True,
)
