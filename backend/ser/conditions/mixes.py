"""The noise mix of a clip: what other recordings add to it to test a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions import carry_over, noises
from ser.conditions.carry_over import Reference
from ser.errors import AudioError

_STRETCH_S = 8
_POOL_CLIPS = 100


@dataclass(frozen=True)
class NoiseMix:
    """What other recordings give one clip.

    Attributes:
        seed: of generated noise.
        babble: other speakers at once [shape=(n,)], float32; repeated where the clip is longer.
        noise: a stretch of a recording of noise, likewise.
        reference: the recording condition of another clip.
    """

    seed: int
    babble: Waveform | None = None
    noise: Waveform | None = None
    reference: Reference | None = None


class NoiseMixer:
    """Draws the noise mix of each clip.

    Args:
        talkers: speaker and path of each clip that babble may be made of.
        noise: folder of recordings of noise, or None.
        seed: of the drawing.
        references: clips of other speakers, to whose recording conditions a clip may be carried over.

    Raises:
        CorpusError: the folder holds no recording.
    """

    def __init__(
        self,
        talkers: Sequence[tuple[str, Path]],
        noise: Path | None,
        *,
        seed: int,
        references: Sequence[Path] = (),
    ) -> None:
        self._seed = seed
        self._references = references
        order = np.random.default_rng(seed).permutation(len(talkers))[:_POOL_CLIPS]
        decoded = [(talkers[i][0], _decoded(talkers[i][1])) for i in order]
        self._talkers = [(speaker, y) for speaker, y in decoded if y is not None]
        self._recordings = [] if noise is None else list(noises.load(noise).values())

    @property
    def lacks(self) -> set[str]:
        """Which parts of a mix cannot be made: babble, noise, reference."""
        speakers = {speaker for speaker, _ in self._talkers}
        there = {"babble": len(speakers) > 1, "noise": self._recordings, "reference": self._references}
        return {part for part, found in there.items() if not found}

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
                reference=self._reference(rng),
            )

    def _reference(self, rng: np.random.Generator) -> Reference | None:
        for index in rng.permutation(len(self._references)):
            y = _decoded(self._references[index])
            if y is not None and len(y) >= carry_over.WINDOW:
                return Reference.of(y)
        return None

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
