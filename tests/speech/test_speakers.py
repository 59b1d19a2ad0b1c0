from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.speech import speakers
from ser.speech.segmenter import Stretch
from ser.speech.speakers import CELL_LENGTH, cells_of, described, feature_set, sums_of, tell_apart

Turns = list[list[tuple[Stretch, Stretch]]]


def clip_of(actor: str) -> Waveform:
    (path,) = (clip.path for clip in CLIPS if clip.speaker == actor)
    return decode(path)


def told_apart(*turns: Waveform, pause_s: float = 0.5) -> tuple[Turns, list[Stretch]]:
    """Return whose each turn is, each being a stretch of its own."""
    cells, stretches, at = [], [], 8_000
    for y in turns:
        frames, start = feature_set().extract_with_start(y)
        cells.append(cells_of(frames, at + start))
        stretches.append((at, at + len(y)))
        at += len(y) + round(pause_s * SAMPLE_RATE_HZ)
    return tell_apart(cells, stretches), stretches


def seconds_of(turns: list[tuple[Stretch, Stretch]], stretch: Stretch) -> float:
    return sum(min(end, stretch[1]) - max(start, stretch[0]) for (start, end), of in turns if of == stretch)


def test_a_woman_and_a_man_are_two_speakers() -> None:
    # Halves of a clip each, so that each comes back with the same voice, room and emotion.
    woman, man = clip_of("1049"), clip_of("1064")
    parts = [part for i in (0, 1) for y in (woman, man) for part in (np.array_split(y, 2)[i],)]
    found, stretches = told_apart(*parts)
    for number, stretch in enumerate(stretches):
        own, other = (seconds_of(found[each], stretch) for each in (number % 2, 1 - number % 2))
        assert own > 3 * other


def test_turns_cover_the_speech_once_and_the_first_to_speak_comes_first() -> None:
    found, stretches = told_apart(*(decode(clip.path) for clip in CLIPS[:6]))
    covered = sorted(turn for of_speaker in found for turn, _ in of_speaker)
    assert covered[0] == found[0][0][0]
    assert sum(end - start for start, end in covered) == sum(end - start for start, end in stretches)
    for (_, end), (start, _) in itertools.pairwise(covered):
        assert end <= start
    for of_speaker in found:
        for turn, stretch in of_speaker:
            assert stretch in stretches
            assert stretch[0] <= turn[0] < turn[1] <= stretch[1]


def test_without_speech_there_is_nobody() -> None:
    assert tell_apart([], []) == [[], []]


def test_speech_without_frames_is_of_the_first() -> None:
    assert tell_apart([], [(0, 100)]) == [[((0, 100), (0, 100))], []]


@pytest.mark.parametrize("count", [1, 2, 30])
def test_very_little_speech_is_no_fault(count: int) -> None:
    frames = feature_set().extract(clip_of("1049"))[:count]
    stretch = (0, count * 160)
    found = tell_apart([cells_of(frames, 0)], [stretch])
    assert sum(end - start for of_speaker in found for (start, end), _ in of_speaker) == count * 160


def test_frames_that_are_all_alike_are_one_speaker() -> None:
    frames = np.tile(feature_set().extract(clip_of("1049"))[50:51], (400, 1))
    found = tell_apart([cells_of(frames, 0)], [(0, 64_000)])
    assert found == [[((0, 64_000), (0, 64_000))], []]


def test_cells_are_those_of_the_recording_wherever_a_piece_begins() -> None:
    frames = feature_set().extract(clip_of("1049"))
    whole = cells_of(frames, 1_000)
    parts = [cells_of(frames[:70], 1_000), cells_of(frames[70:], 1_000 + 70 * 160)]
    numbers, counts, sums = speakers._joined(parts)
    assert whole.numbers[0] == 1_000 // CELL_LENGTH
    np.testing.assert_array_equal(numbers, whole.numbers)
    np.testing.assert_array_equal(counts, whole.counts)
    np.testing.assert_allclose(sums, whole.sums, rtol=1e-4, atol=1e-2)


def test_speech_is_described_by_means_and_deviations() -> None:
    frames = feature_set().extract(clip_of("1049"))
    (found,) = described(np.array([len(frames)]), sums_of(frames).sum(axis=0, dtype=np.float64)[np.newaxis])
    assert found.shape == (124,)
    np.testing.assert_allclose(found[:40], frames[:, :40].mean(axis=0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[40:80], frames[:, :40].std(axis=0), rtol=1e-2)
    np.testing.assert_allclose(found[-2:], [frames[:, 121].mean(), frames[:, 121].std()], rtol=1e-3)


def test_hours_of_speech_take_little_more_memory_than_their_cells() -> None:
    frames = feature_set().extract(clip_of("1049"))[:100]
    rng = np.random.default_rng(0)
    count = 4_000
    noisy = (frames + rng.standard_normal(frames.shape).astype(np.float32) for _ in range(count))
    cells = [cells_of(each, number * 16_000) for number, each in enumerate(noisy)]
    stretches = [(start, start + 160_000) for start in range(0, count * 16_000, 160_000)]
    tracemalloc.start()
    try:
        tell_apart(cells, stretches)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * sum(each.sums.nbytes for each in cells)


def test_a_cell_is_described_alike_wherever_a_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = cells_of(np.tile(feature_set().extract(clip_of("1049")), (3, 1)), 0)
    of_stretch = np.arange(len(cells.numbers)) // 11
    whole = speakers._points(cells.counts, cells.sums, of_stretch)
    for length in (1, 2, 7):
        monkeypatch.setattr(speakers, "_BLOCK_CELLS", length)
        found = speakers._points(cells.counts, cells.sums, of_stretch)
        np.testing.assert_allclose(found, whole, rtol=1e-6, atol=1e-6)
