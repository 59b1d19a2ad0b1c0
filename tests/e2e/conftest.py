"""The real server with the real model, and a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from browser import FAKE_MICROPHONE, FLAGS, executable
from clips import CLIPS, sound_file
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from server import Server
from waiting import DEADLINE_S

# The browser shows no one, not even Playwright, what a form with files holds.
WATCH_FORMS = """
window.unfinished = 0;
window.forms = [];
window.files = [];
window.urls = [];
const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  this.sentTo = url;
  return open.call(this, method, url, ...rest);
};
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
  if (body instanceof FormData) {
    window.unfinished += 1;
    // After the page's own listener, which sends what waits for this answer.
    this.addEventListener('loadend', () => { window.unfinished -= 1; });
    window.urls.push(this.sentTo);
    window.files.push(body.get('file'));
    window.forms.push(Object.fromEntries(
      [...body].map(([name, value]) => [name, value instanceof Blob ? value.type : value])));
  }
  return send.call(this, body);
};
// A recorder hands over its chunk only after it was stopped.
if (window.MediaRecorder) {
  const start = MediaRecorder.prototype.start;
  MediaRecorder.prototype.start = function (...args) {
    window.unfinished += 1;
    this.addEventListener('stop', () => { window.unfinished -= 1; }, { once: true });
    return start.apply(this, args);
  };
}
"""

# What the page does that its Content-Security-Policy forbids.
VIOLATION = "forbidden by the policy"
WATCH_POLICY = f"""
document.addEventListener('securitypolicyviolation', (event) => {{
  console.error('{VIOLATION}:', event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample);
}});
"""


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server started as a user starts it, on a free port."""
    server = Server(tmp_path_factory.mktemp("server") / "log")
    yield server.url
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(scope="session")
def microphone_sound() -> Waveform:
    """What the fake microphone records: twelve speakers, one after the other, over and over."""
    return np.concatenate([decode(clip.path) for clip in CLIPS])


@pytest.fixture(scope="session")
def microphone(microphone_sound: Waveform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    file = tmp_path_factory.mktemp("microphone") / "speech.wav"
    file.write_bytes(sound_file(microphone_sound))
    return file


@pytest.fixture(scope="session")
def talk() -> Waveform:
    """Every shipped clip, with a second of faint noise after each."""
    noise = np.random.default_rng(1).standard_normal(int(SAMPLE_RATE_HZ)) * 0.001
    return np.concatenate([part for clip in CLIPS for part in (decode(clip.path), noise)]).astype(np.float32)


@pytest.fixture(scope="session")
def talk_file(talk: Waveform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    file = tmp_path_factory.mktemp("talk") / "talk.wav"
    file.write_bytes(sound_file(talk))
    return file


@pytest.fixture(scope="session")
def browser(microphone: Path) -> Iterator[Browser]:
    """Headless Chromium with a real recording as its microphone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            args=[*FLAGS, *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={microphone}"],
        )
        expect.set_options(timeout=DEADLINE_S * 1000)
        yield browser
        browser.close()


def _fulfil(answer: object, route: Route) -> None:
    route.fulfill(json=answer)


@pytest.fixture
def visit(browser: Browser, server_url: str) -> Iterator[Callable[..., Page]]:
    """Open the page in a browser that has never been here."""
    contexts = []
    faults: list[str] = []

    def open_page(
        *,
        url: str = server_url,
        script: str = "",
        answers: dict[str, object] | None = None,
        **options: object,
    ) -> Page:
        # What moves takes most of a processor: only tests that look at it have it.
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        # It asks for models by itself, where no test sees it.
        options = {"service_workers": "block"} | options
        context = browser.new_context(base_url=url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(DEADLINE_S * 1000)
        context.add_init_script(WATCH_FORMS + WATCH_POLICY + script)
        for pattern, answer in (answers or {}).items():
            context.route(pattern, partial(_fulfil, answer))
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if VIOLATION in said.text else None)
        # pytest shows it beside a failure.
        page.on("requestfailed", lambda r: print("failed:", r.method, r.url, r.failure))
        page.on("console", lambda said: print("console:", said.text))
        page.on(
            "request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else faults.append(r.url)
        )
        page.goto("/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == [], "errors in the page, or requests to elsewhere"
