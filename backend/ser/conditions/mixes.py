"""The noise mix of a clip: other speakers and recorded noise that are added to it to test a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions import noises
from ser.errors import AudioError

_STRETCH_S = 8
_POOL_CLIPS = 100


@dataclass(frozen=True)
class NoiseMix:
    """The noise for one clip.

    Attributes:
        seed: of generated noise.
        babble: other speakers at once [shape=(n,)], float32; repeated where the clip is longer.
        noise: a stretch of a recording of noise, likewise.
    """

    seed: int
    babble: Waveform | None = None
    noise: Waveform | None = None


class NoiseMixer:
    """Draws the noise mix of each clip.

    Args:
        talkers: speaker and path of each clip that babble may be made of.
        noise: folder of recordings of noise, or None.
        seed: of the drawing.

    Raises:
        CorpusError: the folder holds no recording.
    """

    def __init__(self, talkers: Sequence[tuple[str, Path]], noise: Path | None, *, seed: int) -> None:
        self._seed = seed
        order = np.random.default_rng(seed).permutation(len(talkers))[:_POOL_CLIPS]
        decoded = [(talkers[i][0], _decoded(talkers[i][1])) for i in order]
        self._talkers = [(speaker, y) for speaker, y in decoded if y is not None]
        self._recordings = [] if noise is None else list(noises.load(noise).values())

    @property
    def lacks(self) -> set[str]:
        """Which parts of a mix cannot be made: babble, noise."""
        speakers = {speaker for speaker, _ in self._talkers}
        lacking = {"babble"} if len(speakers) < 2 else set()
        return lacking if self._recordings else lacking | {"noise"}

    def draw(self, speakers: Sequence[str]) -> Iterator[NoiseMix]:
        """Yield a mix for each clip, given its speaker, who is never in its babble."""
        for number, speaker in enumerate(speakers):
            rng = np.random.default_rng([self._seed, number])
            others = [y for other, y in self._talkers if other != speaker]
            chosen = rng.permutation(len(others))[: noises.TALKERS]
            yield NoiseMix(
                seed=int(rng.integers(2**32)),
                babble=noises.babble([others[i] for i in chosen]) if others else None,
                noise=self._stretch(rng) if self._recordings else None,
            )

    def _stretch(self, rng: np.random.Generator) -> Waveform:
        recording = self._recordings[rng.integers(len(self._recordings))]
        length = _STRETCH_S * SAMPLE_RATE_HZ
        start = int(rng.integers(max(1, len(recording) - length + 1)))
        return recording[start : start + length]


def _decoded(path: Path) -> Waveform | None:
    try:
        y = audio.decode(path)
    except AudioError:
        return None
    return y if y.any() else None
