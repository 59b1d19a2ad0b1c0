"""Writes the graphs that serving runs: `python -m ser.features.graphs`."""

from __future__ import annotations

from ser.features.graphs.mfcc import graph_of
from ser.features.mfcc import MFCC, MFCC_PITCH
from ser.features.served import graph_file


def main() -> None:
    """Write `<name of the feature set>.onnx` beside this file."""
    for features in (MFCC, MFCC_PITCH):
        graph_file(features.name).write_bytes(graph_of(features).SerializeToString())


if __name__ == "__main__":
    main()
