"""How Chromium is started for tests."""

from __future__ import annotations

import shutil

# A name for this machine that browsers do not trust as they trust localhost.
INSECURE_HOST = "voice.example"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1",
]
FAKE_DEVICE = "--use-fake-device-for-media-stream"
FAKE_MICROPHONE = ["--use-fake-ui-for-media-stream", FAKE_DEVICE]


def executable() -> str | None:
    """Return the system's Chromium; None for Playwright's own."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)
