"""What goes over the wire when somebody opens the page for the first time, and again."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from waiting import DEADLINE_S

# In bytes as sent, headers included, and what the page asks the server at its start.
MOST_AT_FIRST = 200_000
MOST_OF_THE_BUNDLE = 110_000
# A part of the page whose name holds a hash of its content.
HASHED = re.compile(r"/assets/[\w.]+(?:-[\w.]+)*-[\w-]{8}\.\w+$")
# What only those need who look at another view, speak German, or answer on their own device.
LATER = re.compile(
    r"UploadView|HistoryView|ModelsView|historyStore|messages|openDevice|deviceWorker|filePlayer|\.wasm|\.onnx"
)


@dataclass
class Transfer:
    """What Chromium received, by address."""

    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def watch(self, page: Page) -> None:
        """Take down everything from now on."""
        session = page.context.new_cdp_session(page)
        addresses: dict[str, str] = {}

        def begin(event: dict[str, Any]) -> None:
            addresses[event["requestId"]] = url = event["response"]["url"]
            self.responses[url] = event["response"]

        def end(event: dict[str, Any]) -> None:
            if url := addresses.get(event["requestId"]):
                self.sizes[url] = int(event["encodedDataLength"])

        session.on("Network.responseReceived", begin)
        session.on("Network.loadingFinished", end)
        session.send("Network.enable")

    @property
    def hashed(self) -> list[str]:
        """The addresses of the page's parts."""
        return [url for url in self.sizes if HASHED.search(url)]

    def header(self, url: str, name: str) -> str:
        """Return one header of an answer, empty without one."""
        headers = {key.lower(): value for key, value in self.responses[url]["headers"].items()}
        return str(headers.get(name, ""))


def _open(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_test_id("listen-button")).to_be_visible()
    expect(page.get_by_test_id("model-select")).to_be_enabled()
    page.wait_for_load_state("networkidle")


@pytest.fixture
def visited(browser: Browser, server_url: str) -> Iterator[tuple[Page, Transfer]]:
    """The page in a browser that has never been here, and what it received."""
    # A service worker loads the other parts as well, once the page is shown.
    context = browser.new_context(base_url=server_url, locale="en-GB", service_workers="block")
    context.set_default_timeout(DEADLINE_S * 1000)
    page, transfer = context.new_page(), Transfer()
    transfer.watch(page)
    _open(page)
    yield page, transfer
    context.close()


def test_the_first_load_is_small(visited: tuple[Page, Transfer]) -> None:
    page, transfer = visited
    assert len(transfer.hashed) >= 3
    assert sum(transfer.sizes.values()) <= MOST_AT_FIRST, transfer.sizes
    assert [url for url in transfer.sizes if LATER.search(url)] == []

    (bundle,) = [url for url in transfer.hashed if re.search(r"/index-[\w-]+\.js$", url)]
    whole = page.request.get(bundle, headers={"Accept-Encoding": "identity"}).body()
    assert transfer.sizes[bundle] <= len(gzip.compress(whole)) + 1000 <= MOST_OF_THE_BUNDLE


def test_every_part_is_sent_compressed(visited: tuple[Page, Transfer]) -> None:
    page, transfer = visited
    parts = [url for url in transfer.hashed if url.endswith((".js", ".css"))]
    assert len(parts) >= 3
    assert {transfer.header(url, "content-encoding") for url in parts} <= {"br", "gzip"}
    assert {transfer.header(url, "vary") for url in parts} == {"Accept-Encoding"}
    whole = {url: len(page.request.get(url, headers={"Accept-Encoding": "identity"}).body()) for url in parts}
    large = [url for url in parts if whole[url] > 10_000]
    assert len(large) >= 3
    for url in large:
        assert 0.1 < transfer.sizes[url] / whole[url] < 0.5


def test_a_second_visit_asks_for_no_part_again(visited: tuple[Page, Transfer]) -> None:
    page, transfer = visited
    caching = {transfer.header(url, "cache-control") for url in transfer.hashed}
    assert caching == {"public, max-age=31536000, immutable"}
    # The page itself names the parts of the newest version.
    assert transfer.header(page.url, "cache-control") == "no-cache"

    _open(page)
    sent = page.evaluate(
        """() => performance.getEntriesByType('resource')
          .filter(({ name }) => name.includes('/assets/'))
          .map(({ name, transferSize, decodedBodySize }) => [name, transferSize, decodedBodySize])"""
    )
    assert {name for name, _, _ in sent} >= set(transfer.hashed)
    assert [(name, size) for name, size, _ in sent if size > 0] == []
    assert all(body > 0 for _, _, body in sent)
