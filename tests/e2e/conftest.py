"""The real server with the real model, and a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from clips import CLIPS, sound_file
from ser.services.audio import decode

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server started as a user starts it, on a free port."""
    log = tmp_path_factory.mktemp("server") / "log"
    environment = {name: v for name, v in os.environ.items() if not name.startswith("SER_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("ser"), "serve", "--port", "0"],
            stderr=subprocess.STDOUT,
            stdout=output,
            env=environment,
        )
    try:
        yield _wait_until_ready(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    import time
    from urllib.error import URLError
    from urllib.request import urlopen

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"Listening at: (http://[\d.]+:\d+)", log.read_text()):
            try:
                with urlopen(f"{match[1]}/health", timeout=30) as response:
                    assert response.status == 200
                    return match[1]
            except URLError:
                pass
        time.sleep(0.05)
    raise AssertionError(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears: one clip, over and over."""
    file = tmp_path_factory.mktemp("microphone") / "speech.wav"
    file.write_bytes(sound_file(np.tile(decode(CLIPS[0].path), 2)))
    return file


@pytest.fixture(scope="session")
def browser(microphone: Path) -> Iterator[Browser]:
    """Headless Chromium with a real recording as its microphone."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[*CHROMIUM_FLAGS, f"--use-file-for-fake-audio-capture={microphone}"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server_url: str) -> Iterator[Page]:
    """A fresh visit, in which nothing may go wrong unseen."""
    context = browser.new_context(base_url=server_url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((server_url, "data:", "blob:")) else faults.append(r.url),
    )
    page.goto("/")
    yield page
    context.close()
    assert faults == []
