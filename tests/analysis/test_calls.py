from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import CLIPS, MODEL, SEX, VOICE, sound_file
from ser.analysis import progress, timeline
from ser.analysis.calls import VoicesBy
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Channels, Waveform
from ser.errors import BadBaseline, InvalidRequest, NotStereo, TooLong
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from ser.speech import leakage

RNG = np.random.default_rng(0)
WOMEN = [clip for clip in CLIPS if SEX[clip.speaker] == "Female"]
MEN = [clip for clip in CLIPS if SEX[clip.speaker] == "Male"]


def lines(
    y: Waveform | Channels, predictor: EmotionPredictor, by: VoicesBy | None, **kind: Any
) -> list[dict[str, Any]]:
    content = io.BytesIO(sound_file(y.T, subtype="FLOAT"))
    with AudioStream(content, max_duration_s=kind.pop("max_duration_s", 4000)) as stream:
        found = timeline.analyze(stream, predictor, voices_by=by, **kind)
        return [line.as_dict() for line in found]


def result(y: Waveform | Channels, predictor: EmotionPredictor, by: VoicesBy | None, **kind: Any) -> Any:
    return lines(y, predictor, by, **kind)[-1]


def silence(seconds: float) -> Waveform:
    return (1e-4 * RNG.standard_normal(int(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


def in_turns() -> Channels:
    """Women speak in the first channel, men in the second; never two at once."""
    parts: list[Channels] = []
    for woman, man in zip(WOMEN[:5], MEN[:5], strict=True):
        for channel, clip in enumerate((woman, man)):
            y = decode(clip.path)
            y = np.concatenate([y / np.abs(y).max() * np.float32(0.5), silence(0.6)])
            both = np.stack([silence(len(y) / SAMPLE_RATE_HZ)[: len(y)] for _ in range(2)])
            both[channel] += y
            parts.append(both)
    return np.concatenate(parts, axis=1)


def without_pauses(y: Waveform) -> Waveform:
    """A clip from its first loud sample to its last one."""
    loud = np.flatnonzero(np.abs(y) > 0.08 * np.abs(y).max())
    return (y / np.abs(y).max() * np.float32(0.5))[loud[0] : loud[-1]]


@pytest.fixture(scope="module")
def call() -> Channels:
    return in_turns()


@pytest.fixture(scope="module")
def split(call: Channels, predictor: EmotionPredictor) -> list[dict[str, Any]]:
    return lines(call, predictor, "channel", peaks=True)


@pytest.fixture(scope="module")
def apart(call: Channels, predictor: EmotionPredictor) -> list[dict[str, Any]]:
    return lines(call.sum(axis=0), predictor, "speaker", peaks=True)


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_is_analysed_as_a_file_of_its_own(
    channel: int, call: Channels, predictor: EmotionPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # But for where the detector finds the edges of speech: it gets some of the other channel, too.
    monkeypatch.setattr(leakage, "ADDED_DB", -200.0)
    split = lines(call, predictor, "channel")
    alone = result(call[channel], predictor, None)
    own = [window for window in split[-1]["windows"] if window["voice"] == channel + 1]
    assert len(own) == len(alone["windows"]) > 4
    for window, same in zip(own, alone["windows"], strict=True):
        assert (window["start_s"], window["end_s"]) == (same["start_s"], same["end_s"])
        assert window["probabilities"] == pytest.approx(same["probabilities"], abs=0.02)
    voice = split[-1]["voices"][channel]
    assert (voice["id"], voice["channel"]) == (channel + 1, channel + 1)
    for field in ("emotion", "baseline", "speech_s", "distribution", "low_information"):
        assert voice[field] == alone[field]
    assert len(voice["segments"]) == len(alone["segments"])


@pytest.mark.parametrize("kind", ["split", "apart"])
def test_the_numbers_add_up(kind: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(kind)[-1]
    voices = found["voices"]
    assert [voice["id"] for voice in voices] == [1, 2]
    assert found["speech_s"] == pytest.approx(sum(voice["speech_s"] for voice in voices), abs=0.01)
    for emotion, seconds in found["distribution"].items():
        assert seconds == pytest.approx(sum(v["distribution"][emotion] for v in voices), abs=0.01)
    for voice in voices:
        own = [segment for segment in found["segments"] if segment["voice"] == voice["id"]]
        assert voice["segments"] == [{k: v for k, v in each.items() if k != "voice"} for each in own]
        assert voice["speech_s"] == pytest.approx(
            sum(segment["end_s"] - segment["start_s"] for segment in own), abs=0.01
        )
        assert voice["confidence"] == pytest.approx(
            max(voice["distribution"].values()) / voice["speech_s"], abs=1e-3
        )
        at_s = 0.0
        for segment in own:
            assert at_s <= segment["start_s"] < segment["end_s"]
            at_s = segment["end_s"]
    assert found["segments"] == sorted(found["segments"], key=lambda each: each["start_s"])
    # Nobody speaks while the other does.
    assert found["speech_s"] + found["silence_s"] == pytest.approx(found["duration_s"], abs=1.0)


@pytest.mark.parametrize("kind", ["split", "apart"])
def test_lines_say_whose_they_are(kind: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(kind)
    kinds = [line["type"] for line in found]
    assert (kinds[0], kinds[-1]) == ("start", "result")
    assert kinds.index("peaks") < kinds.index("voices") < kinds.index("window")
    assert set(kinds) == {"start", "progress", "peaks", "voices", "window", "result"}
    assert (found[0]["passes"], found[0]["baseline"]) == (2, "recording")
    announced = found[kinds.index("voices")]["voices"]
    assert [(voice["id"], voice["channel"], voice["baseline"]) for voice in announced] == [
        (voice["id"], voice["channel"], voice["baseline"]) for voice in found[-1]["voices"]
    ]
    progress = [(line["pass"], line["done_s"]) for line in found if line["type"] == "progress"]
    assert progress == sorted(progress)
    windows = [line for line in found if line["type"] == "window"]
    assert {window["voice"] for window in windows} == {1, 2}
    sent = [{k: v for k, v in window.items() if k != "type"} for window in windows]
    in_order = sorted(sent, key=lambda window: (window["start_s"], window["end_s"]))
    assert in_order == found[-1]["windows"]
    at_once = max(b["start_s"] - a["start_s"] for a, b in zip(in_order, sent, strict=True))
    assert at_once < 10


def test_progress_goes_on_while_both_speak(
    predictor: EmotionPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PROGRESS_EVERY_S", 0.0)
    sentences = [without_pauses(decode(clip.path)) for clip in CLIPS]
    spoken = np.concatenate(sentences)
    now_and_then = [part for y in sentences[:5] for part in (silence(1), y)]
    both = np.stack([spoken, np.resize(np.concatenate(now_and_then), spoken.shape)])
    found = lines(both, predictor, "channel")
    done = [(line["pass"], line["done_s"]) for line in found if line["type"] == "progress"]
    assert len(done) > 10
    assert done == sorted(done)


def test_a_woman_and_a_man_are_told_apart(predictor: EmotionPredictor) -> None:
    parts: list[Waveform] = []
    spans: list[tuple[float, float, int]] = []
    for _ in range(3):
        for who, clip in enumerate((WOMEN[0], MEN[0])):
            start_s = sum(map(len, parts)) / SAMPLE_RATE_HZ
            parts += [decode(clip.path), silence(0.3)]
            spans.append((start_s, start_s + len(parts[-2]) / SAMPLE_RATE_HZ, who + 1))
    found = result(np.concatenate(parts), predictor, "speaker")
    seconds = {True: 0.0, False: 0.0}
    for segment in found["segments"]:
        for start_s, end_s, who in spans:
            shared_s = max(0.0, min(end_s, segment["end_s"]) - max(start_s, segment["start_s"]))
            seconds[segment["voice"] == who] += shared_s
    assert seconds[True] > 5 * seconds[False]


@pytest.mark.parametrize("by", ["channel", "speaker"])
def test_without_speech_voices_have_no_emotion(by: VoicesBy, predictor: EmotionPredictor) -> None:
    y = silence(10) if by == "speaker" else np.stack([silence(10), silence(10)])
    found = result(y, predictor, by)
    assert (found["emotion"], found["speech_s"], found["segments"]) == (None, 0, [])
    for voice in found["voices"]:
        assert (voice["emotion"], voice["confidence"], voice["speech_s"]) == (None, None, 0)
        assert voice["baseline"] == "none"
        assert voice["low_information"]
        assert voice["segments"] == []
        assert set(voice["distribution"].values()) == {0}


@pytest.mark.parametrize("leaked", [0.0, 0.05])
def test_a_channel_in_which_nobody_speaks_has_no_speech(
    leaked: float, call: Channels, predictor: EmotionPredictor
) -> None:
    noise = silence(call.shape[1] / SAMPLE_RATE_HZ)
    found = result(np.stack([call[0], np.roll(leaked * call[0], 800) + noise]), predictor, "channel")
    assert not found["same_channels"]
    assert found["voices"][0]["emotion"]
    assert found["voices"][1]["emotion"] is None
    assert {segment["voice"] for segment in found["segments"]} == {1}


@pytest.mark.parametrize("gains", [(1.0, 1.0), (1.0, 0.1), (0.1, 1.0), (1.0, -1.0)])
def test_a_mono_recording_in_a_stereo_file_is_one_voice(
    gains: tuple[float, float], call: Channels, predictor: EmotionPredictor
) -> None:
    found = lines(np.stack([gain * call[0] for gain in gains]), predictor, "channel", peaks=True)
    assert found[-1]["same_channels"] is True
    (voice,) = found[-1]["voices"]
    assert (voice["id"], voice["channel"]) == (1, None)
    assert voice["emotion"] == result(call[0], predictor, None)["emotion"]


@pytest.mark.parametrize("count", [1, 3])
def test_only_a_stereo_recording_can_be_split(count: int, predictor: EmotionPredictor) -> None:
    with pytest.raises(NotStereo):
        lines(np.stack([silence(2)] * count), predictor, "channel")


@pytest.mark.parametrize("by", ["channel", "speaker"])
def test_a_baseline_of_one_speaker_is_refused(
    by: VoicesBy, call: Channels, predictor: EmotionPredictor
) -> None:
    ordinary = Baseline.of(predictor.speech_features(decode(CLIPS[0].path)))
    with pytest.raises(BadBaseline, match="one speaker"):
        lines(call, predictor, by, baseline=ordinary)


def test_each_voice_may_go_without_a_baseline(call: Channels, predictor: EmotionPredictor) -> None:
    found = lines(call, predictor, "channel", baseline=None)
    assert (found[0]["baseline"], found[-1]["baseline"]) == ("none", "none")
    assert {voice["baseline"] for voice in found[-1]["voices"]} == {"none"}


def test_a_voice_with_one_sentence_is_not_its_own_baseline(
    call: Channels, predictor: EmotionPredictor
) -> None:
    short = call.copy()
    short[1, 10 * SAMPLE_RATE_HZ :] = silence(short.shape[1] / SAMPLE_RATE_HZ - 10)[
        : short.shape[1] - 160_000
    ]
    found = result(short, predictor, "channel")
    assert [voice["baseline"] for voice in found["voices"]] == ["recording", "none"]
    assert found["baseline"] == "recording"


def test_a_prior_weighs_every_voice(call: Channels, predictor: EmotionPredictor) -> None:
    plain = result(call, predictor, "channel")
    weighed = result(call, predictor.with_prior("Sad=20"), "channel")
    for voice, other in zip(plain["voices"], weighed["voices"], strict=True):
        assert other["probabilities"]["Sad"] > voice["probabilities"]["Sad"]


@pytest.mark.parametrize(("by", "labels"), [("channel", ["Female", "Male"]), ("speaker", None)])
def test_each_voice_sounds_female_or_male(
    by: VoicesBy, labels: list[str] | None, call: Channels, predictor: EmotionPredictor
) -> None:
    y = call if by == "channel" else call.sum(axis=0)
    found = result(y, predictor, by, voice=EmotionPredictor.load(VOICE))
    assert "voice_gender" not in found
    answers = [voice["voice_gender"] for voice in found["voices"]]
    assert all(answer["confidence"] > 0.5 for answer in answers)
    if labels:
        assert [answer["label"] for answer in answers] == labels


def test_a_second_model_of_other_features_answers_too(call: Channels, predictor: EmotionPredictor) -> None:
    # Reads frames without pitch.
    other = EmotionPredictor.load(MODEL.with_name("bilstm-cremad"))
    found = result(call, other, "channel", voice=predictor)
    assert all(voice["voice_gender"]["label"] for voice in found["voices"])
    assert found["model"] == "bilstm-cremad"


def clip_model() -> Path:
    return next(
        path
        for path in sorted(MODEL.parent.iterdir())
        if (path / "model.json").is_file() and '"clip-' in (path / "model.json").read_text()
    )


def test_a_model_of_whole_clips_cannot_be_used(call: Channels) -> None:
    with pytest.raises(InvalidRequest, match="whole clips"):
        lines(call, EmotionPredictor.load(clip_model()), "channel")


def test_the_limits_are_those_of_every_recording(call: Channels, predictor: EmotionPredictor) -> None:
    with pytest.raises(TooLong):
        lines(call, predictor, "channel", max_duration_s=5)


def test_closing_it_ends_the_work(call: Channels, predictor: EmotionPredictor) -> None:
    with AudioStream(io.BytesIO(sound_file(np.tile(call, 4).T)), max_duration_s=4000) as stream:
        found = timeline.analyze(stream, predictor, voices_by="channel")
        next(found)
        next(found)
        found.close()
        assert 0 < stream.decoded_s < 4 * call.shape[1] / SAMPLE_RATE_HZ


@pytest.mark.parametrize(("kind", "channels"), [("split", 2), ("apart", 0)])
def test_peaks_of_a_call(kind: str, channels: int, request: pytest.FixtureRequest) -> None:
    *_, found = request.getfixturevalue(kind)
    (line,) = (each for each in request.getfixturevalue(kind) if each["type"] == "peaks")
    assert line["duration_s"] == found["duration_s"]
    assert line["peaks"] == found["peaks"]
    assert len(found["peaks"]) == 2000
    assert 100 < max(found["peaks"]) <= 255
    assert len(found.get("channel_peaks", [])) == channels
    if channels:
        assert found["peaks"] == [max(pair) for pair in zip(*found["channel_peaks"], strict=True)]


@pytest.mark.parametrize("baseline", ["recording", None])
def test_peaks_of_a_recording_of_one_voice(
    baseline: Any, call: Channels, predictor: EmotionPredictor
) -> None:
    found = lines(call.sum(axis=0), predictor, None, baseline=baseline, peaks=True)
    plain = lines(call.sum(axis=0), predictor, None, baseline=baseline)
    kinds = [line["type"] for line in found if line["type"] not in ("progress", "window")]
    assert kinds == ["start", "peaks", "result"]
    assert "peaks" not in {line["type"] for line in plain}
    assert found[-1].pop("peaks")
    found[-1].pop("timestamp"), plain[-1].pop("timestamp")
    assert found[-1] == plain[-1]
