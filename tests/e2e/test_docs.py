from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from clips import CLIPS


def test_the_interactive_docs_try_the_api_out(visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/docs")
    expect(page.get_by_text("/health", exact=True)).to_be_visible()
    page.get_by_text("/predict", exact=True).click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("input[type=file]").set_input_files(CLIPS[0].path)
    with page.expect_response("**/predict") as answer:
        page.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200, answer.value.text()
