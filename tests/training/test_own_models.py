"""Models of one's own recordings: their cards, and how their training clips are recognised."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clips import CLIPS, pieces
from networks import small_bilstm, small_hybrid
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation import report
from ser.evaluation.pages import PAGE_FILE
from ser.evaluation.report import FullReport
from ser.models.manifest import CARD_FILE, MANIFEST
from ser.models.predictor import EmotionPredictor
from ser.training import card
from ser.training.families import bilstm, hybrid
from ser.training.families.bilstm import Bilstm, BilstmSettings
from ser.training.families.hybrid import Hybrid, HybridSettings
from ser.training.families.networks import Size
from ser.training.pipeline import train_model
from ser.training.preparation import own_recordings

TINY = HybridSettings(
    members=(Size(channels=8, kernel=1, lstm_units=8, hidden_units=8),), epochs=1, conditions=1
)


@pytest.fixture(scope="module", autouse=True)
def _small_networks() -> Iterator[None]:
    """What is tested here is what is said of a network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hybrid, "hybrid", small_hybrid)
        patch.setattr(bilstm, "bilstm", small_bilstm)
        yield


def train(root: Path, data: Path, name: str) -> FullReport:
    return train_model(
        Hybrid(TINY),
        corpus="folder",
        data=data,
        directory=root / "model" / name,
        noise=root / "noise",
        random_split=True,
        command="ser train",
        cache=root / "cache",
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings, noise, and the model `mine` of them."""
    root = tmp_path_factory.mktemp("own")
    pieces(root / "data")
    (root / "noise").mkdir()
    (root / "noise" / "LICENSE.txt").write_text("no sound")
    shutil.copy(CLIPS[0].path, root / "noise")
    train(root, root / "data", "mine")
    return root


@pytest.fixture(scope="module")
def mine(root: Path) -> EmotionPredictor:
    return EmotionPredictor.load(root / "model" / "mine")


def own(data: Path) -> list[Clip]:
    return own_recordings(data).clips


def one_each(data: Path) -> list[Clip]:
    """A clip of each speaker."""
    return list({clip.speaker: clip for clip in own(data)}.values())


def test_the_card_speaks_of_these_recordings(root: Path) -> None:
    text = (root / "model" / "mine" / CARD_FILE).read_text()
    assert "It was trained on 48 clips of 12 speakers in 4 emotions, and on nothing else" in text
    assert "speech like its recordings" in text
    command = "ser evaluate --model model/mine --corpus folder --data PATH_OF_THE_RECORDINGS "
    assert f"{command}--noise PATH_OF_THE_NOISES --split dev" in text
    assert "Nothing was chosen on the `dev` speakers" in text
    for foreign in (
        "actors",
        "CREMA-D",
        "cremad",
        "too high",
        "neutral clips as baseline",
        "# Targets",
    ):
        assert foreign not in text, foreign


def test_a_random_split_is_measured_and_shown(root: Path, mine: EmotionPredictor) -> None:
    found = mine.manifest.metrics["random_split"]
    assert found["clips"] == mine.manifest.metrics["dev"]["clips"]
    for file in (CARD_FILE, PAGE_FILE):
        assert (
            f"UAR {found['uar']:.3f} with clips, not speakers, split"
            in (root / "model" / "mine" / file).read_text()
        )
    # It says nothing beside figures of other speakers.
    all_speakers = report.evaluate_model(mine, one_each(root / "data"), corpus="folder")
    assert all_speakers.random_split is None


def test_training_goes_on_from_all_its_checkpoints(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hybrid, "_train_member", lambda *_: pytest.fail("trained again"))
    train(root, root / "data", "again")
    manifests = [json.loads((root / "model" / name / MANIFEST).read_text()) for name in ("mine", "again")]
    one, other = (manifest["metrics"] for manifest in manifests)
    assert one["random_split"] == other["random_split"]
    assert one["calibrate"] == other["calibrate"]
    assert {"coverage", "accuracy", "accuracy_of_all"} == set(one["calibrate"]["abstaining"])


def test_its_own_recordings_are_known_again_under_other_names(
    root: Path, mine: EmotionPredictor, tmp_path: Path
) -> None:
    trained_on = set(mine.manifest.split["fit"])
    clips = one_each(root / "data")
    found = report.evaluate_model(mine, clips, corpus="folder")
    assert set(found.trained_on) == trained_on
    for number, clip in enumerate(clips):
        place = tmp_path / clip.emotion / f"{clip.speaker} alias"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip.path, place / f"take {number}.wav")
    found = report.evaluate_model(mine, own(tmp_path), corpus="folder")
    assert set(found.trained_on) == {f"{speaker} alias" for speaker in trained_on}


def test_other_recordings_of_speakers_of_the_same_names_are_not_taken_for_its_own(
    mine: EmotionPredictor, tmp_path: Path
) -> None:
    found = report.evaluate_model(mine, one_each(pieces(tmp_path, per_clip=3)), corpus="folder")
    assert set(found.speakers) >= set(mine.manifest.split["fit"])
    assert found.trained_on == []


def test_the_card_warns_of_a_split_by_clip(root: Path, tmp_path: Path) -> None:
    for clip in own(root / "data"):
        (tmp_path / "data" / clip.emotion).mkdir(parents=True, exist_ok=True)
        shutil.copy(clip.path, tmp_path / "data" / clip.emotion / f"{clip.speaker} {clip.path.name}")
    with pytest.raises(CorpusError, match="at random already"):
        train(root, tmp_path / "data", "by-clip")
    directory = tmp_path / "model" / "by-clip"
    train_model(
        Bilstm(BilstmSettings(epochs=1)), corpus="folder", data=tmp_path / "data", directory=directory
    )
    text = (directory / CARD_FILE).read_text()
    assert "**The figures are too high**" in text
    assert "none of whom" not in text
    assert "training speakers" not in text
    predictor = EmotionPredictor.load(directory)
    dev = [clip for clip in own(tmp_path / "data") if clip.speaker in predictor.manifest.split["dev"]]
    found = report.evaluate_model(predictor, dev, corpus="folder", split="dev")
    whose = f"{len(dev)} dev clips of own recordings, **{found.unseen}**"
    assert whose in report.page(found)
    assert whose in text
    manifest = predictor.manifest
    of_hybrid = manifest.model_copy(
        update={
            "split": {"by": "clip", "fit": ["a"], "calibrate": ["b"], "dev": ["c"]},
            "metrics": {
                "dev": found.as_dict(),
                "calibrate": {"clips": 1, "uar": {"none": 0.5, "neutral": 0.6, "own": 0.7}},
            },
        }
    )
    assert "UAR 0.5000 with nothing known of the speaker.\n" in card.render(of_hybrid)
