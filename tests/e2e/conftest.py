"""The real server with the real model, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from server import Server

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
    server = Server(tmp_path_factory.mktemp("server") / "log")
    yield server.url
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears: one clip, over and over."""
    file = tmp_path_factory.mktemp("microphone") / "speech.wav"
    file.write_bytes(sound_file(np.tile(decode(CLIPS[0].path), 2)))
    return file


@pytest.fixture(scope="session")
def browser(microphone: Path) -> Iterator[Browser]:
    """Headless Chromium with a real recording as its microphone."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, found), None),
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
