"""Keeps off standard error what other libraries say of themselves, so that what a user can use is not lost.

TensorFlow, with XLA and its search for a GPU, prints a dozen lines a process, and joblib warns of processes
that it replaces. With `TF_CPP_MIN_LOG_LEVEL` set in the environment, TensorFlow prints what it asks for.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Of those levels, only what ends the process.
_FATAL_ONLY = "3"
# What is printed before TensorFlow reads its level.
_FOREIGN_LINE = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} [\d:.]+ +\d+ \S+:\d+\]|To enable the following instr"
)


def quieten() -> None:
    """Silence TensorFlow, which need not be there or be imported, and joblib, in this process.

    Processes that are started from here inherit the level, and call this themselves.
    """
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    known = any(isinstance(each, _QuietImport) for each in sys.meta_path)
    if os.environ.setdefault(_LEVEL, _FATAL_ONLY) == _FATAL_ONLY and not known:
        sys.meta_path.insert(0, _QuietImport())


class _QuietImport(MetaPathFinder):
    """Imports TensorFlow, once, without the lines that no setting keeps it from printing."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return how TensorFlow is imported; None for all else."""
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_quietly(module: ModuleType) -> None:
                with without_foreign_lines():
                    execute(module)

            spec.loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


@contextmanager
def without_foreign_lines() -> Iterator[None]:
    """Hold back what is written to standard error, also by C++, and then write it without foreign lines."""
    try:
        stderr = os.dup(2)
    except OSError:
        # It is closed.
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            with open(2, "wb", closefd=False) as out:
                out.writelines(line for line in held if not _FOREIGN_LINE.match(line))
