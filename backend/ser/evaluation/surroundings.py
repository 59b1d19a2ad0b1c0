"""What is around each clip of a robustness test: voices of others, recorded noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions import noises
from ser.conditions.chains import BABBLERS
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.evaluation.degradations import Surroundings, babble_of

_STRETCH_S = 8
_POOL_CLIPS = 100


class World:
    """Draws the surroundings of clips.

    Args:
        clips: whose voices make the babble.
        noise: folder of recordings of noise, or None.
        seed: of the drawing.

    Raises:
        CorpusError: the folder holds no recording.
    """

    def __init__(self, clips: Sequence[Clip], noise: Path | None, *, seed: int) -> None:
        self._seed = seed
        order = np.random.default_rng(seed).permutation(len(clips))[:_POOL_CLIPS]
        decoded = [(clips[i].speaker, _decoded(clips[i].path)) for i in order]
        self._voices = [(speaker, y) for speaker, y in decoded if y is not None]
        self._recordings = [] if noise is None else list(noises.load(noise).values())

    @property
    def lacks(self) -> set[str]:
        """Which surroundings there are not: babble, noise."""
        speakers = {speaker for speaker, _ in self._voices}
        lacking = {"babble"} if len(speakers) < 2 else set()
        return lacking if self._recordings else lacking | {"noise"}

    def around(self, clips: Sequence[Clip]) -> Iterator[Surroundings]:
        """Yield the surroundings of each clip, drawn anew for each."""
        for number, clip in enumerate(clips):
            rng = np.random.default_rng([self._seed, number])
            others = [y for speaker, y in self._voices if speaker != clip.speaker]
            talkers = rng.permutation(len(others))[:BABBLERS]
            yield Surroundings(
                seed=int(rng.integers(2**32)),
                babble=babble_of([others[i] for i in talkers]) if others else None,
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
