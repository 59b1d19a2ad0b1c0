"""The page on a static host, built with VITE_API_URL, and the API elsewhere, with SER_CORS_ORIGINS."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import Request, urlopen

import numpy as np
import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

from browser import FAKE_MICROPHONE, FLAGS, executable
from clips import CLIPS, sound_file
from dashboard import listen, stop, wait_until
from ser.audio.decode import decode
from server import Server
from waiting import DEADLINE_S

REPOSITORY = Path(__file__).parents[2]
HEADERS_FILE = REPOSITORY / "deploy" / "static-host" / "_headers"
Rules = list[tuple[str, str, str]]

pytestmark = pytest.mark.slow


def header_rules() -> Rules:
    """Return the path, the name and the value of each header of the shipped file."""
    rules: Rules = []
    path = ""
    for line in HEADERS_FILE.read_text().splitlines():
        if line.startswith("/"):
            path = line
        elif line.startswith(" "):
            name, _, value = line.strip().partition(": ")
            rules.append((path, name, value))
    return rules


class StaticHost(SimpleHTTPRequestHandler):
    """Files, and the shipped headers with the address of the API in them."""

    api = ""

    def end_headers(self) -> None:
        for path, name, value in header_rules():
            if re.fullmatch(path.replace("*", ".*"), self.path.partition("?")[0]):
                address = value.replace("https://api.example", self.api)
                self.send_header(name, address.replace("wss://api.example", self.api.replace("http", "ws")))
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests readable."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the page, and that of the API."""
    folder = tmp_path_factory.mktemp("page")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(StaticHost, directory=str(folder))) as host:
        page = f"http://127.0.0.1:{host.server_port}"
        server = Server(tmp_path_factory.mktemp("api") / "log", SER_CORS_ORIGINS=page)
        StaticHost.api = server.url
        subprocess.run(
            ["npm", "exec", "--", "vite", "build", "--outDir", str(folder), "--logLevel", "error"],
            cwd=REPOSITORY / "frontend",
            env=os.environ | {"VITE_API_URL": f"{server.url}/"},
            check=True,
        )
        thread = Thread(target=host.serve_forever)
        thread.start()
        yield page, server.url
        host.shutdown()
        thread.join()
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(scope="module")
def page(addresses: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page, open, in a browser with a voice as its microphone."""
    sound = tmp_path_factory.mktemp("microphone") / "speech.wav"
    sound.write_bytes(sound_file(np.concatenate([decode(clip.path) for clip in CLIPS])))
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            args=[*FLAGS, *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={sound}"],
        )
        expect.set_options(timeout=DEADLINE_S * 1000)
        context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(DEADLINE_S * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(addresses[0])
        yield page
        browser.close()
    assert faults == []


def test_chunks_and_files_are_answered_from_elsewhere(page: Page, addresses: tuple[str, str]) -> None:
    own, api = addresses
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    listen(page)
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() >= 1)
    stop(page)
    page.get_by_role("tab", name="Upload").click()
    page.get_by_test_id("file-input").set_input_files(CLIPS[0].path)
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "done")
    assert f"{api}/predict" in asked
    assert f"{api}/analyze" in asked
    # The page's own host gives nothing but files.
    here = {url.removeprefix(own) for url in asked if url.startswith(own)}
    assert not [path for path in here if not re.match(r"/(assets/|sw\.js|favicon\.svg)", path)]


def test_a_live_stream_goes_there_too(page: Page, addresses: tuple[str, str]) -> None:
    page.get_by_role("tab", name="Live").click()
    before = page.get_by_test_id("timeline-entry").count()
    with page.expect_websocket() as opened:
        page.get_by_test_id("mode-stream").check()
        page.get_by_test_id("listen-button").click()
    assert opened.value.url == f"{addresses[1].replace('http', 'ws')}/stream"
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() > before)
    stop(page)


def test_a_page_that_is_not_listed_may_read_nothing(addresses: tuple[str, str]) -> None:
    for origin, allowed in ((addresses[0], addresses[0]), ("https://elsewhere.example", None)):
        with urlopen(Request(f"{addresses[1]}/models", headers={"Origin": origin})) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == allowed


def test_the_shipped_headers_are_those_of_the_server(addresses: tuple[str, str]) -> None:
    with urlopen(addresses[1]) as answer:
        of_server = {name: value for name, value in answer.headers.items() if "-" in name}
    for path, name, value in header_rules():
        if path == "/*":
            here = value.replace(" https://api.example wss://api.example", "")
            assert of_server[name] == here, name


def test_render_sends_the_same_headers() -> None:
    (api, page) = yaml.safe_load((REPOSITORY / "deploy" / "render.yaml").read_text())["services"]
    given = {each["key"]: each["value"] for each in page["envVars"] + api["envVars"]}
    host = given["VITE_API_URL"].removeprefix("https://")
    assert host.partition(".")[0] == api["name"]
    assert given["SER_CORS_ORIGINS"] == f"https://{page['name']}.onrender.com"
    sent = [(each["path"], each["name"], each["value"]) for each in page["headers"]]
    assert sent == [(path, name, value.replace("api.example", host)) for path, name, value in header_rules()]
