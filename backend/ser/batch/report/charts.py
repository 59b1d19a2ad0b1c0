"""The plots of a report, as SVG in the page: their colours follow the theme, and no file is needed."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from html import escape

from ser.batch.report.statistics import Floats, Sum, Trend

# Hue and chroma of OKLCH colours, as on the page of `ser serve` (frontend/src/lib/emotionAppearance.ts).
_COLOURS = {
    "angry": (25, 0.17),
    "happy": (80, 0.15),
    "sad": (250, 0.13),
    "disgust": (140, 0.14),
    "fear": (300, 0.14),
    "neutral": (260, 0.03),
    "calm": (190, 0.10),
    "surprise": (345, 0.15),
    "sarcastic": (50, 0.13),
    "boredom": (225, 0.06),
    "excited": (110, 0.15),
    "frustrated": (5, 0.12),
}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 960, 260, 44, 26
_GAP = 1.5
_LEAST_BETWEEN_LABELS = 86


def text(value: object) -> str:
    """Return a text for HTML: markup and characters that cannot be seen are escaped."""
    visible = "".join(_visible(c) for c in str(value))
    return escape(visible)


def _visible(c: str) -> str:
    if c.isprintable() and unicodedata.category(c) not in ("Cf", "Co"):
        return c
    return c.encode("unicode_escape").decode()


def colour(emotion: str) -> str:
    """Return the colour of an emotion as CSS; its lightness is the theme's."""
    name = emotion.lower()
    if name not in _COLOURS:
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big")
        return f"oklch(var(--lightness) 0.12 {seed % 360})"
    hue, chroma = _COLOURS[name]
    return f"oklch(var(--lightness) {chroma} {hue})"


def legend(labels: Sequence[str]) -> str:
    """Return which colour is which emotion."""
    items = "".join(
        f'<li><span class="key" style="background:{colour(label)}"></span>{text(label)}</li>'
        for label in labels
    )
    return f'<ul class="legend">{items}</ul>'


def share_bar(labels: Sequence[str], shares: Floats) -> str:
    """Return one bar that is divided like some shares [shape=(C,)]; the numbers must stand beside it."""
    at, parts = 0.0, []
    for label, share in zip(labels, shares.tolist(), strict=True):
        parts.append(
            f'<rect x="{100 * at:.2f}" y="0" width="{100 * share:.2f}" height="10" fill="{colour(label)}"/>'
        )
        at += share
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def trend(found: Trend, labels: Sequence[str]) -> str:
    """Return the shares of the emotions over time as columns, which are as wide as there is room."""
    count = len(found.columns)
    step = (_WIDTH - _LEFT) / count
    parts = [_axis()]
    last_label = -float(_LEAST_BETWEEN_LABELS)
    for number, (start, column) in enumerate(found.columns):
        x = _LEFT + number * step
        parts.append(_column(column, labels, x, min(step - _GAP, 60), f"{start}"))
        if x - last_label >= _LEAST_BETWEEN_LABELS and x < _WIDTH - 70:
            last_label = x
            parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 8}">{start}</text>')
    described = text(
        f"Share of the seconds of speech of each emotion, by {found.unit}, from {found.columns[0][0]} to "
        f"{found.columns[-1][0]}; the table below has the numbers."
    )
    return (
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{described}">'
        f"{''.join(parts)}</svg>"
    )


def _axis() -> str:
    inner = _HEIGHT - _BOTTOM
    lines = []
    for percent in (0, 25, 50, 75, 100):
        y = inner - (inner - 8) * percent / 100
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    return "".join(lines)


def _column(column: Sum, labels: Sequence[str], x: float, width: float, when: str) -> str:
    inner = _HEIGHT - _BOTTOM
    at, parts = float(inner), []
    for label, share in zip(labels, column.shares.tolist(), strict=True):
        height = (inner - 8) * share
        at -= height
        if height:
            parts.append(
                f'<rect x="{x:.1f}" y="{at:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" '
                f'fill="{colour(label)}"><title>{when}, {text(label)}: {share:.0%}</title></rect>'
            )
    return "".join(parts)
