"""Feature sets as they are served: extracted by the graphs in `graphs`, without librosa."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.features.registry import FeatureSet, Frames
from ser.features.trimming import require_enough
from ser.onnx_session import open_session, returning_memory, run

_FOLDER = "graphs"
# Longer sound takes much memory: 2 MB a second.
_LONG = 20 * SAMPLE_RATE_HZ
# The names of a graph's input and outputs.
WAVEFORM, FRAMES, START, LENGTH = "waveform", "frames", "start", "length"


class ServedFeatures(FeatureSet):
    """A feature set whose frames a graph extracts, on one thread.

    The numbers are those of the feature set to about 1e-5 of a standard deviation of theirs. Where two peaks
    of the autocorrelation are equally high, pitch may be taken from the other one.

    Args:
        known: the feature set.
    """

    def __init__(self, known: FeatureSet) -> None:
        self.name, self.version, self.parameters = known.name, known.version, known.parameters
        self.description, self.shape, self.groups = known.description, known.shape, known.groups

    def extract(self, y: Waveform) -> Frames:
        """See `FeatureSet`."""
        return self.extract_with_start(y)[0]

    def extract_with_start(self, y: Waveform) -> tuple[Frames, int]:
        """See `FeatureSet`."""
        given = {WAVEFORM: y.astype(np.float32, copy=False)}
        options = returning_memory() if len(y) > _LONG else None
        frames, start, length = run(_session(self.name), [FRAMES, START, LENGTH], given, options)
        require_enough(int(length[0]))
        return frames, int(start[0])


def served(known: FeatureSet) -> FeatureSet:
    """Return a feature set as it is served; itself, where there is no graph of it."""
    return ServedFeatures(known) if graph_file(known.name).is_file() else known


def graph_file(name: str) -> Any:
    """Return where the graph of a feature set is, or would be."""
    return files("ser.features") / _FOLDER / f"{name}.onnx"


@cache
def _session(name: str) -> Any:
    return open_session(graph_file(name).read_bytes())
