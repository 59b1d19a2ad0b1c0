"""What a real browser makes of the headers of the page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def test_no_foreign_script_runs_on_the_page(page: Page, server_url: str) -> None:
    page.goto(server_url)
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
            resolve([effectiveDirective, window.ran]));
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
        })"""
    )
    assert blocked[0].startswith("script-src")
    assert not blocked[1]


@pytest.fixture
def other_page(tmp_path: Path) -> Iterator[str]:
    """The address of a page that another program on this machine serves."""
    (tmp_path / "index.html").write_text("<!doctype html><title>other</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()


def test_a_page_of_another_origin_can_send_nothing(page: Page, other_page: str, server_url: str) -> None:
    page.goto(other_page)
    with page.expect_response("**/predict") as answer:
        page.evaluate(
            "url => fetch(url, { method: 'POST', mode: 'no-cors', body: new FormData() })",
            f"{server_url}/predict",
        )
    assert answer.value.status == 403
