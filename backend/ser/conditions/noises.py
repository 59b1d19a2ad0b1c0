"""Recorded noises: what sounds behind a voice."""

from __future__ import annotations

import logging
from pathlib import Path

from ser.audio import decode as audio
from ser.audio.waveform import Waveform
from ser.errors import AudioError, CorpusError, listed

_log = logging.getLogger(__name__)


def load(folder: Path) -> dict[Path, Waveform]:
    """Return the recordings of noise in a folder, by their paths, which are sorted.

    Files that are no recording, or a silent one, are skipped and logged as a warning; hidden ones are passed
    over.

    Raises:
        CorpusError: none is left.
    """
    found: dict[Path, Waveform] = {}
    bad = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        try:
            y = audio.decode(path)
        except AudioError as error:
            bad.append(f"{path.name}: {error}")
            continue
        if y.any():
            found[path] = y
        else:
            bad.append(f"{path.name}: It holds digital silence.")
    if not found:
        raise CorpusError(f"'{folder}' holds no recording of noise that can be read.{listed(bad)}")
    if bad:
        _log.warning("%d files of '%s' are no noise and are skipped:%s", len(bad), folder, listed(bad))
    return found
