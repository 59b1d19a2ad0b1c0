"""Text for people: tables and counts."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with aligned columns, for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def counted(number: int, word: str) -> str:
    """Return a number of things, as `1 clip` or `1,200 clips`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
