"""The measure of emotions that are not there."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clips import CLIPS, MODEL, sound_file
from ser.cli.main import main
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation.ordinary import OrdinaryReport, as_text, evaluate_ordinary
from ser.models.predictor import EmotionPredictor

pytestmark = pytest.mark.slow

SIX = MODEL.with_name("cremad-6")


@pytest.fixture(scope="module")
def six() -> EmotionPredictor:
    return EmotionPredictor.load(SIX)


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """The shipped clips, as if three known speakers and one unknown just talked."""
    named = [Clip(clip.path, f"{number % 3}", "Neutral") for number, clip in enumerate(CLIPS[:9])]
    return [*named, *(Clip(clip.path, clip.path.stem, "Neutral", speaker_known=False) for clip in CLIPS[9:])]


@pytest.fixture(scope="module")
def report(six: EmotionPredictor, clips: list[Clip]) -> OrdinaryReport:
    return evaluate_ordinary(six, clips, corpus="ordinary")


def test_shares_are_those_of_the_answers(
    report: OrdinaryReport, six: EmotionPredictor, clips: list[Clip]
) -> None:
    answers = [six.predict(clip.path) for clip in clips]
    none = report.conditions[0]
    certain = [not answer.low_information for answer in answers]
    false = [sure and answer.emotion != "Neutral" for sure, answer in zip(certain, answers, strict=True)]
    assert none.false_emotion.value == pytest.approx(np.mean(false))
    assert none.uncertain.value == pytest.approx(1 - np.mean(certain))
    assert none.neutral is not None
    counts = Counter(answer.emotion for answer in answers)
    assert none.neutral.value == pytest.approx(counts["Neutral"] / len(clips))
    assert none.answers == pytest.approx({label: counts[label] / len(clips) for label in none.answers})
    assert none.false_emotion.low <= none.false_emotion.value <= none.false_emotion.high
    # These clips are acted, so most answers are false emotions: the measure can fail.
    assert none.false_emotion.value > 0.4


def test_confidence_is_compared_with_the_answer_neutral(
    report: OrdinaryReport, six: EmotionPredictor, clips: list[Clip]
) -> None:
    answers = [six.predict(clip.path) for clip in clips]
    gap = abs(
        np.mean([each.confidence for each in answers])
        - np.mean([each.emotion == "Neutral" for each in answers])
    )
    ece = report.conditions[0].ece
    assert ece is not None
    # The expected calibration error is at least the gap of the means.
    assert gap - 1e-9 <= ece <= 1


def test_only_known_speakers_get_a_baseline_of_their_other_clips(report: OrdinaryReport) -> None:
    none, own = report.conditions
    assert (none.name, own.name) == ("none", "own_12")
    assert none.speech_s == 0
    # Two other clips of each speaker.
    assert 3 < own.speech_s < 8
    assert report.speakers == 3


def test_a_model_without_neutral_should_be_uncertain(predictor: EmotionPredictor, clips: list[Clip]) -> None:
    none = evaluate_ordinary(predictor, clips[:4], corpus="ordinary").conditions[0]
    assert none.neutral is None
    assert none.ece is None
    assert none.false_emotion.value == pytest.approx(1 - none.uncertain.value)


def test_refused_clips_are_counted_apart(six: EmotionPredictor, clips: list[Clip], tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    silent.write_bytes(sound_file(np.zeros(16_000, np.float32)))
    report = evaluate_ordinary(six, [*clips[:3], Clip(silent, "9", "Neutral")], corpus="ordinary")
    assert (report.clips, report.refused) == (4, 1)
    assert sum(report.conditions[0].answers.values()) == pytest.approx(1)
    with pytest.raises(CorpusError, match="refused"):
        evaluate_ordinary(six, [Clip(silent, "9", "Neutral")], corpus="ordinary")


def test_the_table_is_for_people(report: OrdinaryReport) -> None:
    text = as_text(report)
    assert "12 clips of ordinary speech, of 3 speakers, 0 refused" in text
    assert "false emotion" in text
    assert "12 other clips of the speaker" in text


def test_the_command_prints_and_writes_it(tmp_path: Path) -> None:
    for number, clip in enumerate(CLIPS[:4]):
        folder = tmp_path / "data" / "arabic" / f"{21 + number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"word{number}.webm").symlink_to(clip.path)
    arguments = ["evaluate", "--corpus", "ordinary", "--data", tmp_path / "data", "--model", "cremad-6"]
    result = CliRunner().invoke(main, [str(each) for each in [*arguments, "--out", tmp_path / "out"]])
    assert result.exit_code == 0, result.output
    assert "4 clips of ordinary speech, of 2 speakers" in result.stdout
    # Of acted clips, most have an emotion.
    assert re.search(r"false emotion, nothing known.* at most 0\.10 .* NOT MET", result.stdout)
    assert re.search(r"Neutral, nothing known.* at least 0\.60 ", result.stdout)
    written = json.loads((tmp_path / "out" / "ordinary.json").read_text())
    assert [each["name"] for each in written["conditions"]] == ["none", "own_12"]
    assert (tmp_path / "out" / "ordinary.md").read_text().startswith("# cremad-6 on ordinary speech")
