"""What is seen of the live view without scrolling, and what its states look like."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard import (
    close_drawer,
    expect_count,
    expect_listening,
    faults,
    listen,
    open_voice,
    record_voice,
    session_count,
    stop,
    wait_for_count,
)

DENIED = """
navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
"""

# Where the bottom of the page's visible part is: on phones, the microphone's bar covers the rest.
VISIBLE_BOTTOM = """() => {
  const bar = document.querySelector('[data-testid=listen-bar]');
  return getComputedStyle(bar).position === 'fixed' ? bar.getBoundingClientRect().top : innerHeight;
}"""


def bottom(page: Page, test_id: str, index: int = 0) -> float:
    box = page.get_by_test_id(test_id).nth(index).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize(
    ("width", "height", "rows", "is_wide", "scheme"),
    [
        (360, 740, 3, False, "light"),
        (768, 1024, 4, True, "dark"),
        (1280, 800, 4, True, "light"),
        (1920, 1080, 4, True, "dark"),
    ],
)
def test_the_result_is_seen_without_scrolling(
    width: int, height: int, rows: int, is_wide: bool, scheme: str, visit: Callable[..., Page]
) -> None:
    page = visit(viewport={"width": width, "height": height}, color_scheme=scheme)
    listen(page)
    wait_for_count(page, rows)
    lowest = page.evaluate(VISIBLE_BOTTOM)
    assert page.evaluate("scrollY") == 0
    assert bottom(page, "emotion-card") < lowest
    bars = page.locator("[data-testid=result-panel] [data-testid^=probability-]")
    assert max(box["y"] + box["height"] for bar in bars.all() if (box := bar.bounding_box())) < lowest
    assert bottom(page, "emotion-ribbon") < lowest
    assert bottom(page, "timeline-entry", rows - 1) <= lowest
    assert bottom(page, "listen-button") <= height
    if is_wide:
        assert bottom(page, "emotion-lanes") < lowest
        assert bottom(page, "clear-session") < lowest
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page) == []


def test_phones_show_each_emotion_on_demand(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    more = page.get_by_role("button", name="Show each emotion")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.click()
    assert page.get_by_test_id("emotion-lanes").bounding_box()["width"] > 200  # type: ignore[index]
    assert faults(page) == []


def test_the_largest_content_is_the_result(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 1280, "height": 800})
    page.get_by_test_id("result-content").wait_for()
    element = page.evaluate(
        """() => new Promise((resolve) => new PerformanceObserver((list) => {
          const { element } = list.getEntries().at(-1);
          resolve(element.closest('[data-testid=result-panel]') !== null);
        }).observe({ type: 'largest-contentful-paint', buffered: true }))"""
    )
    assert element


SECONDS_SENT = """async () => {
  const context = new OfflineAudioContext(1, 1, 16000);
  let seconds = 0;
  for (const file of window.files)
    seconds += (await context.decodeAudioData(await file.arrayBuffer())).duration;
  return seconds;
}"""


@pytest.mark.parametrize("script", ["", "delete window.MediaRecorder;"], ids=["WebM", "WAV"])
def test_what_was_said_before_stop_is_answered(script: str, visit: Callable[..., Page]) -> None:
    page = visit(script=script)
    listen(page)
    duration = page.get_by_test_id("session-duration")
    expect(duration).to_have_text(re.compile("00:(0[2-9]|[1-9])"))
    stop(page)
    page.wait_for_function("() => window.unfinished === 0 && window.files.length > 0")
    listened_s = int(duration.inner_text().removeprefix("00:"))
    # Less than 0.8 s may be left, and whole seconds are shown.
    assert page.evaluate(SECONDS_SENT) >= listened_s - 0.8


# In the page: a busy machine may let more time go by between two calls from outside it.
STOP_SOON = """() => {
  const button = document.querySelector('[data-testid=listen-button]');
  const stopSoon = () => {
    if (button.dataset.phase !== 'listening') return;
    observer.disconnect();
    setTimeout(() => { button.click(); window.stopped = true; }, 300);
  };
  const observer = new MutationObserver(stopSoon);
  observer.observe(button, { attributes: true });
}"""


def test_a_stop_after_less_than_half_a_second_gives_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate(STOP_SOON)
    page.get_by_test_id("listen-button").click()
    page.get_by_role("button", name="Agree and start").click()
    page.wait_for_function("() => window.stopped")
    expect_listening(page, yes=False)
    page.wait_for_function("() => window.unfinished === 0")
    assert page.evaluate("window.forms") == []
    expect_count(page, 0)


def test_the_microphone_opens_for_learning_only_after_consent_and_listening_goes_on(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    open_voice(page)
    page.get_by_test_id("learn-voice").click()
    expect(page.get_by_test_id("consent-dialog")).to_be_visible()
    expect(page.get_by_test_id("learn-dialog")).to_have_count(0)
    page.get_by_role("button", name="Agree and start").click()
    page.get_by_test_id("learn-dialog").get_by_role("button", name="Not now").click()
    close_drawer(page)
    page.get_by_test_id("listen-button").click()
    expect_listening(page)
    open_voice(page)
    record_voice(page)
    close_drawer(page)
    expect_listening(page)
    before = session_count(page)
    wait_for_count(page, before + 1)


def test_a_result_from_before_the_server_was_lost_says_so(visit: Callable[..., Page]) -> None:
    page = visit()
    listen(page)
    wait_for_count(page, 1)

    def refuse(route: Route) -> None:
        route.abort()

    page.route(re.compile("/(predict|health)"), refuse)
    expect(page.get_by_test_id("result-content")).to_have_attribute("data-old", "true")
    expect(page.get_by_test_id("result-panel")).to_contain_text("Last result, before the server was lost")
    assert faults(page) == []
    page.unroute_all(behavior="ignoreErrors")
    expect(page.get_by_test_id("result-content")).to_have_attribute("data-old", "false")


@pytest.mark.parametrize(("width", "locale"), [(1280, "en"), (1280, "de"), (360, "en")])
def test_a_problem_moves_nothing(width: int, locale: str, visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": width, "height": 800}, locale=locale)
    page.get_by_test_id("listen-button").click()
    page.locator("dialog[open] button").last.click()
    wait_for_count(page, 1)
    bar, result = page.get_by_test_id("listen-bar"), page.get_by_test_id("result-panel")
    places = bar.bounding_box(), result.bounding_box()
    assert all(places)
    page.route("**/predict", lambda route: route.fulfill(status=503, json={"error": "Busy", "code": "busy"}))
    expect(bar.locator("[data-tone=problem]")).to_be_visible()
    assert (bar.bounding_box(), result.bounding_box()) == places


def test_a_reload_keeps_the_view_and_the_model_and_back_returns(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_test_id("model-select").select_option("cremad-4")
    page.get_by_test_id("tab-models").click()
    page.reload()
    expect(page.get_by_test_id("tab-models")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_test_id("model-select")).to_have_value("cremad-4")
    page.go_back()
    expect(page.get_by_test_id("tab-live")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(("status", "width"), [(None, 1280), (500, 360)])
def test_nothing_is_sent_without_the_list_of_models_and_the_address_is_followed_then(
    status: int | None, width: int, visit: Callable[..., Page]
) -> None:
    page = visit(viewport={"width": width, "height": 740})

    def fail(route: Route) -> None:
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status, body="broken")

    page.route("**/models", fail)
    page.goto("/?model=cremad-4")
    expect(page.get_by_test_id("model-problem")).to_have_text("The models could not be loaded")
    expect(page.get_by_test_id("reload-models")).to_have_text("Try again")
    listen(page)
    expect(page.get_by_test_id("skipped-count")).not_to_have_attribute("data-count", "0")
    expect(page.get_by_test_id("live-notice")).to_contain_text("Nothing is sent")
    assert page.evaluate("window.forms") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page) == []
    page.unroute_all(behavior="ignoreErrors")
    # By itself.
    expect(page.get_by_test_id("model-select")).to_have_value("cremad-4")
    wait_for_count(page, 1)
    assert {form["model"] for form in page.evaluate("window.forms")} == {"cremad-4"}
    stop(page)


def test_the_page_says_where_the_model_of_the_address_is_not_there(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    page.goto("/?model=gone")
    expect(page.get_by_test_id("model-problem")).to_have_text("“gone” is not on this server")
    expect(page.get_by_test_id("model-select")).to_have_value("cremad-6")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(page) == []
    page.get_by_test_id("model-select").select_option("cremad-4")
    expect(page.get_by_test_id("model-problem")).to_be_empty()


def test_the_page_speaks_german_where_the_browser_does_and_can_be_switched(
    visit: Callable[..., Page],
) -> None:
    page = visit(locale="de-DE", viewport={"width": 360, "height": 740})
    expect(page.get_by_test_id("listen-button")).to_have_accessible_name("Zuhören")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(page) == []
    page.get_by_test_id("open-settings").click()
    page.get_by_test_id("language-select").select_option("en")
    expect(page.get_by_test_id("listen-button")).to_have_accessible_name("Start Listening")
    page.reload()
    expect(page.get_by_test_id("listen-button")).to_have_accessible_name("Start Listening")


def test_results_are_gone_through_and_heard_again_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_test_id("listen-button").wait_for()
    page.keyboard.press("?")
    expect(page.get_by_test_id("shortcuts")).to_contain_text("Start or stop listening")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("shortcuts")).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Agree and start").click()
    expect_listening(page)
    wait_for_count(page, 2)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    expect_listening(page, yes=False)
    page.wait_for_function("() => window.unfinished === 0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    chosen = page.locator("[data-testid=timeline-entry][aria-pressed=true]")
    expect(chosen).to_have_count(1)
    expect(page.get_by_test_id("result-panel")).to_contain_text("Chosen result")
    assert faults(page) == []
    page.get_by_test_id("play-clip").click()
    expect(page.get_by_test_id("play-clip")).to_contain_text("Stop")
    # To the end of what was recorded.
    expect(page.get_by_test_id("play-clip")).to_contain_text("Play")
    page.get_by_test_id("back-to-now").click()
    expect(chosen).to_have_count(0)
    expect(page.get_by_test_id("result-panel")).to_contain_text("Last result")
    expect(page.get_by_test_id("timeline-entry").first).to_be_focused()


NOTICE_IS_CUT_OFF = """
() => {
  const notice = document.querySelector('[data-testid=live-notice]').getBoundingClientRect();
  const bar = document.querySelector('[data-testid=listen-bar]');
  const { top, bottom } = bar.getBoundingClientRect();
  const isOver = getComputedStyle(bar).position === 'fixed';
  return isOver ? notice.top < 0 || notice.bottom > top : notice.top < top || notice.bottom > bottom;
}
"""


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_what_is_wrong_is_read_in_full(locale: str, visit: Callable[..., Page]) -> None:
    page = visit(locale=locale, script=DENIED)
    page.get_by_test_id("listen-button").click()
    page.locator("[data-testid=consent-dialog] button").last.click()
    expect(page.get_by_test_id("live-notice")).to_have_attribute("data-tone", "problem")
    for width in (360, 768, 1100, 1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert not page.evaluate(NOTICE_IS_CUT_OFF), width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
