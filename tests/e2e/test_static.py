"""`make static`: the dashboard as nothing but files, in a folder of any site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, Response, expect

from dashboard import choose_model, close_drawer, faults, listen, open_voice, record_voice, stop, wait_until

REPOSITORY = Path(__file__).parents[2]
FOLDER = "voice/emotions"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address, served by what comes with Python, below other things of the site."""
    root = tmp_path_factory.mktemp("site")
    folder = root / FOLDER
    build = ["npm", "run", "--silent", "build", "--", "--mode", "static", "--outDir", str(folder)]
    subprocess.run(build, cwd=REPOSITORY / "frontend", check=True, capture_output=True)
    write = [sys.executable, str(REPOSITORY / "frontend" / "static_files.py"), str(folder)]
    subprocess.run(write, check=True, capture_output=True)

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the output of the tests readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_everything_works_from_files_alone(visit: Callable[..., Page], site: str, talk_file: Path) -> None:
    page = visit(url=site, service_workers="allow")
    answers: list[Response] = []
    page.context.on("response", lambda response: answers.append(response))
    page.on("websocket", lambda socket: pytest.fail(f"{socket.url} was opened"))
    page.goto(f"{site}/{FOLDER}/")
    device = page.get_by_test_id("device")
    expect(device).to_contain_text("This page has no server")
    expect(page.get_by_test_id("device-switch")).to_be_disabled()
    expect(page.get_by_test_id("device-switch")).to_be_checked()
    expect(device).to_contain_text("works without a network")
    expect(page.get_by_test_id("settings")).to_contain_text("sent to nobody")

    listen(page)
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() >= 1)
    stop(page)
    page.get_by_test_id("mode-stream").check()
    before = page.get_by_test_id("timeline-entry").count()
    page.get_by_test_id("listen-button").click()
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() > before)
    stop(page)

    open_voice(page)
    record_voice(page)
    close_drawer(page)

    choose_model(page, "cremad-4")
    page.get_by_role("tab", name="Upload").click()
    page.get_by_test_id("baseline-own").check()
    page.get_by_test_id("file-input").set_input_files(talk_file)
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "done")
    assert faults(page) == []

    page.get_by_role("tab", name="Models").click()
    expect(page.get_by_test_id("open-system").first).to_be_visible()
    card = page.request.get(f"{site}/{FOLDER}/models/cremad-6/card.md")
    assert card.text().startswith("#")

    paths = {
        answer.url.removeprefix(site).partition("?")[0] for answer in answers if answer.url.startswith("http")
    }
    assert all(path.startswith(f"/{FOLDER}/") for path in paths), paths
    assert {answer.status for answer in answers if answer.url.startswith("http")} <= {200, 304}
    assert {answer.request.method for answer in answers} == {"GET"}
    assert page.evaluate("window.forms") == []


def test_it_opens_without_a_network(visit: Callable[..., Page], site: str) -> None:
    page = visit(url=site, service_workers="allow")
    page.goto(f"{site}/{FOLDER}/")
    expect(page.get_by_test_id("device")).to_contain_text("works without a network")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
    listen(page)
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() >= 1)
    stop(page)
    page.get_by_role("tab", name="Models").click()
    expect(page.get_by_test_id("open-system").first).to_be_visible()
