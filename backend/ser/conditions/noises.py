"""Background noise: recorded, generated, or other speakers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.codecs import Signal
from ser.errors import AudioError, CorpusError, listed

# How many speakers make babble.
TALKERS = 5

_log = logging.getLogger(__name__)


def load(folder: Path) -> dict[Path, Waveform]:
    """Return path -> recording for each recording of noise in a folder, sorted by path.

    Files that are no recording, or a silent one, are skipped with a warning; hidden files are ignored.

    Raises:
        CorpusError: none is left.
    """
    found: dict[Path, Waveform] = {}
    bad = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        try:
            y = audio.decode(path)
        except AudioError as error:
            bad.append(f"{path.name}: {error}")
            continue
        if y.any():
            found[path] = y
        else:
            bad.append(f"{path.name}: It holds digital silence.")
    if not found:
        raise CorpusError(f"'{folder}' holds no recording of noise that can be read.{listed(bad)}")
    if bad:
        _log.warning("%d files of '%s' are no noise and are skipped:%s", len(bad), folder, listed(bad))
    return found


def draw_noise(
    rng: Generator, noises: Sequence[Path], talkers: Sequence[Path], babble_share: float
) -> Signal:
    """Draw background noise [shape=(n,)], of any level: babble, a recording, or coloured noise.

    Args:
        rng: the random generator.
        noises: recordings of noise to choose from; without any, coloured noise is generated.
        talkers: clips whose sum is babble; without any, there is none.
        babble_share: how often it is babble.

    Raises:
        AudioError: a drawn recording cannot be decoded.
    """
    if talkers and rng.random() < babble_share:
        chosen = [audio.decode(talkers[i]) for i in rng.integers(len(talkers), size=TALKERS)]
        longest = max(map(len, chosen))
        together: Signal = np.sum([np.resize(y, longest) for y in chosen], axis=0, dtype=np.float64)
        return together
    if noises:
        return _recorded(noises[int(rng.integers(len(noises)))]).astype(np.float64)
    # White to brown: the spectrum falls by 0 to 6 dB an octave.
    spectrum = np.fft.rfft(rng.normal(0.0, 1.0, 4 * SAMPLE_RATE_HZ))
    spectrum *= np.arange(1, len(spectrum) + 1) ** -rng.uniform(0.0, 1.0)
    coloured: Signal = np.fft.irfft(spectrum)
    return coloured


@lru_cache(maxsize=32)
def _recorded(path: Path) -> Waveform:
    # A minute of noise takes longer to decode than all clips of a speaker, and is drawn again and again.
    return audio.decode(path)


def add_at_random_place(signal: Signal, noise: Signal, snr_db: float, rng: Generator) -> Signal:
    """Add noise, from a random place on and repeated, at a signal-to-noise ratio; the sum may exceed ±1."""
    start = int(rng.integers(len(noise)))
    stretch = np.take(noise, np.arange(start, start + len(signal)), mode="wrap")
    ratio = np.mean(signal**2) / max(float(np.mean(stretch**2)), 1e-12)
    noisy: Signal = signal + stretch * np.sqrt(ratio / 10 ** (snr_db / 10))
    return noisy


def add(y: Waveform, noise: Waveform | None, snr_db: float) -> Waveform:
    """Add noise, repeated if it is shorter, at a signal-to-noise ratio.

    Args:
        y: waveform [shape=(n,)], float32.
        noise: waveform [shape=(m,)], float32; None or silence leaves `y` as it is.
        snr_db: ratio of mean powers.

    Returns:
        the sum [shape=(n,)], scaled down as a whole where it would exceed ±1.
    """
    noise = np.zeros_like(y) if noise is None else np.resize(noise, y.shape)
    power = float(np.mean(np.square(noise)))
    if power == 0:
        return y
    gain = np.sqrt(np.mean(np.square(y)) / power / 10 ** (snr_db / 10))
    total: Waveform = y + np.float32(gain) * noise
    return total / np.float32(max(1.0, float(np.abs(total).max())))


def babble(talkers: Sequence[Waveform]) -> Waveform:
    """Return several speakers at once, equally loud, as long as the longest; none may be silent."""
    longest = max(map(len, talkers))
    parts = [np.resize(each / np.sqrt(np.mean(np.square(each))), longest) for each in talkers]
    together: Waveform = np.sum(parts, axis=0, dtype=np.float32)
    return together
