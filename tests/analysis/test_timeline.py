from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import CLIPS, MODEL, PUBLISHED, sound_file
from recordings import spoken
from ser.analysis import progress, timeline
from ser.analysis.cutter import HOP_S, WINDOW_S
from ser.analysis.events import Window
from ser.analysis.timeline import MAX_AT_ONCE
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import BadBaseline, Busy, TooLong
from ser.features.registry import Frames
from ser.models.aggregate import vote
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from ser.models.quantized import QuantizedFrames

RNG = np.random.default_rng(0)


def lines(
    y: Waveform, predictor: EmotionPredictor, *, max_duration_s: float = 4000, **kind: Any
) -> list[dict[str, Any]]:
    content = io.BytesIO(sound_file(y, subtype="FLOAT"))
    with AudioStream(content, max_duration_s=max_duration_s) as stream:
        return [line.as_dict() for line in timeline.analyze(stream, predictor, **kind)]


def result(y: Waveform, predictor: EmotionPredictor, **kind: Any) -> dict[str, Any]:
    return lines(y, predictor, **kind)[-1]


def silence(seconds: float) -> Waveform:
    return (1e-4 * RNG.standard_normal(int(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


@pytest.fixture(scope="module")
def talk() -> Waveform:
    """Twelve clips with pauses between, but the last four without."""
    parts = [part for clip in CLIPS[:8] for part in (decode(clip.path), silence(1.5))]
    return np.concatenate([silence(2), *parts, *(decode(clip.path)[3_000:-8_000] for clip in CLIPS[8:])])


@pytest.fixture(scope="module")
def monologue() -> Waveform:
    """Half a minute of speech with hardly a pause."""
    clips = [decode(clip.path) for clip in CLIPS]
    spans = [y[slice(*spoken(y))] for y in clips]
    return np.concatenate([silence(1), *(y / np.abs(y).max() * 0.5 for y in spans), silence(1)])


@pytest.fixture(scope="module")
def analysis(talk: Waveform, predictor: EmotionPredictor) -> dict[str, Any]:
    return result(talk, predictor)


def test_the_numbers_add_up(analysis: dict[str, Any], talk: Waveform) -> None:
    segments = analysis["segments"]
    lengths = [segment["end_s"] - segment["start_s"] for segment in segments]
    assert analysis["duration_s"] == pytest.approx(len(talk) / SAMPLE_RATE_HZ, abs=1e-3)
    assert analysis["speech_s"] == pytest.approx(sum(lengths), abs=0.01)
    assert analysis["speech_s"] + analysis["silence_s"] == pytest.approx(analysis["duration_s"], abs=0.01)
    assert sum(analysis["distribution"].values()) == pytest.approx(analysis["speech_s"], abs=0.01)
    for emotion, seconds in analysis["distribution"].items():
        own = [length for length, s in zip(lengths, segments, strict=True) if s["emotion"] == emotion]
        assert seconds == pytest.approx(sum(own), abs=0.01)


def test_segments_are_in_order_and_do_not_overlap(analysis: dict[str, Any]) -> None:
    at_s = 0.0
    for segment in analysis["segments"]:
        assert at_s <= segment["start_s"] < segment["end_s"]
        at_s = segment["end_s"]
        assert segment["probabilities"][segment["emotion"]] == segment["confidence"]
        assert sum(segment["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert at_s <= analysis["duration_s"]


def test_emotion_confidence_and_distribution_agree(analysis: dict[str, Any]) -> None:
    distribution = analysis["distribution"]
    assert distribution[analysis["emotion"]] == max(distribution.values())
    assert analysis["confidence"] == pytest.approx(
        max(distribution.values()) / analysis["speech_s"], abs=1e-3
    )


def test_the_vote_of_the_windows_stands_beside_it(analysis: dict[str, Any]) -> None:
    windows = np.array([list(window["probabilities"].values()) for window in analysis["windows"]])
    winner, share, _ = vote(windows)
    assert analysis["window_vote"] == {
        "emotion": list(analysis["probabilities"])[winner],
        "share": pytest.approx(share, abs=1e-4),
    }
    assert list(analysis["probabilities"].values()) == pytest.approx(windows.mean(axis=0), abs=1e-3)


@pytest.mark.parametrize("own", [True, False])
def test_windows_cover_speech_without_a_pause_every_second(
    own: bool, monologue: Waveform, predictor: EmotionPredictor
) -> None:
    found = result(monologue, predictor, baseline="recording" if own else None)
    stretches: list[list[float]] = []
    for segment in found["segments"]:
        if stretches and stretches[-1][1] == segment["start_s"]:
            stretches[-1][1] = segment["end_s"]
        else:
            stretches.append([segment["start_s"], segment["end_s"]])
    assert max(end_s - start_s for start_s, end_s in stretches) > 12
    for start_s, end_s in stretches:
        inside = [
            w for w in found["windows"] if start_s <= w["start_s"] + 1e-3 and w["end_s"] <= end_s + 1e-3
        ]
        assert inside[0]["start_s"] == start_s
        assert inside[-1]["end_s"] == end_s
        if end_s - start_s <= WINDOW_S:
            assert len(inside) == 1
            continue
        steps = np.diff([window["start_s"] for window in inside])
        assert steps[:-1] == pytest.approx(HOP_S)
        assert 0 < steps[-1] <= HOP_S + 1e-3
        assert [w["end_s"] - w["start_s"] for w in inside] == pytest.approx([WINDOW_S] * len(inside))


def test_lines_come_in_order(talk: Waveform, predictor: EmotionPredictor) -> None:
    found = lines(talk, predictor)
    kinds = [line["type"] for line in found]
    assert kinds[0] == "start"
    assert kinds[-1] == "result"
    assert set(kinds[1:-1]) == {"progress", "window"}
    assert found[0]["passes"] == 2
    assert found[0]["emotions"] == predictor.manifest.labels
    assert found[0]["duration_s"] == pytest.approx(len(talk) / SAMPLE_RATE_HZ, abs=0.1)
    progress = [(line["pass"], line["done_s"]) for line in found if line["type"] == "progress"]
    assert progress == sorted(progress)
    assert {number for number, _ in progress} == {1, 2}
    assert progress[-1] == (2, found[-2]["duration_s"])
    windows = [{k: v for k, v in line.items() if k != "type"} for line in found if line["type"] == "window"]
    assert windows == found[-1]["windows"]


def test_one_pass_gives_windows_while_the_recording_is_decoded(
    talk: Waveform, predictor: EmotionPredictor
) -> None:
    content = io.BytesIO(sound_file(np.tile(talk, 4)))
    with AudioStream(content, max_duration_s=4000) as stream:
        found = timeline.analyze(stream, predictor, baseline=None)
        assert next(found).passes == 1
        window = next(line for line in found if isinstance(line, Window))
        assert stream.decoded_s < 60
        assert window.end_s < 10
        found.close()


def test_each_baseline_gives_another_answer_and_says_which(
    talk: Waveform, predictor: EmotionPredictor
) -> None:
    frames = predictor.speech_features(decode(CLIPS[0].path))
    found = [result(talk, predictor, baseline=kind) for kind in ("recording", None, Baseline.of(frames))]
    assert [each["baseline"] for each in found] == ["recording", "none", "token"]
    assert len({str(each["windows"]) for each in found}) == 3
    assert len({str([w["start_s"] for w in each["windows"]]) for each in found}) == 1


@pytest.mark.parametrize("model", [PUBLISHED, MODEL])
@pytest.mark.parametrize("baseline", ["recording", None])
def test_a_second_model_answers_for_the_same_windows(
    baseline: Any, model: Path, talk: Waveform, predictor: EmotionPredictor
) -> None:
    # Any model will do: of the one, the features are others, and the other one's are shared.
    second = EmotionPredictor.load(model)
    found = result(talk, predictor, baseline=baseline, voice=second)["voice_gender"]
    alone = result(talk, second, baseline=None)
    rows = np.array([list(window["probabilities"].values()) for window in alone["windows"]])
    best = int(rows.mean(axis=0).argmax())
    assert found["label"] == list(alone["probabilities"])[best]
    assert found["confidence"] == pytest.approx(rows.mean(axis=0)[best], abs=1e-3)
    assert found["share"] == pytest.approx((rows.argmax(axis=1) == best).mean(), abs=1e-4)
    assert "voice_gender" not in alone


def test_a_single_sentence_is_not_its_own_baseline(predictor: EmotionPredictor) -> None:
    found = lines(decode(CLIPS[0].path), predictor)
    assert (found[0]["baseline"], found[-1]["baseline"]) == ("recording", "none")
    plain = result(decode(CLIPS[0].path), predictor, baseline=None)
    for window, same in zip(found[-1]["windows"], plain["windows"], strict=True):
        assert window["probabilities"] == pytest.approx(same["probabilities"], abs=0.02)


def test_frames_kept_for_the_second_pass_give_the_same_windows(
    talk: Waveform, predictor: EmotionPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = result(talk, predictor)

    class Exact:
        def __init__(self, frames: Frames) -> None:
            self._frames = frames

        def restored(self) -> Frames:
            return self._frames

    monkeypatch.setattr(QuantizedFrames, "of", Exact)
    exact = result(talk, predictor)
    for window, same in zip(kept["windows"], exact["windows"], strict=True):
        assert window["probabilities"] == pytest.approx(same["probabilities"], abs=0.02)


def test_a_model_without_baseline_uses_the_training_statistics(talk: Waveform) -> None:
    published = EmotionPredictor.load(PUBLISHED)
    published.manifest = published.manifest.model_copy(update={"scaling": None})
    found = result(talk[: 20 * SAMPLE_RATE_HZ], published)
    assert found["baseline"] == "none"
    assert found["windows"]
    ordinary = Baseline.of(np.zeros((1000, published.feature_set.width), np.float32))
    with pytest.raises(BadBaseline):
        result(talk[: 20 * SAMPLE_RATE_HZ], published, baseline=ordinary)


def other_sounds() -> Iterator[Any]:
    t = np.arange(20 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    chords = [sum(np.sin(2 * np.pi * f * 2 ** (n / 12) * t) for f in (262, 330, 392)) for n in (0, 5, 7, 0)]
    beat = np.exp(-8 * (t % 0.5))
    music = np.concatenate([part[i::4][: len(t) // 4] for i, part in enumerate(chords)]) * 0.1
    yield pytest.param(np.zeros(len(t)), id="digital silence")
    yield pytest.param(1e-3 * RNG.standard_normal(len(t)), id="hiss")
    yield pytest.param(0.3 * RNG.standard_normal(len(t)), id="loud noise")
    yield pytest.param(music, id="chords")
    yield pytest.param(0.3 * beat * RNG.standard_normal(len(t)), id="drums")


@pytest.mark.parametrize("y", list(other_sounds()))
def test_other_sounds_have_no_emotion(y: np.ndarray, predictor: EmotionPredictor) -> None:
    found = result(y.astype(np.float32), predictor)
    assert (found["emotion"], found["confidence"], found["probabilities"]) == (None, None, None)
    assert (found["mixed"], found["window_vote"]) == (False, None)
    assert found["segments"] == found["windows"] == []
    assert found["speech_s"] == 0
    assert found["silence_s"] == found["duration_s"] == pytest.approx(20, abs=0.01)
    assert set(found["distribution"].values()) == {0}


@pytest.mark.parametrize("gain_db", [-20, -40])
def test_speech_in_a_quiet_recording_is_found(
    gain_db: int, talk: Waveform, predictor: EmotionPredictor
) -> None:
    quiet = result(talk * np.float32(10 ** (gain_db / 20)), predictor)
    assert quiet["speech_s"] > 0.8 * result(talk, predictor)["speech_s"]


def test_a_quiet_speaker_after_a_loud_one_is_found(predictor: EmotionPredictor) -> None:
    loud, quiet = (decode(clip.path) for clip in (CLIPS[0], CLIPS[1]))
    loud = loud / np.abs(loud).max()
    y = np.concatenate([loud, silence(15), quiet * np.float32(0.03 / np.abs(quiet).max()), silence(1)])
    found = result(y.astype(np.float32), predictor)
    assert found["segments"][0]["start_s"] < 3
    assert found["segments"][-1]["start_s"] > 15


def test_very_many_short_bits_of_speech_stay_bounded(predictor: EmotionPredictor) -> None:
    # 0.2 s of a vowel every 0.8 s, for 4 minutes.
    vowel = decode(CLIPS[0].path)[20_000:23_200]
    bit = np.concatenate([vowel, np.zeros(9_600, np.float32)])
    found = result(np.tile(bit, 300), predictor)
    assert 200 < len(found["windows"]) <= 300
    assert len(found["segments"]) <= 300


def test_a_recording_that_is_too_long_is_refused(talk: Waveform, predictor: EmotionPredictor) -> None:
    with pytest.raises(TooLong):
        lines(talk, predictor, max_duration_s=20)


def test_closing_it_ends_the_work(
    talk: Waveform, predictor: EmotionPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A line for each block: a fast machine would have read most of it before the next line is due.
    monkeypatch.setattr(progress, "PROGRESS_EVERY_S", 0.0)
    content = io.BytesIO(sound_file(np.tile(talk, 6)))
    with AudioStream(content, max_duration_s=4000) as stream:
        found = timeline.analyze(stream, predictor)
        next(found)
        next(found)
        found.close()
        so_far = stream.decoded_s
    assert 0 < so_far < 4 * len(talk) / SAMPLE_RATE_HZ


def test_only_so_many_recordings_are_analysed_at_once() -> None:
    held = [timeline.slot() for _ in range(MAX_AT_ONCE)]
    for each in held:
        each.__enter__()
    with pytest.raises(Busy, match="4 recordings"), timeline.slot():
        pass
    for each in held:
        each.__exit__(None, None, None)
    with timeline.slot():
        pass
