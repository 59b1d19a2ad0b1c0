"""Training of voices instead of emotions: the labels, the report and the card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from clips import CLIPS, DATA, SEX, pieces
from ser import corpora
from ser.cli.main import main
from ser.corpora import splits
from ser.errors import CorpusError
from ser.evaluation import evaluator
from ser.evaluation.degradations import DEGRADATIONS
from ser.evaluation.pages import PAGE_FILE
from ser.evaluation.report import FullReport
from ser.models.manifest import CARD_FILE, VOICE_GENDER
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training.families.crops import CropSettings
from ser.training.families.voice_gender import VoiceGender
from ser.training.pipeline import train_model
from ser.training.preparation import prepare

pytestmark = pytest.mark.slow

SETTINGS = CropSettings(epochs=8, batch_size=12, learning_rate=3e-3)


@pytest.fixture(scope="module", autouse=True)
def _one_degradation() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluator, "DEGRADATIONS", {"opus_24k": DEGRADATIONS["opus_24k"]})
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real clips under borrowed names, and a table of the sex that is heard in them."""
    folder = tmp_path_factory.mktemp("corpus")
    people = ["ActorID,Age,Sex,Race,Ethnicity"]
    split = splits.standard_split("cremad")
    borrowed = [*sorted(split["train"])[:12], *sorted(set(split["dev"]) - set(SEX))[:6]]
    for number, speaker in enumerate(borrowed):
        clip = CLIPS[number % len(CLIPS)]
        people.append(f"{speaker},30,{SEX[clip.speaker]},Unknown,")
        (folder / f"{speaker}_DFA_ANG_XX.webm").symlink_to(clip.path)
    people += [f"{speaker},30,{sex},Unknown," for speaker, sex in SEX.items()]
    (folder / "VideoDemographics.csv").write_text("\n".join(people))
    return folder


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FullReport]:
    """A model that was trained on these clips, and the report on its `dev` speakers."""
    directory = tmp_path_factory.mktemp("models") / "voice-gender"
    found = train_model(
        VoiceGender(SETTINGS),
        corpus="cremad",
        data=corpus,
        directory=directory,
        examples=DATA,
        command="ser train --family voice-gender",
    )
    return directory, found


def test_the_speakers_sex_is_the_label(trained: tuple[Path, FullReport]) -> None:
    directory, found = trained
    manifest = ModelDirectory(directory).manifest
    assert (manifest.task, manifest.labels) == (VOICE_GENDER, ["Female", "Male"])
    assert manifest.description == "Female and male voices, trained on CREMA-D"
    assert manifest.scaling is None
    assert set(found.per_class) == {"Female", "Male"}
    assert found.clips == 6
    assert found.left_out == {}
    # It was trained on these very clips, under other names.
    assert found.uar == 1
    # In `tests/data` there is no table of the actors.
    assert {name: row["intended"] for name, row in manifest.metrics["examples"].items()} == {
        clip.path.stem: SEX[clip.speaker] for clip in CLIPS
    }
    predictor = EmotionPredictor.load(directory)
    assert all(predictor.predict(clip.path).emotion == SEX[clip.speaker] for clip in CLIPS)


def test_report_and_card_speak_of_voices(trained: tuple[Path, FullReport]) -> None:
    directory, _ = trained
    card, page = ((directory / name).read_text() for name in (CARD_FILE, PAGE_FILE))
    assert "- Voices: Female, Male" in card
    assert "12 of 12 as recorded" in card
    assert "biometric categorisation" in card
    assert "By voice" in card
    assert "It takes no baseline." in card
    assert "| voice | precision |" in page
    # The corpus is described by its emotions; nothing else is.
    own_words = card.partition("## What it was trained on")[0] + page
    assert not re.search("emotion|Without a baseline|Baselines are drawn", own_words, re.IGNORECASE)


def test_it_can_be_measured_again(trained: tuple[Path, FullReport], corpus: Path, tmp_path: Path) -> None:
    directory, found = trained
    arguments = ["evaluate", "--model", directory, "--corpus", "cremad", "--data", corpus, "--out", tmp_path]
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    again = FullReport.model_validate_json((tmp_path / "report.json").read_bytes())
    assert (again.task, again.clips, again.uar) == (VOICE_GENDER, found.clips, found.uar)


def test_ordinary_speech_says_nothing_of_its_speakers(
    trained: tuple[Path, FullReport], tmp_path: Path
) -> None:
    path = tmp_path / "arabic" / "21" / "up.webm"
    path.parent.mkdir(parents=True)
    path.symlink_to(CLIPS[0].path)
    arguments = ["evaluate", "--model", trained[0], "--corpus", "ordinary", "--data", tmp_path]
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 2
    assert "does not say who speaks with which voice" in " ".join(result.stderr.split())


def test_a_corpus_without_its_table_is_refused_at_once() -> None:
    with pytest.raises(CorpusError, match="does not say who speaks with which voice"):
        prepare("cremad", DATA, emotions=VoiceGender.emotions, task=VOICE_GENDER)
    assert len(corpora.load("cremad", DATA)) == len(CLIPS)


def test_ones_own_recordings_are_labelled_by_voice(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="must be Female, Male; yours are Angry, Disgust, Happy, Sad"):
        prepare("folder", pieces(tmp_path), emotions=VoiceGender.emotions, task=VOICE_GENDER)
