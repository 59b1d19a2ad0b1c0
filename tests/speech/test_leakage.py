from __future__ import annotations

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Channels
from ser.speech.leakage import ChannelLevels, for_detector

RNG = np.random.default_rng(0)
# Who speaks when, in seconds: the first, the second, both.
STRETCHES = [(8_000, 40_000), (56_000, 88_000), (96_000, 128_000)]


def call(leakage_db: float | None) -> Channels:
    """Noise in place of voices: the first speaks, then the second, then both."""
    voices = np.zeros((2, 136_000), np.float32)
    for (start, end), speakers in zip(STRETCHES, ((0,), (1,), (0, 1)), strict=True):
        for speaker in speakers:
            voices[speaker, start:end] = 0.1 * RNG.standard_normal(end - start)
    leaked = 0.0 if leakage_db is None else voices[::-1] * np.float32(10 ** (leakage_db / 20))
    return voices + leaked + (1e-4 * RNG.standard_normal(voices.shape)).astype(np.float32)


def measured(y: Channels) -> ChannelLevels:
    levels = ChannelLevels()
    for start in range(0, y.shape[1], 16_000):
        levels.add(y[:, start : start + 16_000])
    return levels


@pytest.mark.parametrize("leakage_db", [None, -15, -20, -40])
def test_what_leaks_from_the_other_channel_is_left_out(leakage_db: float | None) -> None:
    levels = measured(call(leakage_db))
    for channel, own in ((0, [0, 2]), (1, [1, 2])):
        found = levels.without_leakage(STRETCHES, channel)
        assert [stretch for _, stretch in found] == [STRETCHES[number] for number in own]
        for turn, stretch in found:
            assert turn == pytest.approx(stretch, abs=0.3 * SAMPLE_RATE_HZ)


def test_speech_that_goes_on_after_leakage_begins_where_that_ends() -> None:
    levels = measured(call(-20))
    ((turn, stretch),) = levels.without_leakage([(8_000, 88_000)], 1)
    assert stretch == (8_000, 88_000)
    assert turn[0] == pytest.approx(STRETCHES[0][1], abs=0.3 * SAMPLE_RATE_HZ)
    assert turn[1] == 88_000


@pytest.mark.parametrize("word", [(32_300, 36_300), (32_000, 38_400), (32_300, 39_300)])
def test_a_short_word_is_of_one_channel_only(word: tuple[int, int]) -> None:
    y = (1e-4 * RNG.standard_normal((2, 64_000))).astype(np.float32)
    y[0, slice(*word)] += 0.1 * RNG.standard_normal(word[1] - word[0]).astype(np.float32)
    levels = measured(y)
    assert levels.without_leakage([word], 0) == [(word, word)]
    assert levels.without_leakage([word], 1) == []


def test_a_stretch_without_leakage_stays_as_it_is() -> None:
    found = measured(call(None)).without_leakage([(8_123, 39_877)], 0)
    assert found == [((8_123, 39_877), (8_123, 39_877))]


@pytest.mark.parametrize(
    ("second", "same"),
    [
        (lambda y: y, True),
        (lambda y: 0.1 * y, True),
        (lambda y: -y, True),
        (lambda y: 0 * y, False),
        (lambda y: np.roll(y, 100), False),
        (lambda y: y + 0.2 * np.roll(y, 20_000), False),
    ],
)
def test_the_same_sound_in_both_channels_is_known(second: object, same: bool) -> None:
    y = decode(CLIPS[0].path)
    levels = measured(np.stack([y, second(y)]).astype(np.float32))  # type: ignore[operator]
    assert levels.are_same is same


@pytest.mark.parametrize("leakage_db", [None, -20])
def test_a_stretch_that_is_only_leakage_is_known_at_once(leakage_db: float | None) -> None:
    y = call(leakage_db)
    levels = ChannelLevels()
    for start in range(0, 40_000, 8_000):
        levels.add(y[:, start : start + 8_000])
    assert levels.is_leakage(12_000, 38_000, 1)
    assert not levels.is_leakage(12_000, 38_000, 0)
    for start in range(40_000, 88_000, 8_000):
        levels.add(y[:, start : start + 8_000])
    assert levels.is_leakage(60_000, 86_000, 0)
    assert not levels.is_leakage(60_000, 86_000, 1)
    assert not levels.is_leakage(12_000, 86_000, 0)
    assert not ChannelLevels().is_leakage(0, 16_000, 0)


def test_the_detector_gets_some_of_the_other_channel() -> None:
    y = np.array([[0.5, 1.0, 0.0], [0.0, 1.0, -1.0]], np.float32)
    np.testing.assert_allclose(for_detector(y), [[0.5, 1.0, -0.1], [0.05, 1.0, -1.0]])


def test_silence_is_no_shared_sound() -> None:
    assert not measured(np.zeros((2, 50_000), np.float32)).are_same
    assert not ChannelLevels().are_same
    assert ChannelLevels().without_leakage([], 0) == []
