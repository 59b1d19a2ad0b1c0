"""URDU: guests of Urdu talk shows, 400 clips, 4 emotions; only for tests of models."""

from __future__ import annotations

import re
from pathlib import Path

from ser.corpora.base import SEX_OF_LETTER, Clip, Corpus, Person, clips_by_name, describe_speakers
from ser.models.manifest import CorpusFacts

# Speaker (S, sex, number), number of the file, emotion, number within the emotion.
_NAME = re.compile(r"(S[FM]\d+)_F\d+_([AHNS])\d+")
_EMOTIONS = {"A": "Angry", "H": "Happy", "N": "Neutral", "S": "Sad"}


def list_clips(data: Path) -> list[Clip]:
    """List the clips in the order of their names.

    Takes the official layout (`Angry/SM1_F1_A01.wav`), in any container and below any folders. The emotion
    is that of the file's name, whatever its folder. Speakers are as in the names, "SM1" or "SF1".

    Raises:
        CorpusError: there is no clip, or there are two different files of one.
    """
    return clips_by_name(
        data.rglob("*"),
        _NAME,
        lambda path, speaker, emotion: Clip(path, speaker, _EMOTIONS[emotion]),
        missing=f"No URDU clips in '{data}': files named like Angry/SM1_F1_A01.wav are expected.",
    )


# The clips are not acted, but have emotions: only ordinary speech, all of it Neutral, has `acted=False`.
CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="URDU",
        description="400 clips of Urdu talk shows in 4 emotions. Its authors count 38 speakers; the names "
        "of its files tell 29 apart",
        licence="research only",
        licence_url="https://github.com/siddiquelatif/URDU-Dataset#readme",
        source="Latif, S., Qayyum, A., Usman, M., Qadir, J.: Cross Lingual Speech Emotion Recognition: Urdu "
        "vs. Western Languages. FIT, 2018",
        url="https://github.com/siddiquelatif/URDU-Dataset",
    ),
    annotate=lambda _data, clips: describe_speakers(
        clips, lambda speaker: Person(sex=SEX_OF_LETTER[speaker[1].lower()])
    ),
    # The terms do not allow a model that may be used for any purpose.
    restricted=True,
)
