"""Variants of clips: each clip's sound is changed before its features are extracted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zlib import crc32

import numpy as np
from numpy.typing import DTypeLike
from tqdm import tqdm

from ser.audio import decode as audio
from ser.audio.waveform import Waveform
from ser.conditions import recording
from ser.corpora.base import Clip
from ser.errors import AudioError

_BABBLE_TALKERS = 20
_REFERENCES = 10

# Changes one waveform [shape=(n,)], float32, 16 kHz mono, after another.
Change = Callable[[Waveform], Waveform]


class Variant(ABC):
    """One way to change the clips of all speakers.

    Attributes:
        title: for progress.
        dtype: of the features.
    """

    title: str
    dtype: ClassVar[DTypeLike] = np.float32

    @abstractmethod
    def identity(self, digest_of: Callable[[Path], str]) -> list[Any]:
        """Return everything that changes the sound, for JSON; files count by their digest."""

    @abstractmethod
    def of_speaker(self, speaker: str, clips: Sequence[Clip]) -> Callable[[], Change]:
        """Return what makes the change of a speaker's clips; it is sent to another process.

        Args:
            speaker: the clips of this speaker are changed, in the order of `clips`.
            clips: of all speakers.
        """


@dataclass(frozen=True)
class SimulatedCondition(Variant):
    """A recording condition for every speaker, drawn anew for each `number`.

    Attributes:
        number: which draw.
        noises: recorded noises; without any, noise is generated.
    """

    number: int
    noises: tuple[Path, ...] = ()
    # There are many, and training varies them anyway.
    dtype: ClassVar[DTypeLike] = np.float16

    @property
    def title(self) -> str:  # type: ignore[override]
        """Return which one, for progress."""
        return f"simulated condition {self.number}"

    def identity(self, digest_of: Callable[[Path], str]) -> list[Any]:
        """See `Variant`."""
        noises = [(path.name, digest_of(path)) for path in self.noises]
        return [self.number, noises, recording.SETTINGS]

    def of_speaker(self, speaker: str, clips: Sequence[Clip]) -> Callable[[], Change]:
        """See `Variant`."""
        return _Drawn(self, speaker, self._talkers(clips, speaker), self._references(clips, speaker))

    def rng(self, speaker: str) -> np.random.Generator:
        """Return the generator of what is drawn for a speaker."""
        return np.random.default_rng([self.number, crc32(speaker.encode())])

    def _talkers(self, clips: Sequence[Clip], speaker: str) -> list[Path]:
        """Return clips of other speakers for babble."""
        others = [clip.path for clip in clips if clip.speaker != speaker]
        if not others:
            return []
        count = min(_BABBLE_TALKERS, len(others))
        chosen = self.rng(speaker).choice(len(others), count, replace=False)
        return [others[i] for i in chosen]

    def _references(self, clips: Sequence[Clip], speaker: str) -> list[Path]:
        """Return clips of one other corpus, to whose conditions the speaker may be carried over."""
        own = {clip.corpus for clip in clips if clip.speaker == speaker}
        others = sorted({clip.corpus for clip in clips} - own)
        if not others:
            return []
        rng = self.rng(f"reference of {speaker}")
        corpus = others[int(rng.integers(len(others)))]
        paths = [clip.path for clip in clips if clip.corpus == corpus]
        count = min(_REFERENCES, len(paths))
        return [paths[i] for i in rng.choice(len(paths), count, replace=False)]


@dataclass(frozen=True)
class _Drawn:
    """Draws a speaker's recording condition, and applies it to one clip after another."""

    condition: SimulatedCondition
    speaker: str
    talkers: Sequence[Path]
    references: Sequence[Path]

    def __call__(self) -> Change:
        rng, given = self.condition.rng(self.speaker), (self.condition.noises, self.talkers, self.references)
        try:
            drawn = recording.draw(rng, *given)
        except AudioError:
            rng = self.condition.rng(self.speaker)
            drawn = recording.draw(rng, *map(_readable, given))
        return lambda y: drawn.apply(y, rng)


def _readable(paths: Sequence[Path]) -> list[Path]:
    kept = []
    for path in paths:
        try:
            audio.decode(path)
        except AudioError as error:
            tqdm.write(f"{path.name}: not used as background: {error}")
        else:
            kept.append(path)
    return kept
