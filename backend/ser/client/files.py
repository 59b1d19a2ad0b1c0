"""Audio on its way to the server: paths, bytes and open files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import BinaryIO

# A path, the bytes of a file, or a file that is open in binary mode; an open one is sent from its beginning.
Audio = str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO
# One part of a form, as httpx takes it: the field, then the name of the file and its content.
Part = tuple[str, tuple[str, bytes | BinaryIO]]

# The user's own name of the file is nobody's business: the server looks at the content only.
_FIELD, _NAME = "file", "audio"


class Uploads:
    """The files of a request, open for as long as it may be sent again.

    Args:
        files: to open.

    Attributes:
        parts: of the form.

    Raises:
        OSError: a path cannot be opened.
        TypeError: something is neither a path, nor bytes, nor a binary file.
    """

    def __init__(self, files: Sequence[Audio]) -> None:
        self.parts: list[Part] = []
        with ExitStack() as opened:
            for file in files:
                self.parts.append((_FIELD, (_NAME, _content(file, opened))))
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Close what was opened here; a file of the caller's stays open."""
        self._opened.close()


def _content(file: Audio, opened: ExitStack) -> bytes | BinaryIO:
    if isinstance(file, bytes | bytearray | memoryview):
        return bytes(file)
    if isinstance(file, str | PathLike):
        file = opened.enter_context(Path(file).open("rb"))  # noqa: SIM115
    elif isinstance(file, io.TextIOBase):
        raise TypeError("The file is open as text; open it with mode 'rb'.")
    elif not hasattr(file, "read"):
        raise TypeError(f"Expected a path, bytes or a binary file, not {type(file).__name__}.")
    # Of a pipe, nobody knows the length, and it cannot be sent twice.
    return file if file.seekable() else file.read()
