"""IEMOCAP: 10 actors in 5 sessions of two, who speak English, 8 emotions; only for tests of models."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

from ser.corpora.base import SEX_OF_LETTER, Clip, Corpus, Person, clips_by_name, describe_speakers
from ser.corpora.folder import skip
from ser.corpora.iemocap import labels
from ser.errors import CorpusError, listed
from ser.models.manifest import CorpusFacts

_SESSIONS = "Session[1-5]"
# Session, whoever wears the markers of the motion capture, scene, who speaks, number of the turn.
_NAME = re.compile(r"(Ses0[1-5])[FM]_(?:impro|script)[0-9a-z_]+_([FM])\d{3}")
# Excited counts as Happy, as in the four classes that are usually scored (5,531 turns), among others by
# `torchaudio.datasets.IEMOCAP` and by SpeechBrain's recipe.
_EMOTIONS = {
    "ang": "Angry",
    "dis": "Disgust",
    "exc": "Happy",
    "fea": "Fear",
    "fru": "Frustrated",
    "hap": "Happy",
    "neu": "Neutral",
    "sad": "Sad",
    "sur": "Surprise",
}

_log = logging.getLogger(__name__)


def list_clips(data: Path) -> list[Clip]:
    """List the turns with one of the emotions, in the order of their names.

    Takes the official layout, with the labels of `Session1/dialog/EmoEvaluation/Ses01F_impro01.txt` for
    `Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`, in any container; the folder that the
    archive unpacks to may lie between. A session has two speakers. Who speaks is the letter before a turn's
    number: "Ses01F" or "Ses01M". The letter after the session's number only says who wore the markers of
    the motion capture.

    Turns on which the listeners did not agree (`xxx`) or agreed on another emotion (`oth`) are left out, and
    so are clips without a label. Both are counted in the log; the latter in a warning.

    Raises:
        CorpusError: there is no clip, there are two different files of one, more than half of the clips
            have no label, or a file of labels is damaged.
    """
    sessions = sorted(data.glob(_SESSIONS)) or sorted(data.glob(f"*/{_SESSIONS}"))
    label_of = labels.load(sessions)
    clips = clips_by_name(
        (path for session in sessions for path in session.glob("sentences/wav/*/*")),
        _NAME,
        lambda path, session, sex: Clip(path, f"{session}{sex}", label_of.get(path.stem, "")),
        missing=f"No IEMOCAP clips in '{data}': folders Session1 to Session5 are expected, with files like "
        "sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav.",
    )
    unlabelled = [f"{clip.path.name}: it has no label" for clip in clips if not clip.emotion]
    skip(unlabelled, len(clips), what=f"clips of '{data}'")
    if absent := sorted(label_of.keys() - {clip.path.stem for clip in clips}):
        _log.warning("Turns with a label but no recording in '%s': %d%s", data, len(absent), listed(absent))
    kept = [replace(clip, emotion=_EMOTIONS[clip.emotion]) for clip in clips if clip.emotion in _EMOTIONS]
    if not kept:
        raise CorpusError(
            f"The listeners agreed on the emotion of none of the {len(clips)} clips in '{data}'."
        )
    _log.info(
        "Turns of '%s' left out because the listeners did not agree on an emotion: %d of %d",
        data,
        len(clips) - len(unlabelled) - len(kept),
        len(clips),
    )
    return kept


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="IEMOCAP",
        description="7,529 turns of 10 actors who speak English, improvised and from scripts, with one of 8 "
        "emotions that most listeners agreed on",
        licence="IEMOCAP's own release form: internal research only",
        licence_url="https://sail.usc.edu/iemocap/Data_Release_Form_IEMOCAP.pdf",
        source="Busso, C., Bulut, M., Lee, C.-C., Kazemzadeh, A., Mower, E., Kim, S., Chang, J. N., Lee, S., "
        "Narayanan, S. S.: IEMOCAP: Interactive emotional dyadic motion capture database. Language "
        "Resources and Evaluation 42(4), 2008",
        url="https://sail.usc.edu/iemocap/",
    ),
    annotate=lambda _data, clips: describe_speakers(
        clips, lambda speaker: Person(sex=SEX_OF_LETTER[speaker[-1].lower()])
    ),
    # The release form does not allow a model that may be used for any purpose.
    restricted=True,
)
