"""The page without a network, after one visit: its service worker, and what a new version changes."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Response, expect

from dashboard import listen, stop, wait_until
from server import Server

DIST = Path(__file__).parents[2] / "frontend" / "dist"
KEPT = """async () => {
  const urls = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) urls.push(new URL(url).pathname);
  }
  return urls;
}"""


def turn_on(page: Page) -> None:
    page.get_by_test_id("device-switch").first.check()
    expect(page.get_by_test_id("device").first).to_contain_text("works without a network")


def test_it_goes_on_after_a_reload_with_the_server_stopped(
    visit: Callable[..., Page], talk_file: Path, tmp_path: Path
) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    sent: list[Request] = []
    try:
        page = visit(url=server.url, service_workers="allow")
        page.context.on("request", lambda request: sent.append(request))
        turn_on(page)
    except BaseException:
        server.kill()
        raise
    server.kill()
    page.reload()
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
    listen(page)
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() >= 1)
    stop(page)
    page.get_by_test_id("mode-stream").check()
    before = page.get_by_test_id("timeline-entry").count()
    page.get_by_test_id("listen-button").click()
    wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() > before)
    stop(page)
    page.get_by_role("tab", name="Upload").click()
    page.get_by_test_id("file-input").set_input_files(talk_file)
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "done")
    # The service worker's requests are among them: nothing but files is asked for, and nothing is sent.
    assert {request.method for request in sent} == {"GET"}
    assert page.evaluate("window.forms") == []


def test_it_opens_while_the_server_hangs(visit: Callable[..., Page], tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    try:
        page = visit(url=server.url, service_workers="allow")
        turn_on(page)
        # Connections are taken, and nobody answers.
        os.killpg(server.process.pid, signal.SIGSTOP)
        page.reload()
        expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
        listen(page)
        wait_until(page, lambda: page.get_by_test_id("timeline-entry").count() >= 1)
    finally:
        server.kill()


def test_only_the_page_and_its_models_are_kept(visit: Callable[..., Page]) -> None:
    page = visit(service_workers="allow")
    turn_on(page)
    kept = page.evaluate(KEPT)
    of_models = {path for path in kept if path.startswith("/models")}
    assert of_models == {"/models", "/models/cremad-6", "/models/cremad-6/model.onnx"}
    others = set(kept) - of_models
    assert others >= {"/", "/manifest.webmanifest"}
    assert all(path.startswith("/assets/") or (DIST / path.removeprefix("/")).exists() for path in others)
    # With the model, 10 MB over the wire.
    assert sum(sent_bytes(DIST / path.removeprefix("/")) for path in others if path != "/") < 5e6
    # Answers of the API come from the server, each time.
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    page.evaluate("Promise.all([fetch('/health'), fetch('/comparison')])")
    assert [answer.from_service_worker for answer in answers] == [False, False]


def test_it_can_be_installed(visit: Callable[..., Page]) -> None:
    page = visit(service_workers="allow")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    manifest = page.request.get(f"/{address}").json()
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        answer = page.request.get(f"/{icon['src']}")
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, icon["type"])
    problems = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A window that leaves no traces installs nothing.
    assert [each["errorId"] for each in problems if each["errorId"] != "in-incognito"] == []


def sent_bytes(file: Path) -> int:
    compressed = file.with_name(f"{file.name}.br")
    return (compressed if compressed.exists() else file).stat().st_size


# Of the page's description.
ABOUT, NEW = "Record your voice", "The new version."


@pytest.fixture
def other_version(tmp_path: Path) -> Path:
    """A page of which another version can be deployed."""
    return Path(shutil.copytree(DIST, tmp_path / "dist"))


def test_a_new_version_takes_over(visit: Callable[..., Page], other_version: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_FRONTEND_DIR=str(other_version))
    try:
        page = visit(url=server.url, service_workers="allow")
        about = page.locator("meta[name=description]")
        page.evaluate("navigator.serviceWorker.ready")
        wait_until(page, lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
        (before,) = [name for name in page.evaluate("caches.keys()") if name.startswith("ser-page-")]
        deploy(other_version, before.removeprefix("ser-page-"))
        page.reload()
        # At once, not at the visit after the next one.
        expect(about).to_have_attribute("content", re.compile(NEW))
        wait_until(page, lambda: before not in page.evaluate("caches.keys()"))
    finally:
        server.kill()
    page.reload()
    expect(about).to_have_attribute("content", re.compile(NEW))
    expect(page.get_by_test_id("listen-button")).to_be_visible()


def deploy(folder: Path, version: str) -> None:
    """Change the page, and the version that its service worker knows."""
    index, program = folder / "index.html", folder / "sw.js"
    # The page itself sets its title, in the language of the browser.
    assert ABOUT in index.read_text()
    index.write_text(index.read_text().replace(ABOUT, f"{NEW} {ABOUT}"))
    text = program.read_text()
    assert version in text
    program.write_text(text.replace(version, "0" * len(version)))
