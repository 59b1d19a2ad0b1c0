"""CREMA-D: 91 American actors, 12 sentences, 6 emotions, with the votes of listeners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from importlib import resources
from pathlib import Path

from ser.corpora.base import UNSPECIFIED, Clip, Corpus, Targets, clips_by_name
from ser.corpora.cremad import tables
from ser.models.manifest import CorpusFacts

# One clip is silent; three pairs are byte-identical under two labels.
FAULTY = frozenset(
    {
        "1076_MTI_SAD_XX",
        "1006_TIE_HAP_XX",
        "1006_TIE_NEU_XX",
        "1013_WSI_DIS_XX",
        "1013_WSI_SAD_XX",
        "1017_IWW_ANG_XX",
        "1017_IWW_FEA_XX",
    }
)
_NAME = re.compile(r"(\d{4})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)")
_EMOTIONS = {
    "ANG": "Angry",
    "DIS": "Disgust",
    "FEA": "Fear",
    "HAP": "Happy",
    "NEU": "Neutral",
    "SAD": "Sad",
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}

_MOST_DROP = {"opus_24k": 0.02, "mp3_64k": 0.02, "telephone": 0.06, "babble_10db": 0.08}


def list_clips(data: Path) -> list[Clip]:
    """List the clips, without the faulty ones, in the order of their names.

    Takes the official layout (`AudioWAV/1001_DFA_ANG_XX.wav`) as well as the files in `data` itself, in
    any container.

    Raises:
        CorpusError: there is no clip, or there are two files of one.
    """
    strengths = tables.load_strengths(data)
    folder = data / "AudioWAV"
    folder = folder if folder.is_dir() else data
    return clips_by_name(
        folder.glob("*"),
        _NAME,
        partial(_clip, strengths),
        faulty=FAULTY,
        missing=f"No CREMA-D clips in '{data}': files named like 1001_DFA_ANG_XX.wav are expected there "
        "or in its AudioWAV folder.",
    )


def _clip(
    strengths: Mapping[str, float], path: Path, speaker: str, _sentence: str, emotion: str, intensity: str
) -> Clip:
    return Clip(
        path,
        speaker,
        _EMOTIONS[emotion],
        _INTENSITIES.get(intensity, UNSPECIFIED),
        strength=strengths.get(path.stem),
    )


def _targets(carried_over: float | None = None, **least_uar: float) -> Targets:
    return Targets(
        least_uar=least_uar,
        most_ece=0.05,
        most_drop=_MOST_DROP,
        least_carried_over=carried_over,
        everything=True,
    )


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="CREMA-D",
        description="7,442 clips of 91 American actors who speak 12 sentences in 6 emotions",
        licence="Open Database License (ODbL) 1.0; contents: Database Contents License (DbCL) 1.0",
        licence_url="https://opendatacommons.org/licenses/odbl/1-0/",
        source="Cao, H., Cooper, D. G., Keutmann, M. K., Gur, R. C., Nenkova, A., Verma, R.: CREMA-D: "
        "Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective "
        "Computing 5(4), 2014",
        url="https://github.com/CheyneyComputerScience/CREMA-D",
    ),
    annotate=lambda data, _clips: tables.load(data),
    split_file=resources.files(__name__) / "split.json",
    limits="It was trained on actors who speak English in a quiet room, recorded in one way. With another "
    "microphone or language, or on spontaneous speech, it is less accurate than the figures here.",
    targets={
        "cremad-4": _targets(none=0.75, neutral_3=0.77, own_20=0.79),
        "cremad-6": _targets(none=0.63, neutral_3=0.66, own_20=0.67, carried_over=0.48),
    },
)
