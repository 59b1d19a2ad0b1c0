from __future__ import annotations

import numpy as np
import pytest

from ser.audio.peaks import MOST_PEAKS, Peaks, loudest

RNG = np.random.default_rng(0)


def peaks_of(y: np.ndarray, *, block: int = 16_000) -> list[list[int]]:
    peaks = Peaks(len(y) if y.ndim > 1 else 1)
    for start in range(0, y.shape[-1], block):
        peaks.add(y[..., start : start + block].astype(np.float32))
    return peaks.values()


def test_a_short_recording_has_a_peak_every_10_ms() -> None:
    y = np.repeat([0.0, -1.0, 0.5, 0.25], 160)
    assert peaks_of(y) == [[0, 255, 128, 64]]
    assert peaks_of(np.append(y, 0.75)) == [[0, 255, 128, 64, 191]]
    assert peaks_of(np.empty(0)) == [[]]


@pytest.mark.parametrize("seconds", [20.5, 61.0, 900.0, 4 * 3600.0])
def test_a_long_one_has_2000_where_they_belong(seconds: float) -> None:
    count = int(seconds * 16_000)
    peaks = Peaks()
    # One click in the middle of every tenth.
    clicks = [int(count * (tenth + 0.5) / 10) for tenth in range(10)]
    block = np.zeros(160_000, np.float32)
    for start in range(0, count, len(block)):
        y = block[: count - start].copy()
        for click in clicks:
            if start <= click < start + len(y):
                y[click - start] = 1.0
        peaks.add(y)
    (values,) = peaks.values()
    assert len(values) == MOST_PEAKS
    assert sum(values) == 255 * len(clicks)
    for click, at in zip(clicks, np.flatnonzero(values), strict=True):
        assert at == pytest.approx(click / count * MOST_PEAKS, abs=1.5)


@pytest.mark.parametrize("block", [1, 7, 159, 4_096])
def test_it_does_not_matter_how_the_samples_come(block: int) -> None:
    y = RNG.uniform(-1, 1, 5_000 if block == 1 else 100_000)
    assert peaks_of(y, block=block) == peaks_of(y, block=100_000)


def test_memory_stays_bounded() -> None:
    peaks = Peaks(2)
    block = RNG.uniform(-1, 1, (2, 1_600_000)).astype(np.float32)
    for _ in range(40):
        peaks.add(block)
    assert peaks._peaks.nbytes + peaks._rest.nbytes < 300_000


def test_channels_are_kept_apart() -> None:
    y = np.stack([np.repeat([0.0, 1.0], 160), np.repeat([0.5, 0.0], 160)])
    found = peaks_of(y)
    assert found == [[0, 255], [128, 0]]
    assert loudest(found) == [128, 255]
