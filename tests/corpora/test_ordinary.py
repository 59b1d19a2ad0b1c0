from __future__ import annotations

from pathlib import Path

import pytest

from ser import corpora
from ser.corpora import CORPORA, Clip, splits
from ser.errors import CorpusError


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_both_languages_are_read_and_nobody_acts(tmp_path: Path) -> None:
    touch(tmp_path, "english/alexa/0.ogg", "english/view-glass/0.ogg", "arabic/01/down_03.ogg")
    assert corpora.load("ordinary", tmp_path) == [
        Clip(tmp_path / "arabic/01/down_03.ogg", "01", "Neutral"),
        Clip(tmp_path / "english/alexa/0.ogg", "english/alexa/0", "Neutral", speaker_known=False),
        Clip(tmp_path / "english/view-glass/0.ogg", "english/view-glass/0", "Neutral", speaker_known=False),
    ]
    assert CORPORA.get("ordinary").acted is False


def test_the_benchmarks_own_folders_are_the_same_clips(tmp_path: Path) -> None:
    shared = touch(tmp_path / "shared", "english/view-glass/0.ogg", "english/smart-mirror/a.ogg")
    official = touch(tmp_path / "official", "english/view glass/0.wav", "english/Smart_Mirror/a.flac")
    speakers = [{clip.speaker for clip in corpora.load("ordinary", data)} for data in (shared, official)]
    assert speakers[0] == speakers[1]
    assert splits.standard_split("ordinary", corpora.load("ordinary", official))["dev"] == speakers[0]


@pytest.mark.parametrize("name", ["english/alexa/0.ogg", "arabic/30/up_03.ogg"])
def test_one_language_may_be_missing(name: str, tmp_path: Path) -> None:
    touch(tmp_path, name)
    assert [clip.path for clip in corpora.load("ordinary", tmp_path)] == [tmp_path / name]


@pytest.mark.parametrize("made", ["", "english", "arabic/01", "german/wort"])
def test_a_folder_with_neither_language_is_refused(made: str, tmp_path: Path) -> None:
    (tmp_path / made).mkdir(parents=True, exist_ok=True)
    touch(tmp_path, "german/wort/0.wav")
    with pytest.raises(CorpusError, match=r"english/alexa .a word. or arabic/01 .a speaker. are expected"):
        corpora.load("ordinary", tmp_path)
    with pytest.raises(CorpusError, match="No ordinary speech"):
        corpora.load("ordinary", tmp_path / "none")


def test_strange_names_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "english/alexa/0.ogg",
        "english/alexa/._0.ogg",
        "english/alexa/0.txt",
        "english/.git/0.ogg",
        "english/0.ogg",
        "english/alexa/more/0.ogg",
        "arabic/00/a.ogg",
        "arabic/31/a.ogg",
        "arabic/1/a.ogg",
        "arabic/somebody/a.ogg",
    )
    (tmp_path / "english/alexa/folder.ogg").mkdir()
    assert [clip.speaker for clip in corpora.load("ordinary", tmp_path)] == ["english/alexa/0"]


def test_one_name_under_two_words_is_two_clips(tmp_path: Path) -> None:
    touch(tmp_path, "english/alexa/0.ogg", "english/jarvis/0.ogg", "arabic/01/0.ogg", "arabic/02/0.ogg")
    assert len({clip.speaker for clip in corpora.load("ordinary", tmp_path)}) == 4


@pytest.mark.parametrize("name", ["english/alexa/0", "arabic/01/up_03"])
def test_a_clip_in_two_containers_is_refused(name: str, tmp_path: Path) -> None:
    touch(tmp_path, f"{name}.ogg", f"{name}.wav")
    with pytest.raises(CorpusError, match=f"{name} is there twice"):
        corpora.load("ordinary", tmp_path)


def test_ten_speakers_and_two_words_are_held_out(tmp_path: Path) -> None:
    words = ("alexa", "computer", "jarvis", "smart-mirror", "snowboy", "view-glass")
    touch(tmp_path, *(f"english/{word}/{i}.ogg" for word in words for i in range(2)))
    touch(
        tmp_path, *(f"arabic/{speaker:02}/{word}_03.ogg" for speaker in range(1, 31) for word in ("up", "no"))
    )
    clips = corpora.load("ordinary", tmp_path)
    split = splits.for_corpus("ordinary", clips)
    assert splits.has_standard_split("ordinary")
    assert split == splits.standard_split("ordinary", clips)
    assert split["dev"] == {
        *map(str, range(21, 31)),
        *(f"english/{word}/{i}" for word in ("smart-mirror", "view-glass") for i in range(2)),
    }
    assert split["train"] == {clip.speaker for clip in clips} - split["dev"]
    assert len(splits.of_speakers(clips, split["dev"])) == 20 + 4


def test_a_part_without_clips_is_refused_when_it_is_used(tmp_path: Path) -> None:
    clips = corpora.load("ordinary", touch(tmp_path, "arabic/01/up_03.ogg"))
    split = splits.standard_split("ordinary", clips)
    assert split == {"train": {"01"}, "dev": frozenset()}
    with pytest.raises(CorpusError, match="None of the corpus' clips"):
        splits.of_speakers(clips, split["dev"])


def test_both_licences_and_both_sources_are_named() -> None:
    facts = corpora.facts("ordinary", [])
    for said in ("Apache-2.0", "CC BY 4.0"):
        assert said in facts.licence
    for said in ("Picovoice", "Ghandoura"):
        assert said in facts.source
