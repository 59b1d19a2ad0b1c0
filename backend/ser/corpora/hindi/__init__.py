"""Hindi emotional speech: 8 speakers, 5 sessions, 8 emotions."""

from __future__ import annotations

import re
from pathlib import Path

from ser.corpora.base import Clip, Corpus, clips_by_name
from ser.models.manifest import CorpusFacts

_EMOTIONS = {
    "anger": "Angry",
    "disgust": "Disgust",
    "fear": "Fear",
    "happy": "Happy",
    "neutral": "Neutral",
    "sad": "Sad",
    "sarcastic": "Sarcastic",
    "surprise": "Surprise",
}
# The emotion is that of the folder: 44 file names hold another one. Hidden files are no recordings.
_NAME = re.compile(rf"(\d+)/session\d+/({'|'.join(_EMOTIONS)})/[^/.][^/]*")


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their paths.

    Takes the official layout (`1/session1/anger/1.1.anger-01.wav`), in any container. Speakers are the
    numbers of the outer folders, "1" to "8". The file's name says nothing.

    Raises:
        CorpusError: there is no clip, or there are two files of one.
    """
    return clips_by_name(
        data.glob("*/session*/*/*"),
        _NAME,
        lambda path, speaker, emotion: Clip(path, speaker, _EMOTIONS[emotion]),
        root=data,
        missing=f"No Hindi clips in '{data}': files in folders like 1/session1/anger are expected.",
    )


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="Hindi",
        description="3,200 clips of 8 speakers of Hindi in 8 emotions, recorded in 5 sessions",
        licence="research and education; origin not stated",
        licence_url="",
        source="Origin not stated",
        url="",
    ),
    # For research and education only.
    restricted=True,
)
