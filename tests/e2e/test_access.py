"""The dashboard of a server that asks for a key, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clips import CLIPS
from dashboard import (
    close_drawer,
    expect_listening,
    faults,
    faults_in_any_colours,
    listen,
    stop,
    stream,
)
from ser.api.access import keys
from server import Server


class Guarded:
    """A server with one key."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "keys"
        self.key = keys.add(self.file, "somebody")
        self.server = Server(folder / "log", SER_API_KEYS=str(self.file))

    def renew(self) -> None:
        """Revoke the key, and make another one."""
        keys.revoke(self.file, "somebody")
        self.key = keys.add(self.file, "somebody")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    guarded = Guarded(tmp_path_factory.mktemp("guarded"))
    yield guarded
    assert guarded.server.stop() == 0
    assert guarded.key not in guarded.server.log.read_text()


def enter(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Use this key").click()


def let_in(page: Page, key: str) -> None:
    """Give the key that the page asks for, and wait until it has what it needs."""
    expect(page.get_by_role("dialog", name="This server asks for a key")).to_be_visible()
    enter(page, key)
    expect(page.get_by_test_id("key-dialog")).to_have_count(0)
    expect(page.get_by_test_id("model-select")).to_be_enabled()


def test_the_page_asks_once_and_says_so_when_the_key_is_wrong(
    guarded: Guarded, visit: Callable[..., Page]
) -> None:
    page = visit(url=guarded.server.url)
    dialog = page.get_by_role("dialog", name="This server asks for a key")
    expect(dialog).to_be_visible()
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    assert faults(page) == []
    enter(page, "ser_" + "x" * 43)
    expect(dialog.get_by_test_id("key-problem")).to_contain_text("does not accept this key")
    assert faults_in_any_colours(page) == []
    page.get_by_label("Key", exact=True).press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("model-problem")).to_be_visible()
    # Who asks for the models again is asked again.
    page.get_by_test_id("reload-models").first.click()
    let_in(page, guarded.key)
    page.reload()
    expect(page.get_by_test_id("model-select")).to_be_enabled()
    assert page.evaluate("Object.values(localStorage).join()").find(guarded.key) == -1
    # Another tab is another session.
    other = page.context.new_page()
    other.goto(guarded.server.url)
    expect(other.get_by_test_id("key-dialog")).to_be_visible()


def test_every_way_to_the_server_takes_the_key(guarded: Guarded, visit: Callable[..., Page]) -> None:
    page = visit(url=guarded.server.url)
    let_in(page, guarded.key)
    listen(page)
    expect(page.get_by_test_id("timeline-entry").first).to_be_visible()
    stop(page)
    page.get_by_test_id("mode-stream").check()
    with page.expect_websocket() as opened:
        page.get_by_test_id("listen-button").click()
        expect_listening(page)
    assert guarded.key not in opened.value.url
    # Words of the microphone's clips, as the stream answers them.
    expect(page.get_by_test_id("presence")).to_be_visible()
    expect(page.get_by_test_id("live-notice")).to_contain_text("Two results per second")
    stop(page)
    page.get_by_role("tab", name="Upload").click()
    page.locator("input[type=file]").set_input_files(CLIPS[0].path)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(1)
    page.get_by_role("tab", name="Models").click()
    page.get_by_test_id("model-cards").locator("summary").first.click()
    with page.expect_download() as card:
        page.get_by_role("link", name="Model card").first.click()
    assert card.value.path().read_text().startswith("#")


def test_this_device_answers_where_the_server_asks_for_a_key(
    guarded: Guarded, visit: Callable[..., Page]
) -> None:
    page = visit(url=guarded.server.url)
    let_in(page, guarded.key)
    page.get_by_test_id("device-switch").check()
    expect(page.get_by_test_id("device")).to_have_attribute("data-phase", "ready")


@pytest.mark.parametrize("begin", [listen, stream])
def test_a_key_that_was_revoked_is_asked_for_anew(
    begin: Callable[[Page], None], guarded: Guarded, visit: Callable[..., Page]
) -> None:
    page = visit(url=guarded.server.url)
    let_in(page, guarded.key)
    begin(page)
    expect(page.get_by_test_id("timeline-entry").first).to_be_visible()
    before = page.get_by_test_id("timeline-entry").count()
    guarded.renew()
    dialog = page.get_by_test_id("key-dialog")
    expect(dialog.get_by_test_id("key-problem")).to_contain_text("no longer accepts your key")
    enter(page, guarded.key)
    expect(dialog).to_have_count(0)
    # Listening went on.
    expect(page.get_by_test_id("timeline-entry").nth(before)).to_be_visible()
    expect_listening(page)


def test_the_key_is_forgotten_where_somebody_wants_that(guarded: Guarded, visit: Callable[..., Page]) -> None:
    page = visit(url=guarded.server.url)
    let_in(page, guarded.key)
    page.get_by_test_id("open-settings").click()
    page.get_by_role("button", name="Forget the key").click()
    expect(page.get_by_role("button", name="Enter a key")).to_be_visible()
    assert faults(page) == []
    assert page.evaluate("sessionStorage.length") == 0 or guarded.key not in page.evaluate(
        "Object.values(sessionStorage).join()"
    )
    page.get_by_role("button", name="Enter a key").click()
    let_in(page, guarded.key)
    close_drawer(page)


def test_the_documentation_can_be_read_and_sends_the_key(
    guarded: Guarded, visit: Callable[..., Page]
) -> None:
    page = visit(url=guarded.server.url)
    page.goto(f"{guarded.server.url}/docs/swagger")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input").fill(guarded.key)
    page.locator(".modal-ux .btn.authorize").click()
    page.locator(".modal-ux .btn-done").click()
    page.locator("#operations-Models-models_models_models_get").click()
    page.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/models") as answer:
        page.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200


def test_a_server_without_keys_asks_for_none(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_test_id("model-select")).to_be_enabled()
    expect(page.get_by_test_id("key-dialog")).to_have_count(0)
    page.get_by_test_id("open-settings").click()
    expect(page.get_by_test_id("enter-key").or_(page.get_by_test_id("forget-key"))).to_have_count(0)
