"""docs/embed.md: its program for a page runs in a browser, with the package as it is built."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route
from tests.docs.blocks import REPOSITORY, blocks

from clips import CLIPS
from ser.app import create_app
from ser.audio.decode import decode
from ser.config import Settings
from waiting import DEADLINE_S

pytestmark = pytest.mark.slow

PACKAGE = REPOSITORY / "frontend" / "packages" / "ser-web"
ADDRESS = "http://localhost"
IMPORT = "import { load } from 'ser-web';"
(PROGRAM,) = [block for block in blocks("docs/embed.md") if block.kind == "js" and IMPORT in block.text]
# What the document leaves to its reader.
GIVEN = """
const [samples, more, piece] = numbers.map((each) => Float32Array.from(each));
const recording = samples, shown = [], show = (line) => shown.push(line.type);
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for pages without a bundler, as the document builds it."""
    folder = tmp_path_factory.mktemp("package")
    build = ["npx", "vite", "build", "--logLevel", "error", "--outDir", str(folder)]
    subprocess.run(build, cwd=PACKAGE, check=True)
    return folder


@pytest.fixture
def page(browser: Browser, package: Path) -> Iterator[Page]:
    """A page whose addresses are those of the document."""
    server = create_app(Settings()).test_client()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path == "/":
            route.fulfill(body="<!doctype html><title>page</title>", content_type="text/html")
        elif path.startswith("/models/"):
            found = server.get(path)
            route.fulfill(status=found.status_code, body=found.data, content_type=found.content_type)
        elif path == "/silero_vad.onnx":
            route.fulfill(path=PACKAGE / "silero_vad.onnx")
        else:
            route.fulfill(path=package / path.removeprefix("/"))

    page = browser.new_page()
    page.set_default_timeout(DEADLINE_S * 1000)
    page.route("**/*", answer)
    page.goto(ADDRESS)
    yield page
    page.close()


def test_the_program_runs_in_a_page(page: Page) -> None:
    voices = [decode(clip.path) for clip in CLIPS[:4]]
    # The stream is told of 48 kHz.
    numbers = [np.concatenate(voices).tolist(), voices[0].tolist(), np.repeat(voices[1], 3).tolist()]
    program = PROGRAM.text.replace(IMPORT, "const { load } = await import('/ser-web.js');")
    code = f"async (numbers) => {{ {GIVEN} {program}\nreturn {{ first, second, timeline, shown }}; }}"
    found = page.evaluate(code, numbers)
    assert {found["first"]["emotion"], found["second"]["emotion"]} <= set(found["first"]["probabilities"])
    assert found["second"]["probabilities"].keys() == found["first"]["probabilities"].keys()
    assert found["timeline"]["segments"]
    assert {"window", "speech_started", "result", "speech_ended"} <= set(found["shown"])
