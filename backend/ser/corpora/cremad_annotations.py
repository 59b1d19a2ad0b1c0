"""CREMA-D's tables: who its actors are, and how listeners heard its clips."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ser.errors import CorpusError

PEOPLE_FILE = "VideoDemographics.csv"
VOTES_FILE = "tabulatedVotes.csv"

# Where the official repository and a flat copy of it keep them.
_FOLDERS = ("", "processedResults")
_VOTED = {"A": "Angry", "D": "Disgust", "F": "Fear", "H": "Happy", "N": "Neutral", "S": "Sad"}
# Rows of those who only heard the clip; 2 saw the face, 3 both.
_AUDIO_ONLY = "1"
_OLDEST = 120

Votes = Mapping[str, int]


@dataclass(frozen=True)
class Person:
    """A speaker, in the corpus' own words; None where it says nothing.

    Attributes:
        age: in years.
        sex: as recorded.
        race: as recorded.
        ethnicity: as recorded.
    """

    age: int | None = None
    sex: str | None = None
    race: str | None = None
    ethnicity: str | None = None


def load_people(data: Path) -> dict[str, Person]:
    """Return actor -> who that is; nothing where the table is not there.

    Raises:
        CorpusError: the table is not what it should be.
    """
    return {
        row["ActorID"]: Person(
            _whole(row["Age"], row["ActorID"], PEOPLE_FILE, most=_OLDEST),
            *(row[column].strip() or None for column in ("Sex", "Race", "Ethnicity")),
        )
        for row in _rows(data, PEOPLE_FILE, ("ActorID", "Age", "Sex", "Race", "Ethnicity"))
    }


def load_votes(data: Path) -> dict[str, Votes]:
    """Return clip -> emotion -> how many of those who only heard it chose it.

    Nothing where the table is not there.

    Raises:
        CorpusError: the table is not what it should be.
    """
    return {
        row["fileName"]: {
            emotion: _whole(row[letter], row["fileName"], VOTES_FILE) for letter, emotion in _VOTED.items()
        }
        for row in _rows(data, VOTES_FILE, ("", "fileName", *_VOTED))
        if row[""].startswith(_AUDIO_ONLY)
    }


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
