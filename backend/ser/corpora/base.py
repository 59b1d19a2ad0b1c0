"""Corpora on disk -> rows of (path, speaker, emotion, ...)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.errors import CorpusError
from ser.models.store import Corpus


@dataclass(frozen=True)
class Clip:
    """One recording of one emotion.

    Attributes:
        path: the audio file.
        speaker: who speaks; unique within the corpus.
        emotion: the intended emotion.
        intensity: how strongly it was to be played, in the corpus' own words, or unspecified.
        speaker_known: False where nobody says who speaks; the clip then counts as a speaker of its own.
    """

    path: Path
    speaker: str
    emotion: str
    intensity: str = "unspecified"
    speaker_known: bool = True


# CREMA-D's own faults: one clip is silent, three pairs are byte-identical under two labels.
CREMAD_FAULTY = frozenset(
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
_CREMAD_NAME = re.compile(r"(\d{4})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)")
_CREMAD_EMOTIONS = {
    "ANG": "Angry",
    "DIS": "Disgust",
    "FEA": "Fear",
    "HAP": "Happy",
    "NEU": "Neutral",
    "SAD": "Sad",
}
_CREMAD_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}
AUDIO_SUFFIXES = frozenset({".wav", ".ogg", ".opus", ".oga", ".flac", ".mp3", ".m4a", ".mp4", ".webm"})


def load_cremad(data: Path, *, emotions: Sequence[str] | None = None) -> list[Clip]:
    """List CREMA-D's clips, without its known faulty ones, in the order of their names.

    Takes the official layout (`AudioWAV/1001_DFA_ANG_XX.wav`) as well as the files in `data` itself, in
    any container.

    Args:
        data: the corpus' folder.
        emotions: keep only these; all six by default.

    Raises:
        CorpusError: there is no such clip, or one clip is there twice.
    """
    folder = data / "AudioWAV"
    folder = folder if folder.is_dir() else data

    def clip(path: Path, speaker: str, _sentence: str, emotion: str, intensity: str) -> Clip:
        degree = _CREMAD_INTENSITIES.get(intensity, "unspecified")
        return Clip(path, speaker, _CREMAD_EMOTIONS[emotion], degree)

    return _named(
        folder.glob("*"),
        _CREMAD_NAME,
        clip,
        faulty=CREMAD_FAULTY,
        emotions=emotions,
        nothing=f"No CREMA-D clips in '{data}': files named like 1001_DFA_ANG_XX.wav are expected there "
        "or in its AudioWAV folder.",
    )


def _named(
    paths: Iterable[Path],
    pattern: re.Pattern[str],
    clip: Callable[..., Clip],
    *,
    faulty: Collection[str],
    emotions: Sequence[str] | None,
    nothing: str,
) -> list[Clip]:
    """List the clips of a corpus whose files' names say what they are, in the order of these.

    Args:
        paths: files, and others.
        pattern: of the names, without their endings.
        clip: makes a clip of a path and the pattern's groups.
        faulty: names of clips that are left out.
        emotions: keep only these; all by default.
        nothing: what is said where there are none.
    """
    clips: dict[str, Clip] = {}
    for path in sorted(paths, key=lambda path: (path.stem, path)):
        match = pattern.fullmatch(path.stem)
        if match is None or path.suffix.lower() not in AUDIO_SUFFIXES or path.stem in faulty:
            continue
        if path.stem in clips:
            raise CorpusError(f"{path.stem} is there twice: '{clips[path.stem].path}', '{path}'; keep one.")
        clips[path.stem] = clip(path, *match.groups())
    kept = [each for each in clips.values() if emotions is None or each.emotion in emotions]
    if not kept:
        raise CorpusError(nothing)
    return kept


# Identical to 03-01-03-01-02-01-07, whose repetition it should be.
RAVDESS_FAULTY = frozenset({"03-01-03-01-02-02-07"})
# Sound only, and speech: not video, not song.
_RAVDESS_NAME = re.compile(r"03-01-(0[1-8])-(0[12])-0[12]-0[12]-(\d{2})")
_RAVDESS_EMOTIONS = {
    "01": "Neutral",
    "02": "Calm",
    "03": "Happy",
    "04": "Sad",
    "05": "Angry",
    "06": "Fear",
    "07": "Disgust",
    "08": "Surprise",
}
_RAVDESS_INTENSITIES = {"01": "normal", "02": "strong"}


def load_ravdess(data: Path, *, emotions: Sequence[str] | None = None) -> list[Clip]:
    """List RAVDESS' spoken clips, without its duplicate, in the order of their names.

    Takes the official layout (`Actor_01/03-01-05-02-01-01-01.wav`), in any container; the folder that
    the archive unpacks to may lie between. Speakers are the actors' numbers, "01" to "24".

    Args:
        data: the corpus' folder.
        emotions: keep only these; all eight by default.

    Raises:
        CorpusError: there is no such clip, or one clip is there twice.
    """

    def clip(path: Path, emotion: str, intensity: str, speaker: str) -> Clip:
        return Clip(path, speaker, _RAVDESS_EMOTIONS[emotion], _RAVDESS_INTENSITIES[intensity])

    return _named(
        data.glob("**/Actor_*/*"),
        _RAVDESS_NAME,
        clip,
        faulty=RAVDESS_FAULTY,
        emotions=emotions,
        nothing=f"No RAVDESS clips in '{data}': files named like Actor_01/03-01-05-02-01-01-01.wav are "
        "expected.",
    )


def _load_folder(data: Path, *, emotions: Sequence[str] | None = None) -> list[Clip]:
    # It builds on `Clip`.
    from ser.corpora import folder as folder_corpus

    return folder_corpus.load(data, emotions=emotions)


FOLDER = "folder"
_SHA256_DIGITS = 16
_LOADERS: dict[str, Callable[..., list[Clip]]] = {
    "cremad": load_cremad,
    "ravdess": load_ravdess,
    FOLDER: _load_folder,
}


def load(corpus: str, data: Path, *, emotions: Sequence[str] | None = None) -> list[Clip]:
    """List the clips of a corpus by its name; `folder` is one's own (`folder_corpus.load`).

    Raises:
        CorpusError: no such corpus is known, or the folder does not hold it.
    """
    if corpus not in _LOADERS:
        raise CorpusError(f"No corpus '{corpus}' is known; there are: {', '.join(_LOADERS)}.")
    return _LOADERS[corpus](data, emotions=emotions)


# Their licence forbids a model that may be used for any purpose.
ONLY_TESTED_ON = frozenset({"ravdess"})

CORPUS_FACTS: dict[str, Corpus] = {
    "cremad": Corpus(
        title="CREMA-D",
        description="7,442 clips of 91 American actors who speak 12 sentences in 6 emotions",
        licence="Open Database License (ODbL) 1.0; contents: Database Contents License (DbCL) 1.0",
        licence_url="https://opendatacommons.org/licenses/odbl/1-0/",
        source="Cao, H., Cooper, D. G., Keutmann, M. K., Gur, R. C., Nenkova, A., Verma, R.: CREMA-D: "
        "Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective "
        "Computing 5(4), 2014",
        url="https://github.com/CheyneyComputerScience/CREMA-D",
    ),
    "ravdess": Corpus(
        title="RAVDESS",
        description="1,440 spoken clips of 24 North American actors who speak 2 sentences in 8 emotions",
        licence="CC BY-NC-SA 4.0 (non-commercial)",
        licence_url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        source="Livingstone, S. R., Russo, F. A.: The Ryerson Audio-Visual Database of Emotional Speech and "
        "Song (RAVDESS). PLoS ONE 13(5): e0196391, 2018",
        url="https://zenodo.org/records/1188976",
    ),
}


def of_title(title: str) -> str:
    """Return the name of the corpus with this title; any that is not published is one's own."""
    return next((name for name, facts in CORPUS_FACTS.items() if facts.title == title), FOLDER)


def sha256s(clips: Sequence[Clip]) -> list[str]:
    """Return the beginning of the SHA-256 of each clip's file, by which it is known under any name."""
    return [hashlib.sha256(clip.path.read_bytes()).hexdigest()[:_SHA256_DIGITS] for clip in clips]


def facts(corpus: str, clips: Sequence[Clip]) -> Corpus:
    """Return what is known of a corpus: of one's own, what its clips tell."""
    if corpus in CORPUS_FACTS:
        return CORPUS_FACTS[corpus]
    speakers = {clip.speaker for clip in clips if clip.speaker_known}
    emotions = {clip.emotion for clip in clips}
    voices = f"{len(speakers)} speakers" if speakers else "speakers whom nobody has named"
    return Corpus(
        title="own recordings",
        description=f"{len(clips)} clips of {voices} in {len(emotions)} emotions",
        licence="that of whoever recorded them",
        licence_url="",
        source="Not published",
        url="",
    )
