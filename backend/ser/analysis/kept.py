"""The features of a recording's speech, kept for the second pass."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ser.analysis.cutter import Piece
from ser.features.registry import Features, Frames
from ser.models.baseline import Baseline
from ser.models.extracted import Extracted


@dataclass(frozen=True)
class KeptPiece:
    """The features over time of a piece; all times in samples of the recording.

    Attributes:
        features: compressed.
        at: where the piece begins.
        new_from: from where on no earlier piece contains it.
        end: where the piece ends.
    """

    features: Extracted
    at: int
    new_from: int
    end: int

    @classmethod
    def of(cls, piece: Piece, features: Extracted) -> KeptPiece:
        """Keep the features of a piece."""
        return cls(features.compressed(), piece.at, piece.new_from, piece.at + len(piece.y))

    def window(self, start: int, end: int) -> Features | None:
        """Return the features of the samples [start, end), as far as it has them."""
        return self.features.window(max(start - self.at, 0), min(end, self.end) - self.at)

    def statistics(self, start: int, end: int) -> Baseline | None:
        """Return the statistics of its new frames within [start, end)."""
        first, last = max(start, self.new_from), min(end, self.end)
        return self.features.statistics(first - self.at, last - self.at) if first < last else None


class KeptSpeech(Extracted):
    """The features over time of one recording's speech, or of one channel's; times as of the recording."""

    def __init__(self) -> None:
        self._pieces: list[KeptPiece] = []
        self._ends: list[int] = []

    def add(self, piece: KeptPiece) -> None:
        """Keep a piece; pieces come in order."""
        self._pieces.append(piece)
        self._ends.append(piece.end)

    def window(self, start: int, end: int) -> Features | None:
        """Return the frames of one piece, where one has them all; else those of several, joined."""
        near = list(self._near(start, end))
        for piece in near:
            if piece.at <= start and end <= piece.end:
                return piece.window(start, end)
        parts: list[Frames] = []
        for piece in near:
            part = piece.window(max(start, piece.new_from), end)
            if part is not None:
                parts.append(part)
        return np.concatenate(parts) if parts else None

    def statistics(self, start: int = 0, end: int | None = None) -> Baseline | None:
        """See `Extracted`."""
        if end is None:
            end = self._ends[-1] if self._ends else 0
        total: Baseline | None = None
        for piece in self._near(start, end):
            found = piece.statistics(start, end)
            if found is not None and found.count:
                total = found if total is None else total + found
        return total

    def _near(self, start: int, end: int) -> Iterator[KeptPiece]:
        """Yield the pieces that have some of the samples [start, end)."""
        for number in range(bisect_right(self._ends, start), len(self._pieces)):
            if self._pieces[number].at >= end:
                return
            yield self._pieces[number]
