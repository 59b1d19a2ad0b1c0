from __future__ import annotations

from pathlib import Path

import pytest

from ser.corpora import base as corpora
from ser.corpora import splits
from ser.corpora.base import Clip, load_cremad, load_ravdess
from ser.errors import CorpusError


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_the_official_names_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.ogg", "1002_IEO_SAD_LO.ogg", "1040_ITH_SAD_X.ogg")
    first, second, third = load_cremad(tmp_path)
    assert first == Clip(tmp_path / "1001_DFA_ANG_XX.ogg", "1001", "Angry", "unspecified")
    assert (second.speaker, second.emotion, second.intensity) == ("1002", "Sad", "low")
    assert third.intensity == "unspecified"


def test_the_official_layout_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "AudioWAV", "1001_DFA_ANG_XX.wav")
    assert [clip.path.name for clip in load_cremad(tmp_path)] == ["1001_DFA_ANG_XX.wav"]


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
    assert [clip.path.stem for clip in load_cremad(tmp_path)] == ["1001_DFA_ANG_XX"]


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX.txt", "notes.wav", "1001_DFA_XXX_XX.wav")
    assert len(load_cremad(tmp_path)) == 1


def test_only_the_wanted_emotions_are_kept(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_NEU_XX.wav")
    assert [clip.emotion for clip in load_cremad(tmp_path, emotions=["Neutral"])] == ["Neutral"]


def test_one_clip_in_two_containers_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX.ogg")
    with pytest.raises(CorpusError, match="1001_DFA_ANG_XX is there twice"):
        load_cremad(tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_clips_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="1001_DFA_ANG_XX"):
        load_cremad(tmp_path / folder)


def test_an_unknown_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cremad"):
        corpora.load("creamd", tmp_path)


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


def test_a_split_without_clips_is_refused(tmp_path: Path) -> None:
    clips = load_cremad(touch(tmp_path, "1001_DFA_ANG_XX.wav"))
    assert splits.of_speakers(clips, ["1001"]) == clips
    with pytest.raises(CorpusError):
        splits.of_speakers(clips, ["1002"])


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
    with pytest.raises(CorpusError, match="cannot be parted"):
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
    with pytest.raises(CorpusError, match="nobody says who speaks"):
        splits.for_corpus("folder", clips, tmp_path / "split.json")
    with pytest.raises(CorpusError, match="cannot be read"):
        splits.for_corpus("folder", clips, tmp_path / "none.json")


def test_an_emotion_of_one_speaker_is_refused() -> None:
    clips = [*spoken("ABCDE"), *(Clip(Path(str(i)), "A", "Fear") for i in range(9))]
    with pytest.raises(CorpusError, match=r"part '(train|dev)' speaks these.+\s+Fear: 1 speakers"):
        splits.for_corpus("folder", clips)


def test_the_official_layout_of_ravdess_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_01", "03-01-05-02-01-01-01.wav", "03-01-02-01-01-01-01.wav")
    touch(tmp_path / "Actor_02", "03-01-01-01-02-02-02.wav")
    assert load_ravdess(tmp_path) == [
        Clip(tmp_path / "Actor_02" / "03-01-01-01-02-02-02.wav", "02", "Neutral", "normal"),
        Clip(tmp_path / "Actor_01" / "03-01-02-01-01-01-01.wav", "01", "Calm", "normal"),
        Clip(tmp_path / "Actor_01" / "03-01-05-02-01-01-01.wav", "01", "Angry", "strong"),
    ]
    assert [clip.emotion for clip in load_ravdess(tmp_path, emotions=["Calm"])] == ["Calm"]


def test_song_video_other_files_and_the_duplicate_of_ravdess_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path / "unpacked" / "Actor_07",
        "03-01-03-01-02-01-07.wav",
        "03-01-03-01-02-02-07.wav",
        "03-02-03-01-02-01-07.wav",
        "01-01-03-01-02-01-07.mp4",
        "03-01-09-01-02-01-07.wav",
        "03-01-03-01-02-01-07.txt",
    )
    assert [clip.path.name for clip in load_ravdess(tmp_path)] == ["03-01-03-01-02-01-07.wav"]


def test_a_ravdess_clip_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_01", "03-01-05-02-01-01-01.wav", "03-01-05-02-01-01-01.ogg")
    with pytest.raises(CorpusError, match="twice"):
        load_ravdess(tmp_path)


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_without_ravdess_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Actor_01"):
        load_ravdess(tmp_path / folder)


def test_ravdess_has_no_standard_split() -> None:
    assert splits.has_standard_split("cremad")
    assert not splits.has_standard_split("ravdess")
