"""Delay from the end of a 3 s chunk until the page shows its emotion.

    python benchmarks/live_delay.py

Runs the real server and a real browser on this machine; a recording is the microphone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser import FAKE_MICROPHONE, FLAGS, executable
from clips import CLIPS, sound_file
from ser.audio.decode import decode
from server import Server

CHUNKS = 10
# The end of a chunk is the start of its request, which waits for the recorder's last bytes.
WATCH = """
window.shown = [];
document.addEventListener('DOMContentLoaded', () => {
  const observer = new MutationObserver(() => {
    const count = Number(document.querySelector('[data-testid=session-count]')?.dataset.count ?? 0);
    if (count > window.shown.length) window.shown.push(performance.now());
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
});
"""
DELAYS = """() => performance.getEntriesByType('resource')
  .filter((entry) => entry.name.endsWith('/predict'))
  .slice(0, window.shown.length)
  .map((entry, i) => window.shown[i] - entry.startTime)"""


def main() -> None:
    """Print the median and the longest delay."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        microphone = Path(folder) / "speech.wav"
        microphone.write_bytes(sound_file(np.concatenate([decode(clip.path) for clip in CLIPS[::3]])))
        server = Server(Path(folder) / "log")
        try:
            browser = playwright.chromium.launch(
                executable_path=executable(),
                args=[*FLAGS, *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={microphone}"],
            )
            page = browser.new_page()
            page.add_init_script(WATCH)
            page.goto(server.url)
            page.get_by_test_id("listen-button").click()
            page.get_by_role("button", name="Agree and start").click()
            page.wait_for_function("n => window.shown.length >= n", arg=CHUNKS, timeout=60_000)
            delays_ms = page.evaluate(DELAYS)
            browser.close()
        finally:
            server.stop()
    print(f"{len(delays_ms)} chunks: median {median(delays_ms):.0f} ms, longest {max(delays_ms):.0f} ms")


if __name__ == "__main__":
    main()
