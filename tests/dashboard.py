"""What a person does with the dashboard, and what is wrong with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import cycle, product
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from ser.audio.waveform import Waveform
from waiting import DEADLINE_S

# Where the README's pictures are taken anew; None where pages are only looked at.
PICTURES = Path(__file__).parents[1] / "docs" / "screenshots" if "UPDATE_SCREENSHOTS" in os.environ else None
AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
STILL = """
() => document.getAnimations().every(
  ({ playState, effect }) => playState !== 'running' || effect.getComputedTiming().iterations === Infinity
)
"""


WATCH_SHIFTS = """() => {
  window.shifts = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  const source = ({ node, previousRect, currentRect }) =>
    `${node?.dataset?.testid ?? node?.className ?? node?.textContent} `
    + `from ${place(previousRect)} to ${place(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([value, sources.map(source)]);
  }).observe({ type: 'layout-shift' });
}"""


def views(*widths: int) -> list[tuple[int, str]]:
    """Return widths and colour schemes: each in turn, or all of both for the README's pictures."""
    schemes = ("light", "dark")
    if PICTURES:
        return list(product(widths, schemes))
    return list(zip(widths, cycle(schemes), strict=False))


def watch_shifts(page: Page) -> None:
    """Watch from now on how much the page's content moves by itself."""
    page.evaluate(WATCH_SHIFTS)


def expect_little_shift(page: Page, limit: float) -> None:
    """Make sure that the page's content has moved little since then, by Chromium's layout shift score."""
    shifts: list[tuple[float, list[str]]] = page.evaluate("window.shifts")
    assert sum(score for score, _ in shifts) < limit, shifts


def listen(page: Page) -> None:
    page.get_by_test_id("listen-button").click()
    page.get_by_role("button", name="Agree and start").click()
    expect_listening(page)


def expect_listening(page: Page, *, yes: bool = True) -> None:
    """Wait until the page listens, or no longer does."""
    name = "Stop Listening" if yes else "Start Listening"
    expect(page.get_by_test_id("listen-button")).to_have_accessible_name(name)


def stop(page: Page) -> None:
    page.get_by_test_id("listen-button").click()
    expect_listening(page, yes=False)


def stream(page: Page) -> None:
    """Choose streaming, which phones have in the settings, and listen."""
    mode = page.get_by_test_id("mode-stream")
    page.get_by_test_id("listen-button").wait_for()
    is_in_settings = not mode.is_visible()
    if is_in_settings:
        page.get_by_test_id("open-settings").click()
    mode.check()
    if is_in_settings:
        close_drawer(page)
    listen(page)


def open_voice(page: Page) -> None:
    """Open the drawer with what is known of the speaker's voice."""
    page.get_by_test_id("voice-button").click()
    expect(page.get_by_test_id("voice-drawer")).to_be_visible()


def record_voice(page: Page) -> None:
    """Have a voice learned, once there is consent, with the voice drawer open."""
    page.get_by_test_id("learn-voice").click()
    dialog = page.get_by_test_id("learn-dialog")
    dialog.get_by_role("button", name="Start recording").click()
    expect(dialog).to_contain_text("Your voice is learned")
    dialog.get_by_role("button", name="Done").click()


def close_drawer(page: Page) -> None:
    page.locator("dialog[open]").get_by_role("button", name="Close").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def choose_model(page: Page, name: str) -> None:
    page.get_by_test_id("model-select").select_option(name)


def session_count(page: Page, of: str = "session") -> int:
    """Return how many results the session shows, or how many of `uncertain`, `no-speech` or `skipped`."""
    return int(str(page.get_by_test_id(f"{of}-count").get_attribute("data-count")))


def expect_count(page: Page, count: int, of: str = "session") -> None:
    expect(page.get_by_test_id(f"{of}-count")).to_have_attribute("data-count", str(count))


def wait_for_count(page: Page, count: int) -> None:
    """Wait until the session has so many results."""
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=session-count]').dataset.count) >= n", arg=count
    )


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Let the page go on until a condition holds that is seen from outside it."""
    over_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < over_s, "it did not happen"
        page.wait_for_timeout(50)


def percent(value: object) -> str:
    # As the page does: of the number as it is written, of which a half goes up.
    exact = 100 * Decimal(repr(float(value)))  # type: ignore[arg-type]
    return f"{exact.quantize(Decimal(1), ROUND_HALF_UP)}%"


def faults(page: Page) -> list[str]:
    """Return what axe-core finds wrong with the page as it is now."""
    page.evaluate(AXE.read_text())
    # What fades in has little contrast until it is there.
    page.wait_for_function(STILL)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]


def faults_in_any_colours(page: Page) -> list[str]:
    """Return the same with the light and with the dark theme, if the page follows the system's."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function("s => document.documentElement.dataset.bsTheme === s", arg=scheme)
        found += faults(page)
    return found


def found_in(source: Waveform, chunk: Waveform) -> int:
    """Return where in a source, which is played over and over, a chunk of it begins, in samples."""
    spectrum = np.fft.rfft(source) * np.conj(np.fft.rfft(chunk, len(source)))
    return int(np.argmax(np.fft.irfft(spectrum, len(source))))
