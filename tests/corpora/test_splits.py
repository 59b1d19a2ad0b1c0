from __future__ import annotations

from pathlib import Path

import pytest

from ser.corpora import CORPORA, splits
from ser.corpora.base import Clip, Corpus
from ser.errors import CorpusError


def test_the_standard_split_keeps_speakers_apart() -> None:
    split = splits.standard_split("cremad")
    assert len(split["train"]) == 56
    assert len(split["dev"]) == 18
    assert not split["train"] & split["dev"]
    with pytest.raises(CorpusError):
        splits.standard_split("none")


@pytest.mark.parametrize("seed", range(5))
def test_held_out_speakers_are_other_speakers(seed: int) -> None:
    speakers = [str(i) for i in range(56)]
    kept, held = splits.hold_out(speakers, share=0.15, seed=seed)
    assert not kept & held
    assert kept | held == set(speakers)
    assert len(held) == 8
    assert (kept, held) == splits.hold_out(reversed(speakers), share=0.15, seed=seed)


def test_a_split_without_clips_is_refused() -> None:
    clips = spoken("A")
    assert splits.of_speakers(clips, ["A"]) == clips
    with pytest.raises(CorpusError):
        splits.of_speakers(clips, ["B"])


def spoken(speakers: str, emotions: tuple[str, ...] = ("Angry", "Sad")) -> list[Clip]:
    return [Clip(Path(f"{e}{s}{i}"), s, e) for s in speakers for e in emotions for i in range(2)]


@pytest.mark.parametrize("k", [2, 5, 12])
def test_everyone_is_held_out_once(k: int) -> None:
    speakers = [str(i) for i in range(12)]
    parts = splits.folds(speakers, k, seed=1)
    assert len(parts) == k
    for kept, held in parts:
        assert not kept & held
        assert kept | held == set(speakers)
        assert len(held) in (12 // k, 12 // k + 1)
    assert sorted(speaker for _, held in parts for speaker in held) == sorted(speakers)
    assert parts == splits.folds(reversed(speakers), k, seed=1)
    assert k == 12 or parts != splits.folds(speakers, k, seed=2)


@pytest.mark.parametrize(("count", "k"), [(3, 4), (3, 1), (3, 0), (0, 2)])
def test_impossible_folds_are_refused(count: int, k: int) -> None:
    with pytest.raises(CorpusError, match="cannot be split"):
        splits.folds(map(str, range(count)), k, seed=0)


def test_a_speaker_in_two_parts_is_refused() -> None:
    splits.require_apart({"train": ["1"], "stop": ["2"], "dev": ["3"]})
    with pytest.raises(CorpusError, match=r"2 is in stop and in dev$"):
        splits.require_apart({"train": ["1"], "stop": ["2"], "dev": ["3", "2"]})


def test_a_balanced_split_needs_somebody_to_part() -> None:
    kept, held = splits.balanced(spoken("ABCDEFGHIJ"), share=0.2, seed=0)
    assert (len(kept), len(held)) == (8, 2)
    for clips in (spoken("A"), [], [Clip(Path("x"), "A", "Sad"), Clip(Path("y"), "B", "Fear")]):
        with pytest.raises(CorpusError, match="too few"):
            splits.balanced(clips, share=0.2, seed=0)


def test_the_user_can_give_a_split(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "split.json"
    file.write_text('{"train": ["A", 1], "dev": ["B"], "source": "me"}')
    clips = spoken("AB1")
    assert splits.for_corpus("folder", clips, file) == {"train": {"A", "1"}, "dev": {"B"}}
    assert not caplog.text
    splits.for_corpus("cremad", [*clips, *spoken("C")], file)
    assert "1 speakers are in no part" in caplog.text


def test_a_published_split_needs_no_file() -> None:
    assert splits.for_corpus("cremad", []) == splits.standard_split("cremad")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"train": ["A", "B"], "dev": ["B"]}', "B is in train and in dev"),
        ('{"train": ["A"], "dev": ["Z"]}', "have no clips that can be used:\\s+Z"),
        ('{"train": ["A"]}', 'no speakers in "dev"'),
        ('{"train": ["A"], "dev": []}', 'no speakers in "dev"'),
        ('{"train": "A", "dev": ["B"]}', 'no speakers in "train"'),
        ('{"train": [["A"]], "dev": ["B"]}', "no list of names"),
        ('{"train": [true], "dev": ["B"]}', "no list of names"),
        ("[]", 'no speakers in "train"'),
        ("", "no valid JSON"),
        ("\xff\x00", "no valid JSON"),
        ("[" * 100_000, "no valid JSON"),
    ],
)
def test_a_bad_split_is_refused(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "split.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(CorpusError, match=message):
        splits.for_corpus("folder", spoken("AB"), file)


def test_a_split_of_unnamed_speakers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text('{"train": ["A"], "dev": ["B"]}')
    clips = [Clip(Path("x"), "x", "Sad", speaker_known=False)]
    with pytest.raises(CorpusError, match="speakers of these clips are not known"):
        splits.for_corpus("folder", clips, tmp_path / "split.json")
    with pytest.raises(CorpusError, match="cannot be read"):
        splits.for_corpus("folder", clips, tmp_path / "none.json")


def test_an_emotion_of_one_speaker_is_refused() -> None:
    clips = [*spoken("ABCDE"), *(Clip(Path(str(i)), "A", "Fear") for i in range(9))]
    with pytest.raises(CorpusError, match=r"part '(train|dev)' speaks these.+\s+Fear: 1 speakers"):
        splits.for_corpus("folder", clips)


def test_ravdess_has_no_standard_split() -> None:
    assert splits.has_standard_split("cremad")
    assert not splits.has_standard_split("ravdess")


def test_a_rule_that_divides_a_speaker_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = iter(("train", "dev"))
    corpus = Corpus(list_clips=lambda data: [], facts=None, part_of=lambda clip: next(parts))
    monkeypatch.setattr(CORPORA, "get", lambda name: corpus)
    with pytest.raises(CorpusError, match="A is in train and in dev"):
        splits.standard_split("any", spoken("A", ("Sad",)))
