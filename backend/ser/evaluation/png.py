"""Plots as small PNG files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

_COLORS = 256


def write_png(figure: Figure, file: Path, *, dpi: float) -> None:
    """Write a figure with a palette of 256 colours, which takes a third of the bytes.

    Args:
        figure: what is drawn.
        file: where to.
        dpi: pixels per inch of the figure's size.
    """
    drawn = BytesIO()
    figure.savefig(drawn, dpi=dpi)
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(_COLORS).save(file, "PNG", optimize=True)
