"""The answers of late, of each model: to see when they become others than in training.

Each process keeps sums that forget: an answer counts less with each that follows. Whichever process answers
GET /metrics adds up the sums of all.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ser.api.metrics.shared import reserve_file, shared_folder
from ser.models.baseline import Baseline
from ser.models.manifest import Manifest

logger = logging.getLogger(__name__)

# How many answers of each process count: the last ones most.
REMEMBERED = 500
_KEPT = 1 - 1 / REMEMBERED
# Before the shares of the emotions: how many answers, and the sums of confidence and of low information.
_HEAD = 3


@dataclass(frozen=True)
class Recent:
    """What is known of the answers of one model of late.

    Attributes:
        answers: how many count.
        emotions: share of each emotion.
        confidence: the mean.
        low_information: share of the answers.
        features: mean of each feature [shape=(D,)]; None where none are known.
    """

    answers: float
    emotions: Mapping[str, float]
    confidence: float
    low_information: float
    features: NDArray[np.float64] | None


class RecentAnswers:
    """The sums of one process, and what those of all processes amount to."""

    def __init__(self) -> None:
        self._own: dict[str, NDArray[np.float64]] = {}
        self._pid = os.getpid()
        self._lock = Lock()

    def add_answer(
        self, model: str, manifest: Manifest, emotion: str, confidence: float, low_information: bool
    ) -> None:
        """Count an answer.

        Args:
            model: its name, as `GET /models` has it: the manifest of a copy has that of the original.
            manifest: of the model.
            emotion: of the answer.
            confidence: of the answer.
            low_information: whether it is uncertain.
        """
        with self._lock:
            sums = self._sums(model, manifest)[: _HEAD + len(manifest.labels)]
            sums *= _KEPT
            sums[0] += 1
            sums[1] += confidence
            sums[2] += low_information
            sums[_HEAD + manifest.labels.index(emotion)] += 1

    def add_features(self, model: str, manifest: Manifest, statistics: Baseline) -> None:
        """Count the mean of the frames of an answer, of a model that knows its training speakers' frames."""
        if manifest.scaling is None or not statistics.count:
            return
        with self._lock:
            sums = self._sums(model, manifest)[_HEAD + len(manifest.labels) :]
            if len(sums) != 1 + len(statistics.sum):
                return
            sums *= _KEPT
            sums[0] += 1
            sums[1:] += statistics.sum / statistics.count

    def of(self, model: str, manifest: Manifest) -> Recent | None:
        """Return what the processes know of a model; None before its first answer."""
        sums = np.zeros(_size(manifest))
        for each in self._all(model):
            if each.size == sums.size:
                sums += each
        head, features = sums[: _HEAD + len(manifest.labels)], sums[_HEAD + len(manifest.labels) :]
        answers = head[0]
        if answers <= 0:
            return None
        return Recent(
            answers=float(answers),
            emotions=dict(zip(manifest.labels, (head[_HEAD:] / answers).tolist(), strict=True)),
            confidence=float(head[1] / answers),
            low_information=float(head[2] / answers),
            features=features[1:] / features[0] if len(features) and features[0] > 0 else None,
        )

    def _all(self, model: str) -> Iterator[NDArray[np.float64]]:
        folder = shared_folder()
        if folder is None:
            yield self._own.get(model, np.zeros(0))
            return
        for file in folder.glob(f"{_file_stem(model)}_*.sums"):
            yield np.fromfile(file, np.float64)

    def _sums(self, model: str, manifest: Manifest) -> NDArray[np.float64]:
        """Return this process' sums of a model; they are in a file where there are several processes."""
        if self._pid != os.getpid():
            self._own, self._pid = {}, os.getpid()
        known = self._own.get(model)
        if known is None or known.size != _size(manifest):
            known = self._own[model] = _zeros(model, _size(manifest), shared_folder())
        return known


def _zeros(model: str, size: int, folder: Path | None) -> NDArray[np.float64]:
    if folder is None:
        return np.zeros(size)
    file = folder / f"{_file_stem(model)}_{os.getpid()}.sums"
    try:
        file.unlink(missing_ok=True)
        reserve_file(file, size * np.dtype(np.float64).itemsize)
        # As a plain array, whose parts are made faster.
        return np.memmap(file, np.float64, "r+", shape=(size,)).view(np.ndarray)
    except OSError:
        logger.warning("The answers of late of this process cannot be shared", exc_info=True)
        return np.zeros(size)


def _size(manifest: Manifest) -> int:
    features = 1 + len(manifest.scaling.mean) if manifest.scaling else 0
    return _HEAD + len(manifest.labels) + features


def _file_stem(model: str) -> str:
    # Of a fixed length, and without an underscore: the process' number follows one.
    return f"recent_{hashlib.sha256(os.fsencode(model)).hexdigest()[:16]}"
