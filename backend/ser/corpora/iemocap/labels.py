"""IEMOCAP's labels: the emotion of each turn that most listeners chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ser.errors import CorpusError

# All that the files hold; `xxx`: the listeners did not agree, `oth`: another emotion.
LABELS = frozenset({"ang", "dis", "exc", "fea", "fru", "hap", "neu", "oth", "sad", "sur", "xxx"})

# One for each dialog. Other names are not of the corpus, as the `._*` that macOS leaves behind.
_FILE = re.compile(r"Ses0[1-5][FM]_\w+\.txt", re.IGNORECASE)
# [start - end] in s, turn, label, [valence, activation, dominance]; the votes of the listeners follow.
_TURN = re.compile(r"\[[^\]]+\]\s+(Ses\w+)\s+([a-z]{3})\s+\[[^\]]+\]")
_EXPECTED = "[6.2901 - 8.2357] Ses01F_impro01_F000 neu [2.5000, 2.5000, 2.5000]"
_SHOWN = 60


def load(sessions: Iterable[Path]) -> dict[str, str]:
    """Return turn -> label of the sessions' folders; nothing where there are no files of labels.

    Raises:
        CorpusError: a file cannot be read, is no text, is damaged, or a turn has two labels.
    """
    found: dict[str, str] = {}
    for session in sessions:
        for file in sorted(session.glob("dialog/EmoEvaluation/*")):
            if _FILE.fullmatch(file.name) is None or not file.is_file():
                continue
            for turn, label in _turns(file):
                if found.setdefault(turn, label) != label:
                    raise CorpusError(f"'{file}' labels {turn} {label}; elsewhere it is {found[turn]}.")
    return found


def _turns(file: Path) -> Iterator[tuple[str, str]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"'{file}' cannot be read: {error.strerror}.") from error
    # The turns are ASCII; what the listeners remarked may be anything.
    lines = [line.strip() for line in content.decode("latin-1").split("\n")]
    turns = [(number, line) for number, line in enumerate(lines, 1) if line.startswith("[")]
    if not turns or b"\0" in content:
        raise CorpusError(f"'{file}' is no text with labels; lines like '{_EXPECTED}' are expected.")
    for number, line in turns:
        match = _TURN.fullmatch(line)
        if match is None or match[2] not in LABELS:
            raise CorpusError(
                f"'{file}' is damaged or cut off in line {number}, {line[:_SHOWN]!r}; lines like "
                f"'{_EXPECTED}' are expected, with one of the labels {', '.join(sorted(LABELS))}."
            )
        yield match[1], match[2]
