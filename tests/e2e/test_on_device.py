"""The page answers by itself, with nobody to ask: in a real browser, with its microphone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Page, Request, WebSocket, expect

from dashboard import (
    PICTURES,
    choose_model,
    close_drawer,
    expect_listening,
    faults,
    listen,
    open_voice,
    record_voice,
    stop,
    wait_for_count,
    wait_until,
)
from server import Server


def turn_on(page: Page) -> None:
    page.get_by_test_id("device-switch").check()
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")


def entries(page: Page) -> int:
    return page.get_by_test_id("timeline-entry").count()


def test_it_listens_and_learns_a_voice_with_the_server_stopped(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    try:
        page = visit(url=server.url)
        turn_on(page)
    except BaseException:
        server.kill()
        raise
    server.kill()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.on("websocket", lambda socket: pytest.fail(f"{socket.url} was opened"))

    page.get_by_test_id("listen-button").click()
    expect(page.get_by_role("dialog")).to_contain_text("does not leave this page")
    page.get_by_role("button", name="Agree and start").click()
    wait_until(page, lambda: entries(page) >= (6 if PICTURES else 2))
    expect(page.get_by_test_id("device")).to_contain_text("does not leave this page")
    expect(page.get_by_test_id("known-voice")).to_contain_text("known")
    expect(page.get_by_test_id("timeline-entry").first).to_contain_text(re.compile(r"\d%"))
    if PICTURES:
        page.screenshot(path=PICTURES / "on-device.png")
    assert faults(page) == []
    stop(page)

    open_voice(page)
    record_voice(page)
    expect(page.get_by_test_id("voice-panel")).to_contain_text("Recorded once")
    close_drawer(page)
    # Recordings that the page reads itself have addresses of its own.
    assert [request.url for request in sent if not request.url.startswith("blob:")] == []
    assert page.evaluate("window.forms") == []


def test_a_model_that_cannot_answer_here_says_so_and_nothing_is_sent(visit: Callable[..., Page]) -> None:
    page = visit()
    choose_model(page, "dense-105")
    page.get_by_test_id("device-switch").check()
    device = page.get_by_test_id("device")
    expect(device).to_have_attribute("data-phase", "failed")
    expect(device).to_contain_text("takes no waveform")
    expect(device).to_contain_text("nothing is sent")
    listen(page)
    expect(page.get_by_test_id("skipped-count")).not_to_have_attribute("data-count", "0")
    assert page.evaluate("window.forms") == []
    # Another model, and the same switch.
    choose_model(page, "cremad-6")
    expect(device).to_have_attribute("data-phase", "ready")
    wait_until(page, lambda: entries(page) >= 1)
    assert page.evaluate("window.forms") == []
    stop(page)


@pytest.mark.parametrize("view", ["Live", "Upload"])
def test_turned_off_the_server_answers_again_after_its_own_consent(
    visit: Callable[..., Page], view: str
) -> None:
    page = visit()
    turn_on(page)
    page.reload()
    # It was turned on before.
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
    listen(page)
    wait_for_count(page, 1)
    # Each view has the switch.
    page.get_by_role("tab", name=view).click()
    page.get_by_role("tabpanel", name=view).get_by_test_id("device-switch").uncheck()
    page.get_by_role("tab", name="Live").click()
    expect_listening(page, yes=False)
    page.get_by_test_id("listen-button").click()
    expect(page.get_by_role("dialog")).to_contain_text("sent to this server")
    page.get_by_role("button", name="Agree and start").click()
    wait_until(page, lambda: page.evaluate("window.urls").count("/predict") >= 1)
    stop(page)


def exported(page: Page, name: str) -> str:
    page.get_by_test_id("export-menu").click()
    with page.expect_download() as download:
        page.get_by_test_id(f"export-timeline-{name}").click()
    return download.value.path().read_text()


def upload(page: Page, file: Path) -> None:
    page.get_by_role("tab", name="Upload").click()
    page.get_by_test_id("file-input").set_input_files(file)


def analysed_by_the_server(api: APIRequestContext, file: Path) -> dict[str, Any]:
    fields = {
        "model": "cremad-6",
        "file": {"name": "a.wav", "mimeType": "audio/wav", "buffer": file.read_bytes()},
    }
    answer: dict[str, Any] = api.post("/analyze", multipart=fields).json()
    return answer


def test_an_upload_is_analysed_as_the_server_does_it_and_nothing_is_sent(
    visit: Callable[..., Page], talk_file: Path
) -> None:
    page = visit()
    turn_on(page)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    upload(page, talk_file)
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "done")
    timeline = json.loads(exported(page, "json"))
    texts = {name: exported(page, name) for name in ("csv", "vtt", "audacity", "textgrid", "rttm")}
    # A browser may ask for the icon of a page whose address changes.
    urls = [request.url for request in sent if not request.url.endswith("/favicon.svg")]
    assert [url for url in urls if not url.startswith("blob:")] == []
    assert page.evaluate("window.forms") == []

    expected = analysed_by_the_server(page.request, talk_file)
    # The same networks run in both, rounded in another way.
    assert len(timeline["segments"]) == len(expected["segments"])
    for found, other in zip(timeline["segments"], expected["segments"], strict=True):
        assert (found["start_s"], found["end_s"]) == (other["start_s"], other["end_s"])
        assert found["probabilities"] == pytest.approx(other["probabilities"], abs=1e-3)
        assert found["emotion"] == other["emotion"]
    assert (timeline["emotion"], timeline["baseline"]) == (expected["emotion"], "recording")
    assert timeline["speech_s"] == expected["speech_s"]

    # The page writes the same files as the server does.
    for name, text in texts.items():
        written = page.request.post(f"/timeline?format={name}", data=timeline).text()
        if name == "csv":
            # Python writes a whole number as 1.0.
            assert [as_numbers(row) for row in rows(text)] == [as_numbers(row) for row in rows(written)]
        else:
            assert text == written


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def as_numbers(row: list[str]) -> list[float | str]:
    return [float(cell) if re.fullmatch(r"-?[\d.]+", cell) else cell for cell in row]


def test_an_upload_is_cancelled_and_another_refused(
    visit: Callable[..., Page], talk_file: Path, tmp_path: Path
) -> None:
    page = visit()
    turn_on(page)
    nothing = tmp_path / "nothing.wav"
    nothing.write_bytes(b"RIFF nothing")
    upload(page, nothing)
    item = page.get_by_test_id("upload-item").first
    expect(item).to_have_attribute("data-phase", "failed")
    expect(item).to_contain_text("This browser cannot read the recording")
    page.evaluate("document.querySelector('[data-testid=clear-uploads]').click()")
    upload(page, talk_file)
    page.get_by_test_id("cancel-upload").click()
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "cancelled")
    page.get_by_test_id("retry-upload").click()
    expect(page.get_by_test_id("upload-item")).to_have_attribute("data-phase", "done")


def test_it_streams_with_the_server_stopped(visit: Callable[..., Page], tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    try:
        page = visit(url=server.url)
        turn_on(page)
    except BaseException:
        server.kill()
        raise
    server.kill()
    page.on("websocket", lambda socket: pytest.fail(f"{socket.url} was opened"))
    page.get_by_test_id("mode-stream").check()
    listen(page)
    expect(page.get_by_test_id("presence")).to_have_text("Speech")
    # Of an utterance that still goes on.
    expect(page.get_by_test_id("result-panel").get_by_test_id("emotion-name")).to_be_visible()
    wait_until(page, lambda: entries(page) >= 2)
    expect(page.get_by_test_id("known-voice")).to_contain_text("known")
    assert page.evaluate("window.forms") == []
    stop(page)


def test_a_stream_to_the_server_goes_on_here_once_the_switch_is_on(visit: Callable[..., Page]) -> None:
    page = visit()
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.get_by_test_id("mode-stream").check()
    listen(page)
    wait_until(page, lambda: entries(page) >= 1)
    page.get_by_test_id("device-switch").check()
    wait_until(page, lambda: all(socket.is_closed() for socket in sockets))
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
    before = entries(page)
    wait_until(page, lambda: entries(page) > before)
    assert len(sockets) == 1
    assert sockets[0].is_closed()
    stop(page)
