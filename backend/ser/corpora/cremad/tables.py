"""CREMA-D's tables: its actors, and the votes of its listeners."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ser.corpora.base import Annotations, Person, Votes
from ser.errors import CorpusError

PEOPLE_FILE = "VideoDemographics.csv"
VOTES_FILE = "tabulatedVotes.csv"

# Where the official repository and a flat copy of it keep them.
_FOLDERS = ("", "processedResults")
_VOTED = {"A": "Angry", "D": "Disgust", "F": "Fear", "H": "Happy", "N": "Neutral", "S": "Sad"}
# The mean level that the listeners gave each emotion; that of Neutral is no strength.
_LEVELS = {
    "A": "meanAngerResp",
    "D": "meanDisgustResp",
    "F": "meanFearResp",
    "H": "meanHappyResp",
    "S": "meanSadResp",
}
_MOST_LEVEL = 100
# The first digit of a row's number: 1 is sound alone, 2 video alone, 3 both.
_AUDIO_ONLY = "1"
_OLDEST = 120


def load(data: Path) -> Annotations:
    """Return the actors and the votes; nothing where a table is not there.

    Raises:
        CorpusError: a table has other columns or values than expected.
    """
    return Annotations(load_people(data), load_votes(data))


def load_people(data: Path) -> dict[str, Person]:
    """Return actor -> person; nothing where the table is not there.

    Raises:
        CorpusError: the table has other columns or values than expected.
    """
    return {
        row["ActorID"]: Person(
            _whole(row["Age"], row["ActorID"], PEOPLE_FILE, most=_OLDEST),
            *(row[column].strip() or None for column in ("Sex", "Race", "Ethnicity")),
        )
        for row in _rows(data, PEOPLE_FILE, ("ActorID", "Age", "Sex", "Race", "Ethnicity"))
    }


def load_votes(data: Path) -> dict[str, Votes]:
    """Return clip -> votes of the listeners who only heard it; nothing where the table is not there.

    Raises:
        CorpusError: the table has other columns or values than expected.
    """
    return {
        row["fileName"]: {
            emotion: _whole(row[letter], row["fileName"], VOTES_FILE) for letter, emotion in _VOTED.items()
        }
        for row in _rows(data, VOTES_FILE, ("", "fileName", *_VOTED))
        if row[""].startswith(_AUDIO_ONLY)
    }


def load_strengths(data: Path) -> dict[str, float]:
    """Return clip -> how strong an emotion the listeners heard on the mean, 0-1.

    Each of them who only heard the clip chose an emotion and rated its level, 0-100. Who chose Neutral heard
    none, which counts as 0. Nothing where the table is not there, or has no levels.

    Raises:
        CorpusError: the table has other values than expected.
    """
    found = {}
    for row in _rows(data, VOTES_FILE, ("", "fileName", *_VOTED)):
        if not row[""].startswith(_AUDIO_ONLY) or any(column not in row for column in _LEVELS.values()):
            continue
        name = row["fileName"]
        votes = {letter: _whole(row[letter], name, VOTES_FILE) for letter in _VOTED}
        rated = sum(votes[letter] * _level(row[_LEVELS[letter]], name) for letter in _LEVELS if votes[letter])
        if total := sum(votes.values()):
            found[name] = rated / total / _MOST_LEVEL
    return found


def _level(text: str | None, row: str) -> float:
    try:
        level = float(text or "")
    except ValueError:
        level = -1.0
    if not 0 <= level <= _MOST_LEVEL:
        raise CorpusError(f"'{text}' of '{row}' in {VOTES_FILE} is no level of 0 to {_MOST_LEVEL}.")
    return level


def _rows(data: Path, name: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    files = [file for folder in _FOLDERS if (file := data / folder / name).is_file()]
    if not files:
        return
    try:
        with files[0].open(encoding="utf-8-sig", newline="") as content:
            reader = csv.DictReader(content)
            if missing := set(columns) - set(reader.fieldnames or ()):
                raise CorpusError(f"'{files[0]}' has no column {', '.join(map(repr, sorted(missing)))}.")
            for row in reader:
                if any(row[column] is None for column in columns):
                    raise CorpusError(f"'{files[0]}' is cut off in line {reader.line_num}.")
                yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"'{files[0]}' is no CSV table: {error}") from error


def _whole(text: str, row: str, name: str, *, most: int = 999) -> int:
    if not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise CorpusError(f"{name}, row {row}: a number from 0 to {most} was expected, not '{text[:40]}'.")
    return int(text)
