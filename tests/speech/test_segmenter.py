from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.speech.detector import CHUNK_LENGTH
from ser.speech.segmenter import FILE_RULE, LIVE_RULE, Rule, SpeechSegmenter, Stretch

SEEDS = range(200)


def probabilities(seed: int) -> list[float]:
    """Random probabilities that, like Silero's, stay near each other, with values at the thresholds."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.random(60), rng.integers(1, 40, 60))
    jitter = rng.normal(0, rng.choice([0.02, 0.1, 0.3]), len(level))
    values = np.clip(level + jitter, 0, 1)
    exact = rng.random(len(values)) < 0.1
    return np.where(exact, rng.choice([0.35, 0.5], len(values)), values).tolist()


def segments(rule: Rule, values: list[float]) -> list[Stretch]:
    """Return all stretches that the segmenter finds, in chunks."""
    segmenter = SpeechSegmenter(rule)
    found = [segmenter.advance(value).ended for value in values] + [segmenter.finish()]
    return [(start // CHUNK_LENGTH, end // CHUNK_LENGTH) for start, end in filter(None, found)]


def file_reference(values: list[float]) -> list[Stretch]:
    """The rule of files, with all of the recording known at once."""
    runs: list[list[int]] = []
    active = False
    for at, value in enumerate(values):
        was_active, active = active, value >= (0.35 if active else 0.5)
        if active and was_active:
            runs[-1][1] = at + 1
        elif active:
            runs.append([at, at + 1])
    joined: list[list[int]] = []
    for start, end in [run for run in runs if run[1] - run[0] >= 4]:
        if joined and start - joined[-1][1] <= 17:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [(max(start - 1, 0), end + 1) for start, end in joined]


def live_reference(values: list[float]) -> list[Stretch]:
    """The rule of live streams, with all of the recording known at once."""
    found: list[Stretch] = []
    at = since = 0
    while at < len(values):
        window = range(max(since, at - 11), at + 1)
        loud = [i for i in window if values[i] >= 0.5]
        at += 1
        if len(loud) < 7:
            continue
        last = at
        while at < len(values) and at - last < 22:
            last = at + 1 if values[at] >= 0.35 else last
            at += 1
        if at - last >= 22:
            since = at
        found.append((loud[0], last))
    return found


@pytest.mark.parametrize(
    ("rule", "reference"),
    [pytest.param(FILE_RULE, file_reference, id="file"), pytest.param(LIVE_RULE, live_reference, id="live")],
)
def test_random_probabilities_give_what_a_simple_reference_gives(rule: Rule, reference) -> None:
    lengths = []
    for seed in SEEDS:
        values = probabilities(seed)
        found = segments(rule, values)
        assert found == reference(values), seed
        lengths.append(len(found))
    # The sequences have speech, and pauses in it.
    assert min(lengths) >= 1
    assert max(lengths) > 5


@pytest.mark.parametrize("rule", [FILE_RULE, LIVE_RULE], ids=["file", "live"])
def test_stretches_are_in_order_and_steps_tell_of_them(rule: Rule) -> None:
    for seed in SEEDS:
        segmenter, ended = SpeechSegmenter(rule), []
        for number, value in enumerate(probabilities(seed), 1):
            before = segmenter.current
            step = segmenter.advance(value)
            assert step.at == number * CHUNK_LENGTH
            assert step.current == segmenter.current
            if step.ended:
                assert step.ended == before
                ended.append(step.ended)
            elif before:
                assert step.current is not None
                assert step.current[0] == before[0]
                assert step.current[1] >= before[1]
        last = segmenter.finish()
        assert segmenter.current is None
        for (_, end), (start, _) in pairwise([*ended, *([last] if last else [])]):
            assert end < start


@pytest.mark.parametrize("rule", [FILE_RULE, LIVE_RULE], ids=["file", "live"])
def test_how_a_recording_is_cut_does_not_matter(rule: Rule) -> None:
    pause = np.zeros(SAMPLE_RATE_HZ, np.float32)
    y = np.concatenate([part for clip in CLIPS[:4] for part in (decode(clip.path), pause)])

    def steps(length: int) -> list[object]:
        segmenter = SpeechSegmenter(rule)
        found = [s for i in range(0, len(y), length) for s in segmenter.feed(y[i : i + length])]
        return [*found, segmenter.finish()]

    whole = steps(len(y))
    assert steps(777) == whole
    assert len([step for step in whole[:-1] if step.ended]) == 4
