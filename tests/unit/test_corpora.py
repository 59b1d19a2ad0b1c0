from __future__ import annotations

from pathlib import Path

import pytest

from ser.errors import CorpusError
from ser.training import corpora, splits
from ser.training.corpora import Clip, load_cremad


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
    with pytest.raises(CorpusError, match="two containers"):
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
