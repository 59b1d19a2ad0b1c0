from __future__ import annotations

from collections.abc import Iterator

import pytest

from clips import CLIPS
from ser import stages
from ser.analysis.timeline import analyze
from ser.audio.stream import AudioStream
from ser.models.predictor import EmotionPredictor
from ser.stages import STAGES, Stage, stage


class Noted:
    def __init__(self) -> None:
        self.ended: list[tuple[Stage, float]] = []
        self.audio_s = 0.0

    def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:
        self.ended.append((name, seconds))

    def audio_decoded(self, seconds: float) -> None:
        self.audio_s += seconds


@pytest.fixture
def noted() -> Iterator[Noted]:
    observer = Noted()
    stages.subscribe(observer)
    # Twice is once.
    stages.subscribe(observer)
    yield observer
    stages.unsubscribe(observer)


def test_each_stage_of_a_clip_is_told_once(predictor: EmotionPredictor, noted: Noted) -> None:
    predictor.predict(CLIPS[0].path)
    assert sorted(name for name, _ in noted.ended) == sorted(STAGES)
    assert all(seconds > 0 for _, seconds in noted.ended)
    assert noted.audio_s == pytest.approx(2.43575)


def test_the_stages_of_a_recording_are_told(predictor: EmotionPredictor, noted: Noted) -> None:
    with AudioStream(CLIPS[0].path, max_duration_s=60) as recording:
        for _ in analyze(recording, predictor):
            pass
    assert {name for name, _ in noted.ended} == set(STAGES)
    assert noted.audio_s == pytest.approx(2.43575)


def test_a_stage_that_fails_is_told_too(noted: Noted) -> None:
    with pytest.raises(ZeroDivisionError), stage("network"):
        1 / 0  # noqa: B018
    assert [name for name, _ in noted.ended] == ["network"]


def test_warming_up_is_no_stage(predictor: EmotionPredictor, noted: Noted) -> None:
    predictor.warm_up()
    assert noted.ended == []


def test_nobody_need_listen(predictor: EmotionPredictor, noted: Noted) -> None:
    stages.unsubscribe(noted)
    predictor.predict(CLIPS[0].path)
    assert noted.ended == []
