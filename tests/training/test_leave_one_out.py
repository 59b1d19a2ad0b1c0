"""Few speakers: each is left out of one model and scored by it, and the result is trained on all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import CLIPS, PUBLISHED, copied_model, sound_file
from networks import small_hybrid
from ser.audio.decode import decode
from ser.corpora import splits
from ser.corpora.base import Annotations, Clip
from ser.errors import CorpusError
from ser.evaluation import report
from ser.evaluation.evaluator import Evaluator
from ser.evaluation.pages import PAGE_FILE
from ser.evaluation.report import FullReport
from ser.features.mfcc import MFCC_PITCH
from ser.models.manifest import CARD_FILE, LEAVE_ONE_OUT, MANIFEST
from ser.models.predictor import EmotionPredictor
from ser.training import preparation
from ser.training.data import TrainingSet
from ser.training.families import hybrid
from ser.training.families.hybrid import Hybrid, HybridSettings
from ser.training.families.networks import Size
from ser.training.pipeline import train_model
from ser.training.plan import MODEL, RANDOM_SPLIT, plan
from ser.training.preparation import Prepared, prepare

SPEAKERS = frozenset({"speaker 0", "speaker 1", "speaker 2"})
TINY = HybridSettings(
    members=(Size(channels=8, kernel=1, lstm_units=8, hidden_units=8),), epochs=1, conditions=1
)


def few_speakers(folder: Path) -> Path:
    """Cut our clips into pieces, as if three people had spoken all of them."""
    of_emotion: dict[str, int] = {}
    for clip in CLIPS:
        number = of_emotion[clip.emotion] = of_emotion.get(clip.emotion, -1) + 1
        place = folder / clip.emotion / f"speaker {number}"
        place.mkdir(parents=True)
        for count, piece in enumerate(np.array_split(decode(clip.path), 4)):
            (place / f"{count}.wav").write_bytes(sound_file(piece))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _small_networks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hybrid, "hybrid", small_hybrid)
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("few")
    few_speakers(root / "data")
    return root


@pytest.fixture(scope="module")
def found(root: Path) -> FullReport:
    return train_model(
        Hybrid(TINY),
        corpus="folder",
        data=root / "data",
        directory=root / "model" / "mine",
        random_split=True,
        cache=root / "cache",
    )


@pytest.fixture(scope="module")
def prepared(root: Path) -> Prepared:
    return prepare("folder", root / "data", emotions=(), cache=root / "cache" / "features")


def training_set(prepared: Prepared, cache: Path) -> TrainingSet:
    return TrainingSet(
        clips=tuple(prepared.clips),
        speakers=prepared.training_speakers,
        emotions=prepared.emotions,
        core=(),
        feature_set=MFCC_PITCH,
        cache=cache,
    )


def test_each_speaker_is_scored_by_a_model_without_them(prepared: Prepared, tmp_path: Path) -> None:
    everything = training_set(prepared, tmp_path)
    found = plan(Hybrid(TINY), everything, prepared, seed=0, random_split=False)
    assert found.left_out.keys() == SPEAKERS
    for speaker, title in found.left_out.items():
        assert found.sets[title].speakers == SPEAKERS - {speaker}
        assert found.scored[title].speakers == {speaker}
    assert found.sets[MODEL].speakers == SPEAKERS
    assert MODEL not in found.scored


def test_a_random_split_parts_all_clips(prepared: Prepared, tmp_path: Path) -> None:
    found = plan(Hybrid(TINY), training_set(prepared, tmp_path), prepared, seed=0, random_split=True)
    used = [found.sets[RANDOM_SPLIT].used, found.random.used]
    assert sorted(clip.path for clips in used for clip in clips) == sorted(
        clip.path for clip in prepared.clips
    )


@pytest.mark.parametrize("options", [{"few_left_out": False}, {"also": {"emodb": Path("emodb")}}])
def test_some_are_held_out_where_others_are_needed_too(
    options: dict[str, Any], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A family that stops early needs further speakers; so does what is chosen for further corpora.
    monkeypatch.setattr(preparation, "_further", lambda *_: [])
    found = prepare("folder", root / "data", emotions=(), **options)
    assert not found.leave_one_out
    assert len(found.split["dev"]) == 1


def test_the_report_is_on_all_speakers_and_the_model_was_trained_on_all(
    found: FullReport, root: Path, prepared: Prepared
) -> None:
    assert set(found.speakers) == SPEAKERS
    assert found.clips == len(prepared.clips)
    assert (found.trained_on, found.left_out_speakers) == ([], 3)
    manifest = json.loads((root / "model" / "mine" / MANIFEST).read_text())
    assert manifest["split"] == {
        "by": "speaker",
        "fit": sorted(SPEAKERS),
        "method": LEAVE_ONE_OUT,
        "dev": sorted(SPEAKERS),
    }
    assert manifest["temperature"] != 1
    assert manifest["metrics"]["random_split"]["clips"] == round(0.2 * len(prepared.clips))
    assert [path.name for path in (root / "model").iterdir()] == ["mine"]


def test_report_and_card_say_how_it_was_measured_and_what_to_expect(found: FullReport, root: Path) -> None:
    every = [of_speaker["none"] for of_speaker in found.speaker_uar.values()]
    expected = f"(UAR {min(every):.2f} to {max(every):.2f})"
    assert expected in report.as_text(found)
    assert "each scored by one of 3 models, which was trained without them" in report.as_text(found)
    for file in (CARD_FILE, PAGE_FILE):
        text = (root / "model" / "mine" / file).read_text()
        assert expected in text, file
        assert "fitted on these answers" in text, file
    card = (root / "model" / "mine" / CARD_FILE).read_text()
    assert "Leave one speaker out: 3 models" in card
    assert "further ones" not in card


def test_measured_again_its_speakers_are_known_to_be_in_training(root: Path, prepared: Prepared) -> None:
    model = EmotionPredictor.load(root / "model" / "mine")
    again = report.evaluate_model(
        model, list({clip.speaker: clip for clip in prepared.clips}.values()), corpus="folder"
    )
    assert set(again.trained_on) == SPEAKERS
    # The figure of the random split stands beside one on unseen speakers only.
    assert model.manifest.metrics["random_split"]
    assert again.random_split is None


def test_clips_are_scored_by_the_model_of_their_speaker(tmp_path: Path) -> None:
    other = copied_model(tmp_path / "other", PUBLISHED) / MANIFEST
    manifest = json.loads(other.read_text())
    manifest["labels"] = manifest["labels"][1:] + manifest["labels"][:1]
    other.write_text(json.dumps(manifest))
    one, another = EmotionPredictor.load(PUBLISHED), EmotionPredictor.load(other.parent)
    clips = [replace(clip, speaker=f"{number % 2}") for number, clip in enumerate(CLIPS)]
    mixed, alone, others = (
        evaluator.speaker_uar(evaluator.conditions())
        for evaluator in (
            Evaluator(model, clips, Annotations(), 0, of_speakers)
            for model, of_speakers in ((one, {"1": another}), (one, {}), (another, {}))
        )
    )
    assert mixed == {"0": alone["0"], "1": others["1"]}
    assert alone["1"] != others["1"]


def test_few_known_speakers_are_left_out_in_turn(prepared: Prepared) -> None:
    def of_speakers(count: int) -> list[Clip]:
        return [replace(clip, speaker=str(number % count)) for number, clip in enumerate(many)]

    many = [clip for clip in prepared.clips for _ in range(11)]
    assert prepared.leave_one_out
    assert splits.leaves_one_out("folder", of_speakers(10))
    assert not splits.leaves_one_out("folder", of_speakers(11))
    assert not splits.leaves_one_out("folder", of_speakers(1))
    assert not splits.leaves_one_out("cremad", of_speakers(10))
    nameless = [replace(clip, speaker_known=False) for clip in of_speakers(3)]
    assert not splits.leaves_one_out("folder", nameless)


def test_a_split_of_ones_own_is_kept(root: Path, tmp_path: Path) -> None:
    own = {"train": ["speaker 0", "speaker 1"], "dev": ["speaker 2"]}
    (tmp_path / "split.json").write_text(json.dumps(own))
    found = prepare("folder", root / "data", emotions=(), splits_file=tmp_path / "split.json")
    assert not found.leave_one_out
    assert found.split["dev"] == {"speaker 2"}


def test_an_emotion_of_one_speaker_alone_cannot_be_told(prepared: Prepared) -> None:
    lonely = [clip for clip in prepared.clips if clip.emotion != "Sad" or clip.speaker == "speaker 1"]
    with pytest.raises(CorpusError, match=r"'all but speaker 1'(.|\n)*Sad: 1 speakers"):
        splits.leaves_one_out("folder", lonely)
