from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import Annotations, Clip, Person
from ser.corpora.cremad.tables import load_people, load_strengths, load_votes
from ser.errors import CorpusError

PEOPLE = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Caucasian","Not Hispanic"\n'
VOTES = '"","A","D","F","H","N","S","fileName","numResponses"\n'


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_the_official_names_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.ogg", "1002_IEO_SAD_LO.ogg", "1040_ITH_SAD_X.ogg")
    first, second, third = corpora.load("cremad", tmp_path)
    assert first == Clip(tmp_path / "1001_DFA_ANG_XX.ogg", "1001", "Angry", "unspecified")
    assert (second.speaker, second.emotion, second.intensity) == ("1002", "Sad", "low")
    assert third.intensity == "unspecified"


def test_the_official_layout_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "AudioWAV", "1001_DFA_ANG_XX.wav")
    assert [clip.path.name for clip in corpora.load("cremad", tmp_path)] == ["1001_DFA_ANG_XX.wav"]


def test_faulty_clips_are_dropped(tmp_path: Path) -> None:
    faulty = [
        "1076_MTI_SAD_XX.wav",
        "1006_TIE_HAP_XX.wav",
        "1006_TIE_NEU_XX.wav",
        "1013_WSI_DIS_XX.wav",
        "1013_WSI_SAD_XX.wav",
        "1017_IWW_ANG_XX.wav",
        "1017_IWW_FEA_XX.wav",
    ]
    touch(tmp_path, "1001_DFA_ANG_XX.wav", *faulty)
    assert [clip.path.stem for clip in corpora.load("cremad", tmp_path)] == ["1001_DFA_ANG_XX"]


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX.txt", "notes.wav", "1001_DFA_XXX_XX.wav")
    assert len(corpora.load("cremad", tmp_path)) == 1


def test_only_the_wanted_emotions_are_kept(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_NEU_XX.wav")
    assert [clip.emotion for clip in corpora.load("cremad", tmp_path, emotions=["Neutral"])] == ["Neutral"]


def test_one_clip_in_two_containers_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX.ogg")
    with pytest.raises(CorpusError, match="1001_DFA_ANG_XX is there twice"):
        corpora.load("cremad", tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="1001_DFA_ANG_XX"):
        corpora.load("cremad", tmp_path / folder)


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


RATINGS = VOTES.strip() + ",meanAngerResp,meanDisgustResp,meanFearResp,meanHappyResp,meanSadResp\n"


def test_a_clip_is_as_strong_as_listeners_rated_it(tmp_path: Path) -> None:
    rows = [
        '"100002",1,0,0,3,6,0,"1001_IEO_HAP_LO",10,40,-1,-1,60,-1\n',
        '"200002",0,0,0,9,0,0,"1001_IEO_HAP_LO",9,-1,-1,-1,100,-1\n',
        '"100003",0,0,0,0,4,0,"1001_IEO_NEU_XX",4,-1,-1,-1,-1,-1\n',
        '"100004",0,0,0,0,0,0,"1001_DFA_SAD_XX",0,-1,-1,-1,-1,-1\n',
    ]
    (tmp_path / "tabulatedVotes.csv").write_text(RATINGS + "".join(rows))
    # Six of ten heard nothing, which counts as 0; nobody was asked of the last one.
    expected = {"1001_IEO_HAP_LO": (40 + 3 * 60) / 10 / 100, "1001_IEO_NEU_XX": 0.0}
    assert load_strengths(tmp_path) == pytest.approx(expected)
    touch(tmp_path, "1001_IEO_HAP_LO.wav", "1001_DFA_SAD_XX.wav")
    assert [clip.strength for clip in corpora.load("cremad", tmp_path)] == [None, pytest.approx(0.22)]


@pytest.mark.parametrize("level", ["", "loud", "-1", "nan", "101", "9" * 400])
def test_an_impossible_level_is_refused(level: str, tmp_path: Path) -> None:
    row = f'"100002",1,0,0,0,0,0,"1001_IEO_ANG_LO",1,{level},-1,-1,-1,-1\n'
    (tmp_path / "tabulatedVotes.csv").write_text(RATINGS + row)
    with pytest.raises(CorpusError, match=r"1001_IEO_ANG_LO.*no level of 0 to 100"):
        load_strengths(tmp_path)


def test_without_levels_no_clip_has_a_strength(tmp_path: Path) -> None:
    (tmp_path / "tabulatedVotes.csv").write_text(VOTES + '"100002",1,0,0,0,0,0,"1001_IEO_ANG_LO",1\n')
    assert load_strengths(tmp_path) == {}


def test_without_tables_nothing_is_known(tmp_path: Path) -> None:
    assert corpora.annotate("cremad", tmp_path, []) == Annotations()
    assert corpora.annotate("folder", tmp_path, []) == Annotations()


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
