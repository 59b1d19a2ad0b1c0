"""Writes the graphs that serving runs: `python -m ser.features.graphs`."""

from __future__ import annotations

from ser.features.graphs.mfcc import KNOWN, graph_of
from ser.features.served import graph_file


def main() -> None:
    """Write `<name of the feature set>.onnx` beside this file."""
    for name, features in KNOWN.items():
        graph_file(name).write_bytes(graph_of(features).SerializeToString())


if __name__ == "__main__":
    main()
