"""SAVEE, Surrey Audio-Visual Expressed Emotion: 4 British men, 7 emotions; only for tests of models."""

from __future__ import annotations

import re
from pathlib import Path

from ser.corpora.base import Clip, Corpus, Person, describe_speakers, named_clips
from ser.models.manifest import CorpusFacts

# Speaker, emotion, sentence.
_NAME = re.compile(r"(DC|JE|JK|KL)_(a|d|f|h|n|sa|su)\d{2}")
_EMOTIONS = {
    "a": "Angry",
    "d": "Disgust",
    "f": "Fear",
    "h": "Happy",
    "n": "Neutral",
    "sa": "Sad",
    "su": "Surprise",
}


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of the speakers and their files' names.

    Takes the official layout (`AudioData/DC/a01.wav`) as well as files that name the speaker
    (`ALL/DC_a01.wav`), in any container and below any folders.

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    return named_clips(
        ((_name(path), path) for path in data.rglob("*")),
        _NAME,
        lambda path, speaker, emotion: Clip(path, speaker, _EMOTIONS[emotion]),
        missing=f"No SAVEE clips in '{data}': files named like DC/a01.wav or DC_a01.wav are expected.",
    )


def _name(path: Path) -> str:
    return path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}"


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="SAVEE",
        description="480 clips of 4 British men who speak 120 sentences each in 7 emotions",
        licence="research only, after registration",
        licence_url="",
        source="Haq, S., Jackson, P. J. B.: Multimodal Emotion Recognition. In: Wang, W. (ed.): Machine "
        "Audition: Principles, Algorithms and Systems. IGI Global, 2010",
        url="http://kahlan.eps.surrey.ac.uk/savee/",
    ),
    annotate=lambda _data, clips: describe_speakers(clips, lambda _speaker: Person(sex="Male")),
    # The terms do not allow a model that may be used for any purpose.
    restricted=True,
)
