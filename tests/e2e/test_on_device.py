"""The page answers by itself, with nobody to ask: in a real browser, with its microphone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from dashboard import PICTURES, faults, listen, stop, wait_for_count, wait_until
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

    page.get_by_test_id("learn-voice").click()
    dialog = page.get_by_test_id("learn-dialog")
    dialog.get_by_role("button", name="Start recording").click()
    expect(dialog).to_contain_text("Your voice is learned")
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_test_id("voice-panel")).to_contain_text("Recorded once")
    # Recordings that the page reads itself have addresses of its own.
    assert [request.url for request in sent if not request.url.startswith("blob:")] == []
    assert page.evaluate("window.forms") == []


def test_a_model_that_cannot_answer_here_says_so_and_nothing_is_sent(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_text("Published systems, for comparison").click()
    page.get_by_test_id("model-dense-105").get_by_role("radio").check()
    page.get_by_test_id("device-switch").check()
    device = page.get_by_test_id("device")
    expect(device).to_have_attribute("data-phase", "failed")
    expect(device).to_contain_text("takes no waveform")
    expect(device).to_contain_text("nothing is sent")
    listen(page)
    expect(page.get_by_test_id("skipped-count")).not_to_have_text("0")
    assert page.evaluate("window.forms") == []
    # Another model, and the same switch.
    page.get_by_test_id("model-cremad-6").first.get_by_role("radio").check()
    expect(device).to_have_attribute("data-phase", "ready")
    wait_until(page, lambda: entries(page) >= 1)
    assert page.evaluate("window.forms") == []
    stop(page)


def test_turned_off_the_server_answers_again_after_its_own_consent(visit: Callable[..., Page]) -> None:
    page = visit()
    turn_on(page)
    page.reload()
    # It was turned on before.
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")
    listen(page)
    wait_for_count(page, 1)
    page.get_by_test_id("device-switch").uncheck()
    expect(page.get_by_test_id("listen-button")).to_have_text(re.compile("Start Listening"))
    page.get_by_test_id("listen-button").click()
    expect(page.get_by_role("dialog")).to_contain_text("sent to this server")
    page.get_by_role("button", name="Agree and start").click()
    wait_until(page, lambda: page.evaluate("window.urls").count("/predict") >= 1)
    stop(page)
