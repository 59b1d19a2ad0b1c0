"""How ONNX Runtime runs a graph here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

# Read when it is imported. Otherwise it tells Microsoft of each session, and keeps a file for that.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# How its errors say that it got no memory: they have no class of their own.
_NO_MEMORY = ("Failed to allocate memory", "bad_alloc", "bad allocation")


def open_session(content: bytes) -> Any:
    """Return what runs an ONNX graph, on one CPU thread.

    Raises:
        Exception: the graph cannot be loaded; ONNX Runtime has no common class of its errors.
    """
    # Not at the top: a process that has imported it cannot end once it was forked.
    import onnxruntime as ort

    options = ort.SessionOptions()
    # One request is one thread's work: gunicorn's threads already fill the cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Errors only: it warns of inputs that have a default, which ours are meant to have.
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def run(session: Any, outputs: Sequence[str], given: Mapping[str, Any], options: Any = None) -> list[Any]:
    """Return outputs of a graph.

    Args:
        session: that runs it.
        outputs: their names.
        given: inputs by name.
        options: of the run.

    Raises:
        MemoryError: there is too little memory.
        Exception: the inputs do not fit; see `open_session`.
    """
    try:
        found: list[Any] = session.run(outputs, given, options)
    except Exception as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError("There is too little memory for a graph.") from error
        raise
    return found


@cache
def returning_memory() -> Any:
    """Return the options of a run that gives its memory back; by default, the next run gets it."""
    import onnxruntime as ort

    options = ort.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
