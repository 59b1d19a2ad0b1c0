from __future__ import annotations

import tracemalloc
from copy import copy
from itertools import pairwise

import librosa
import numpy as np
import pytest

from clips import CLIPS
from recordings import spoken
from ser.analysis.events import LiveLine, Result, SpeechEnded, SpeechStarted
from ser.analysis.live import LEARNT_AT_ONCE_S, MAX_UTTERANCE_S, PREROLL_S, Session
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.errors import BadBaseline, BadFrame
from ser.features.registry import HOP_LENGTH
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from ser.speech.detector import CHUNK_LENGTH
from ser.speech.segmenter import LIVE_RULE

RNG = np.random.default_rng(0)
CHUNK_MS = 1000 * CHUNK_LENGTH / SAMPLE_RATE_HZ
END_S = LIVE_RULE.end * CHUNK_LENGTH / SAMPLE_RATE_HZ
T = np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def pause(seconds: float) -> Waveform:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)


def pcm(y: np.ndarray) -> bytes:
    return np.round(y * 32767).astype("<i2").tobytes()


def play(session: Session, y: np.ndarray, piece: int = 1_600) -> list[LiveLine]:
    """Play a waveform at 16 kHz in pieces, without the end."""
    content = pcm(y)
    return [e for i in range(0, len(content), 2 * piece) for e in session.feed(content[i : i + 2 * piece])]


def of_kind(events: list[LiveLine], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def conversation() -> Waveform:
    """Several clips, with a pause after each."""
    return np.concatenate([part for clip in CLIPS[:4] for part in (decode(clip.path), pause(1))])


def test_a_clip_has_one_utterance_with_results(clip: Clip, predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    events = play(session, np.concatenate([decode(clip.path), pause(1)]))
    assert session.finish() == []
    started, *results, ended = events
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert all(isinstance(result, Result) for result in results)
    # The first within 1 s, then every hop.
    assert results[0].end_ms - started.start_ms <= 1000
    for before, after in pairwise(results):
        assert after.end_ms - before.end_ms == pytest.approx(500, abs=CHUNK_MS)
    assert all(1000 <= result.end_ms - result.start_ms <= 3000 for result in results)
    assert started.start_ms == ended.start_ms < ended.end_ms
    assert sum(ended.verdict.votes.values()) == len(results)
    assert sum(ended.verdict.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_most_clips_get_the_right_emotion(predictor: EmotionPredictor) -> None:
    right = 0
    for clip in CLIPS:
        ended = of_kind(play(Session(predictor), np.concatenate([decode(clip.path), pause(1)])), SpeechEnded)
        right += ended[0].verdict.emotion == clip.emotion
    assert right >= 8


@pytest.mark.parametrize("piece", [160, 700, 16_000])
def test_how_the_sound_is_cut_does_not_matter(
    piece: int, conversation: Waveform, predictor: EmotionPredictor
) -> None:
    whole, cut = Session(predictor), Session(predictor)
    expected = [event.as_dict() for event in play(whole, conversation) + whole.finish()]
    found = [event.as_dict() for event in play(cut, conversation, piece) + cut.finish()]
    assert found == expected


def test_a_window_and_the_same_part_of_a_recording_get_the_same_prediction(
    conversation: Waveform, predictor: EmotionPredictor
) -> None:
    results = of_kind(play(Session(predictor, adapt=False), conversation), Result)
    y = np.frombuffer(pcm(conversation), "<i2").astype(np.float32) / 2**15
    for result in results:
        cut = y[result.start_ms * 16 : result.end_ms * 16]
        alone = predictor.predict_features(predictor.speech_features(cut))
        np.testing.assert_allclose(
            list(result.prediction.probabilities.values()), list(alone.probabilities.values()), atol=1e-5
        )


def test_another_rate_and_encoding_give_the_same(speech: Waveform, predictor: EmotionPredictor) -> None:
    y = np.concatenate([speech, pause(1)])
    faster = librosa.resample(y, orig_sr=16_000, target_sr=48_000).astype("<f4")
    session = Session(predictor, sample_rate_hz=48_000, encoding="f32le")
    found = [e for i in range(0, len(faster), 4_800) for e in session.feed(faster[i : i + 4_800].tobytes())]
    (ended,) = of_kind(found, SpeechEnded)
    (expected,) = of_kind(play(Session(predictor), y), SpeechEnded)
    assert ended.verdict.emotion == expected.verdict.emotion
    assert ended.start_ms == pytest.approx(expected.start_ms, abs=2 * CHUNK_MS)
    assert ended.end_ms == pytest.approx(expected.end_ms, abs=2 * CHUNK_MS)


@pytest.mark.parametrize("gain_db", [-20, -40])
def test_quiet_speech_is_detected(gain_db: int, predictor: EmotionPredictor) -> None:
    for clip in CLIPS[::3]:
        y = np.concatenate([pause(3), decode(clip.path), pause(1)]) * 10 ** (gain_db / 20)
        assert of_kind(play(Session(predictor), y), SpeechEnded), clip.path.stem


def test_quiet_speech_is_detected_soon_after_a_bang(speech: Waveform, predictor: EmotionPredictor) -> None:
    bang = np.sign(np.sin(2 * np.pi * 100 * T[:4_000])).astype(np.float32)
    y = np.concatenate([bang, pause(6), 0.03 * speech, pause(1)])
    assert of_kind(play(Session(predictor), y), SpeechEnded)


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.zeros(80_000), id="silence"),
        pytest.param(np.full(80_000, 0.2), id="a constant"),
        pytest.param(RNG.standard_normal(80_000) * 0.2, id="loud white noise"),
        pytest.param(RNG.standard_normal(80_000) * 1e-3, id="faint white noise"),
        pytest.param(0.5 * np.sin(2 * np.pi * 50 * T), id="mains hum"),
        pytest.param(0.5 * np.sin(2 * np.pi * 1000 * T), id="a tone"),
        pytest.param((np.arange(80_000) % 8_000 == 0) * 0.9, id="clicks"),
    ],
)
def test_other_sounds_give_no_lines(y: np.ndarray, predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    assert play(session, np.clip(y, -1, 1)) + session.finish() == []
    assert session.duration_s == 5


def test_a_single_word_has_one_result_at_its_end(speech: Waveform, predictor: EmotionPredictor) -> None:
    (ended,) = of_kind(play(Session(predictor), np.concatenate([speech, pause(1)])), SpeechEnded)
    word = speech[ended.start_ms * 16 :][: int(0.5 * SAMPLE_RATE_HZ)]
    events = play(Session(predictor), np.concatenate([pause(0.5), word, pause(1)]))
    assert [type(event) for event in events] == [SpeechStarted, Result, SpeechEnded]
    assert sum(events[-1].verdict.votes.values()) == 1


def test_the_end_of_a_stream_ends_the_utterance(speech: Waveform, predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    events = play(session, speech[: int(1.8 * SAMPLE_RATE_HZ)])
    assert not of_kind(events, SpeechEnded)
    (ended,) = session.finish()
    assert isinstance(ended, SpeechEnded)
    assert ended.end_ms <= 1800


def test_a_hurried_session_gives_only_the_last_result(predictor: EmotionPredictor) -> None:
    y = np.concatenate([decode(CLIPS[3].path), pause(1)])
    content = pcm(y)
    pieces = [content[i : i + 3200] for i in range(0, len(content), 3200)]
    expected = play(Session(predictor), y)
    session, ended_ms = Session(predictor), expected[-1].end_ms
    caught_up = (ended_ms - 200) // 100
    events = [e for n, piece in enumerate(pieces) for e in session.feed(piece, hurried=n < caught_up)]
    started, first, *_, ended = events
    assert (started.start_ms, ended.end_ms) == (expected[0].start_ms, ended_ms)
    assert first.end_ms > 100 * caught_up
    assert len(events) < len(expected)


@pytest.mark.parametrize("window_s", [1.0, 3.0])
def test_an_utterance_without_a_result_in_time_has_one_at_its_end(
    window_s: float, speech: Waveform, predictor: EmotionPredictor
) -> None:
    session = Session(predictor, window_s=window_s)
    sound = pcm(np.concatenate([speech, pause(1)]))
    events = [e for i in range(0, len(sound), 640) for e in session.feed(sound[i : i + 640], hurried=True)]
    ended = events[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.verdict is not None
    assert sum(ended.verdict.votes.values()) == 1


def test_a_pause_gives_no_results(speech: Waveform, predictor: EmotionPredictor) -> None:
    y = np.concatenate([speech, pause(20)])
    last = play(Session(predictor), y)[-1]
    assert isinstance(last, SpeechEnded)
    assert last.end_ms < 1000 * len(speech) / SAMPLE_RATE_HZ


@pytest.mark.parametrize(("hop_s", "window_s"), [(0.25, 1.0), (1.0, 4.0), (5.0, 2.0)])
def test_hop_and_window_are_as_asked(hop_s: float, window_s: float, predictor: EmotionPredictor) -> None:
    talk = np.concatenate([decode(clip.path) for clip in CLIPS])
    events = play(Session(predictor, hop_s=hop_s, window_s=window_s), talk)
    results = of_kind(events, Result)
    assert max(result.end_ms - result.start_ms for result in results) <= 1000 * window_s
    for before, after in pairwise(events):
        if isinstance(before, Result) and isinstance(after, Result):
            assert after.end_ms - before.end_ms >= 1000 * hop_s - CHUNK_MS


def test_smoothed_results_move_less(conversation: Waveform, predictor: EmotionPredictor) -> None:
    results = of_kind(play(Session(predictor), conversation), Result)
    assert list(results[0].smoothed.values()) == pytest.approx(
        list(results[0].prediction.probabilities.values())
    )

    def moved(rows: list[dict[str, float]]) -> float:
        table = np.array([list(row.values()) for row in rows])
        return float(np.abs(np.diff(table, axis=0)).sum())

    assert moved([r.smoothed for r in results]) < moved([dict(r.prediction.probabilities) for r in results])


def test_each_utterance_is_learnt_once(conversation: Waveform, predictor: EmotionPredictor) -> None:
    ends = of_kind(play(Session(predictor), conversation), SpeechEnded)
    before_s = 0.0
    for ended in ends:
        grown_s = ended.baseline_speech_s - before_s
        spoken_s = (ended.end_ms - ended.start_ms) / 1000
        assert 0.5 * spoken_s < grown_s <= spoken_s + PREROLL_S + END_S
        before_s = ended.baseline_speech_s
    token = Baseline.from_token(ends[-1].baseline, predictor.feature_set)
    assert token.speech_s == ends[-1].baseline_speech_s


@pytest.fixture(scope="module")
def monologue() -> Waveform:
    """Half a minute of speech with hardly a pause, and then silence."""
    clips = [decode(clip.path) for clip in CLIPS]
    return np.concatenate([*(y[slice(*spoken(y))] / np.abs(y).max() * 0.5 for y in clips), pause(1)])


def test_each_frame_is_learnt_once_whatever_hop_and_window(
    monologue: Waveform, predictor: EmotionPredictor
) -> None:
    tokens = set()
    for hop_s, window_s in [(0.5, 3.0), (2.0, 3.0), (5.0, 1.0), (5.0, 4.0)]:
        ends = of_kind(play(Session(predictor, hop_s=hop_s, window_s=window_s), monologue), SpeechEnded)
        spoken_s = sum(ended.end_ms - ended.start_ms for ended in ends) / 1000
        assert spoken_s > 15
        # A piece that is learnt at once begins and ends with speech here, or is trimmed by a little.
        assert 0.98 * spoken_s <= ends[-1].baseline_speech_s <= spoken_s + PREROLL_S * len(ends)
        tokens.add(ends[-1].baseline)
    assert len(tokens) == 1


def test_a_frame_between_two_pieces_is_learnt_with_the_second(predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    # The first piece begins with the silence before the speech, which is trimmed.
    speech = np.concatenate([decode(clip.path)[8_000:-8_000] for clip in CLIPS[:8]])
    (ended, *more) = of_kind(play(session, np.concatenate([pause(1), speech, pause(1)])), SpeechEnded)
    assert not more
    y = np.frombuffer(pcm(np.concatenate([pause(1), speech])), "<i2").astype(np.float32) / 2**15
    at, end = round((ended.start_ms / 1000 - PREROLL_S) * SAMPLE_RATE_HZ), ended.end_ms * 16
    learnt_from = []
    while at < end:
        to = at + round(LEARNT_AT_ONCE_S * SAMPLE_RATE_HZ)
        to = end if end - to < round(LEARNT_AT_ONCE_S * SAMPLE_RATE_HZ) else to
        frames, start = predictor.feature_set.extract_with_start(y[at:to])
        learnt_from += [each for each in at + start + HOP_LENGTH * np.arange(len(frames)) if each < to]
        at = to
    assert len(learnt_from) > 900
    assert len(set(learnt_from)) == len(learnt_from)
    assert session.baseline.count == len(learnt_from)


def test_results_left_out_in_a_hurry_are_learnt(monologue: Waveform, predictor: EmotionPredictor) -> None:
    content = pcm(monologue)
    learnt = []
    for hurried in (False, True):
        session = Session(predictor)
        for i in range(0, len(content), 3200):
            session.feed(content[i : i + 3200], hurried=hurried)
        learnt.append(session.baseline.token(predictor.feature_set))
    assert learnt[0] == learnt[1]


def test_an_utterance_cut_in_a_pause_does_not_end_before_it_begins(predictor: EmotionPredictor) -> None:
    clips = [decode(clip.path) for clip in CLIPS]
    speech = np.concatenate([y[slice(*spoken(y))] / np.abs(y).max() * 0.5 for y in clips])
    # A pause of 0.5 s, too short to end an utterance, and then silence for good: one cut falls into each.
    for speech_s in (MAX_UTTERANCE_S - 0.3, MAX_UTTERANCE_S - 0.1):
        length = int(speech_s * SAMPLE_RATE_HZ)
        for rest in (np.zeros(0), speech[:32_000]):
            y = np.concatenate([np.resize(speech, length), pause(0.6), rest, pause(2)])
            events = play(Session(predictor, hop_s=5.0), y)
            ends, starts = of_kind(events, SpeechEnded), of_kind(events, SpeechStarted)
            assert [each.start_ms for each in starts] == [each.start_ms for each in ends]
            assert all(each.start_ms < each.end_ms for each in ends)
            for before, after in pairwise(ends):
                assert before.end_ms <= after.start_ms


def test_the_next_utterance_is_predicted_with_the_baseline_learnt(predictor: EmotionPredictor) -> None:
    y = np.tile(np.concatenate([decode(CLIPS[0].path), pause(1)]), 2)
    adapting, plain = (
        of_kind(play(Session(predictor, adapt=adapt), y), SpeechEnded) for adapt in (True, False)
    )
    assert adapting[0].verdict == plain[0].verdict
    assert adapting[1].verdict != plain[1].verdict
    assert plain[1].baseline is None
    again = Session(predictor, baseline=Baseline.from_token(adapting[0].baseline, predictor.feature_set))
    (alone,) = of_kind(play(again, y[: len(y) // 2]), SpeechEnded)
    assert alone.verdict.emotion == adapting[1].verdict.emotion
    assert alone.baseline_speech_s == pytest.approx(2 * adapting[0].baseline_speech_s, abs=0.05)


def test_a_model_that_takes_no_baseline_does_not_adapt(speech: Waveform, predictor: EmotionPredictor) -> None:
    rigid = copy(predictor)
    rigid.manifest = predictor.manifest.model_copy(update={"scaling": None})
    ended = of_kind(play(Session(rigid), np.tile(np.concatenate([speech, pause(1)]), 2)), SpeechEnded)
    assert [each.baseline for each in ended] == [None, None]
    with pytest.raises(BadBaseline, match="takes no baseline"):
        Session(rigid, baseline=Baseline.of(predictor.speech_features(speech)))


def test_speech_without_pauses_is_cut_into_utterances(predictor: EmotionPredictor) -> None:
    speech = np.concatenate([decode(clip.path)[16_000:-16_000] for clip in CLIPS])
    y = np.tile(speech, 4)
    # Loud enough that nothing in between is a pause.
    session = Session(predictor, hop_s=5.0)
    events = play(session, y) + session.finish()
    ends, starts = of_kind(events, SpeechEnded), of_kind(events, SpeechStarted)
    assert len(ends) == len(starts) >= 2
    assert all(each.end_ms - each.start_ms <= 1000 * MAX_UTTERANCE_S + CHUNK_MS for each in ends)
    assert all(each.verdict is not None for each in ends)


def test_a_bad_piece_is_ignored(speech: Waveform, predictor: EmotionPredictor) -> None:
    y = np.concatenate([speech, pause(1)])
    session, untouched = Session(predictor), Session(predictor)
    half = len(y) // 3200 * 1600
    events = play(session, y[:half])
    with pytest.raises(BadFrame):
        session.feed(b"odd")
    events += play(session, y[half:])
    assert [e.as_dict() for e in events] == [e.as_dict() for e in play(untouched, y)]


@pytest.mark.slow
def test_memory_does_not_grow_with_time(conversation: Waveform, predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    play(session, conversation)
    tracemalloc.start()
    try:
        play(session, conversation)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            play(session, conversation)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 200_000


def test_sound_that_is_skipped_counts_as_silence(speech: Waveform, predictor: EmotionPredictor) -> None:
    session, speech = Session(predictor), speech[: spoken(speech)[1]]
    assert [type(line) for line in play(session, speech)][-1] is not SpeechEnded
    spoken_ms = 1000 * len(speech) / SAMPLE_RATE_HZ
    late = [e for _ in range(20) for e in session.skip(pcm(speech[:1_600]))]
    (ended,) = late
    assert isinstance(ended, SpeechEnded)
    assert ended.end_ms <= spoken_ms
    assert session.duration_s == pytest.approx(spoken_ms / 1000 + 2.0, abs=0.01)
    with pytest.raises(BadFrame):
        session.skip(b"odd")
    # The stream goes on as if it had been silent.
    assert of_kind(play(session, speech), SpeechStarted)
