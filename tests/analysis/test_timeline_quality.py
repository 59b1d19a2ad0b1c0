"""Long recordings of real clips, with pauses and noise between: what a timeline must get right.

`benchmarks/long_audio.py` does the same with a whole corpus and recorded noise.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.signal import lfilter

from clips import CLIPS, sound_file
from recordings import Recording, Score, join, score, spoken
from ser.analysis import timeline
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.models.predictor import EmotionPredictor

pytestmark = pytest.mark.slow


def noises(rng: np.random.Generator) -> list[Waveform]:
    """Return what may be between two sentences: hiss, rumble, hum, steps."""
    white = rng.standard_normal(20 * SAMPLE_RATE_HZ)
    rumble = lfilter([1], [1, -0.99], white)
    t = np.arange(len(white)) / SAMPLE_RATE_HZ
    hum = sum(np.sin(2 * np.pi * 50 * n * t) / n for n in (1, 2, 3, 5))
    steps = white * np.exp(-12 * (t % 0.7))
    return [each.astype(np.float32) for each in (white, rumble, hum, steps)]


@pytest.fixture(scope="module")
def recording() -> Recording:
    """All clips three times in another order."""
    rng = np.random.default_rng(0)
    clips = [CLIPS[i] for _ in range(3) for i in rng.permutation(len(CLIPS))]
    return join(clips, rng, noises=noises(rng))


def scored(recording: Recording, predictor: EmotionPredictor) -> Score:
    content = io.BytesIO(sound_file(recording.y))
    with AudioStream(content, max_duration_s=1000) as stream:
        *_, result = timeline.analyze(stream, predictor)
    return score(result.body(), recording)


@pytest.fixture(scope="module")
def found(recording: Recording, predictor: EmotionPredictor) -> Score:
    return scored(recording, predictor)


def test_speech_is_found_and_silence_is_not(found: Score) -> None:
    assert found.speech_found >= 0.9
    assert found.silence_called_speech <= 0.05


def test_emotions_are_as_accurate_as_in_single_clips(found: Score, predictor: EmotionPredictor) -> None:
    right = [predictor.predict(clip.path).emotion == clip.emotion for clip in CLIPS]
    # Seconds are compared with seconds: a long clip counts for more in both.
    samples = [np.ptp(spoken(decode(clip.path))) for clip in CLIPS]
    assert found.agreement >= np.average(right, weights=samples) - 0.05


def test_the_error_rate_is_its_parts(found: Score) -> None:
    assert found.eder == pytest.approx(found.missed + found.false_alarm + found.confusion)
    assert found.missed == pytest.approx(1 - found.speech_found)
    assert found.eder < 0.6


@pytest.mark.parametrize("gain_db", [-20, -35])
def test_a_quiet_recording_is_no_worse(
    gain_db: int, recording: Recording, found: Score, predictor: EmotionPredictor
) -> None:
    quiet = scored(Recording(recording.y * np.float32(10 ** (gain_db / 20)), recording.turns), predictor)
    assert quiet.speech_found >= found.speech_found - 0.05
    assert quiet.silence_called_speech <= 0.05


def test_the_score_knows_right_from_wrong(recording: Recording) -> None:
    emotions = sorted({turn.emotion for turn in recording.turns})
    perfect = {
        "distribution": dict.fromkeys(emotions, 0.0),
        "segments": [vars(turn) for turn in recording.turns],
    }
    assert score(perfect, recording) == Score(1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    wrong = [vars(turn) | {"emotion": "Sad"} for turn in recording.turns]
    sad_s = sum(turn.end_s - turn.start_s for turn in recording.turns if turn.emotion == "Sad")
    all_s = sum(turn.end_s - turn.start_s for turn in recording.turns)
    assert score(perfect | {"segments": wrong}, recording).confusion == pytest.approx(
        1 - sad_s / all_s, abs=0.01
    )
    everything = [{"start_s": 0.0, "end_s": recording.duration_s, "emotion": "Sad"}]
    assert score(perfect | {"segments": everything}, recording).silence_called_speech == 1
    assert score(perfect | {"segments": []}, recording).eder == 1
