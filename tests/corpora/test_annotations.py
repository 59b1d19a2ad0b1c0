from __future__ import annotations

from pathlib import Path

import pytest

from ser.corpora import annotations
from ser.corpora.annotations import Annotations
from ser.corpora.base import Clip
from ser.corpora.cremad_annotations import Person, load_people, load_votes
from ser.errors import CorpusError

PEOPLE = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Caucasian","Not Hispanic"\n'
VOTES = '"","A","D","F","H","N","S","fileName","numResponses"\n'


def test_people_are_read(tmp_path: Path) -> None:
    (tmp_path / "VideoDemographics.csv").write_text(PEOPLE)
    assert load_people(tmp_path) == {"1001": Person(51, "Male", "Caucasian", "Not Hispanic")}


@pytest.mark.parametrize("folder", ["", "processedResults"])
def test_only_the_votes_of_those_who_only_heard_are_read(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    rows = [
        f'"{row}",{votes},"1001_IEO_HAP_LO",9\n'
        for row, votes in (("100002", "0,1,0,3,6,0"), ("200002", "0,0,0,9,0,0"), ("300002", "9,0,0,0,0,0"))
    ]
    (tmp_path / folder / "tabulatedVotes.csv").write_text(VOTES + "".join(rows))
    assert load_votes(tmp_path) == {
        "1001_IEO_HAP_LO": {"Angry": 0, "Disgust": 1, "Fear": 0, "Happy": 3, "Neutral": 6, "Sad": 0}
    }


def test_without_tables_nothing_is_known(tmp_path: Path) -> None:
    assert annotations.load("cremad", tmp_path, []) == Annotations()
    assert annotations.load("folder", tmp_path, []) == Annotations()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column"),
        (b"ActorID,Age\n1001,51\n", "no column 'Ethnicity', 'Race', 'Sex'"),
        (PEOPLE.replace("51", "young").encode(), "row 1001.*'young'"),
        (PEOPLE.replace("51", "-3").encode(), "'-3'"),
        (PEOPLE.replace("51", "NaN").encode(), "'NaN'"),
        (PEOPLE.replace("51", "9" * 5000).encode(), "0 to 120"),
        (PEOPLE.encode() + b"1002,33\n", "cut off in line 3"),
        (b"\xff\xfe\x00" * 100, "no CSV table"),
        (PEOPLE.encode() + b'"' + b"x" * 200_000, "no CSV table"),
    ],
)
def test_a_damaged_table_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "VideoDemographics.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        load_people(tmp_path)


def test_the_sex_of_ravdess_actors_is_in_their_numbers(tmp_path: Path) -> None:
    clips = [Clip(tmp_path / "x", speaker, "Sad") for speaker in ("01", "02")]
    people = annotations.load("ravdess", tmp_path, clips).people
    assert {speaker: person.sex for speaker, person in people.items()} == {"01": "Male", "02": "Female"}
