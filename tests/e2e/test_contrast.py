"""Whether controls that are off can be seen, by the colours that the browser computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

# WCAG 2.2, 1.4.11: what is needed to find a control.
LEAST = 3.0

# Beside what the page shows: one of each kind, on a card.
CONTROLS = """
() => {
  const card = document.createElement('div');
  card.className = 'card ser-card';
  const kinds = [['checkbox', 'form-switch'], ['checkbox', ''], ['radio', '']];
  card.innerHTML = kinds.map(([type, kind]) => `
    <div class="form-check ${kind}">
      <input class="form-check-input" type="${type}" data-kind="${kind || type}">
    </div>
  `).join('');
  document.querySelector('main').prepend(card);
}
"""

# Their borders, and the knob of a switch, against what is behind them.
CONTRASTS = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = rgba(color).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const background = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return rgba(color)[3] === 255 ? color : background(element.parentElement);
  };
  return [...document.querySelectorAll('.form-check-input:not(:checked):not(:disabled)')].flatMap((input) => {
    const { borderTopColor, backgroundImage } = getComputedStyle(input);
    const name = input.dataset.kind ?? input.id;
    const border = [`border of ${name}`, contrast(borderTopColor, background(input.parentElement))];
    const fill = backgroundImage.match(/fill=(?:'|%27)(?:%23|#)([\\da-f]+)/i)?.[1];
    if (!input.closest('.form-switch')) return [border];
    return [border, [`knob of ${name}`, fill ? contrast(`#${fill}`, background(input)) : 0]];
  });
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_that_are_off_can_be_seen(scheme: str, visit: Callable[..., Page]) -> None:
    page = visit(color_scheme=scheme)
    expect(page.get_by_test_id("listen-button")).to_be_visible()
    page.evaluate(CONTROLS)
    contrasts = dict(page.evaluate(CONTRASTS))
    assert {"border of form-switch", "knob of form-switch", "border of checkbox", "border of radio"} <= set(
        contrasts
    )
    assert {name: found for name, found in contrasts.items() if found < LEAST} == {}
    # Also while it has the focus, which Bootstrap shows by a knob of another colour.
    page.locator("[data-kind=form-switch]").focus()
    focused = dict(page.evaluate(CONTRASTS))
    assert min(focused["border of form-switch"], focused["knob of form-switch"]) >= LEAST
