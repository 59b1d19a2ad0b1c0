"""Sessions that were kept in the browser, opened from a file, and beside each other: in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard import (
    PICTURES,
    expect_listening,
    faults,
    faults_in_any_colours,
    listen,
    session_count,
    stop,
    views,
    wait_for_count,
)

# What the page keeps, as another program sees it.
KEPT = """async () => {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === 'ser-history')) return 0;
  const opening = indexedDB.open('ser-history');
  const database = await new Promise((done) => { opening.onsuccess = () => done(opening.result); });
  const counting = database.transaction('sessions').objectStore('sessions').count();
  const count = await new Promise((done) => { counting.onsuccess = () => done(counting.result); });
  database.close();
  return count;
}"""

BLOCKED = "indexedDB.open = () => { throw new DOMException('blocked', 'SecurityError'); };"
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"

EMOTIONS = ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad")


def session(begin: datetime, emotions: list[str]) -> bytes:
    """Return the export of a session, as the page writes it."""
    results = []
    for i, emotion in enumerate(emotions):
        certain = i % 5 > 0
        probability = 0.75 if certain else 0.3
        others = round((1 - probability) / (len(EMOTIONS) - 1), 4)
        results.append(
            {
                "time": (begin + timedelta(seconds=3 * i + 3)).isoformat().replace("+00:00", "Z"),
                "start_s": 3 * i,
                "end_s": 3 * i + 3,
                "model": "cremad-6",
                "emotion": emotion,
                "confidence": probability,
                "uncertain": not certain,
                "probabilities": {each: probability if each == emotion else others for each in EMOTIONS},
                "sentiment": None,
                "valence": None,
                "arousal": None,
            }
        )
    uncertain = sum(1 for each in results if each["uncertain"])
    document = {
        "exported_at": begin.isoformat().replace("+00:00", "Z"),
        "duration_s": 3 * len(results),
        "uncertain_count": uncertain,
        "no_speech_count": 2,
        "skipped_count": 0,
        "counts": {each: emotions.count(each) for each in EMOTIONS},
        "predictions": results,
    }
    return json.dumps(document).encode()


def open_history(page: Page) -> None:
    page.get_by_role("tab", name="History").click()
    page.get_by_test_id("session-list").wait_for()


def open_files(page: Page, **files: bytes) -> None:
    page.get_by_test_id("session-input").set_input_files(
        [
            {"name": f"{name}.json", "mimeType": "application/json", "buffer": each}
            for name, each in files.items()
        ]
    )


def exported(page: Page) -> dict[str, Any]:
    page.get_by_test_id("export-kept").click()
    with page.expect_download() as found:
        page.get_by_test_id("export-kept-json").click()
    document: dict[str, Any] = json.loads(Path(found.value.path()).read_bytes())
    return document


def kept(page: Page) -> int:
    count: int = page.evaluate(KEPT)
    return count


def test_nothing_is_kept_before_it_is_asked_for(visit: Callable[..., Page]) -> None:
    page = visit()
    listen(page)
    wait_for_count(page, 1)
    stop(page)
    open_history(page)
    expect(page.get_by_test_id("history-switch")).not_to_be_checked()
    expect(page.get_by_test_id("session-item")).to_have_count(1)
    expect(page.get_by_test_id("show-session")).to_have_text("This session")
    page.reload()
    expect(page.get_by_text("No sessions yet")).to_be_visible()
    assert kept(page) == 0


def test_a_session_is_kept_opened_exported_and_deleted(visit: Callable[..., Page]) -> None:
    page = visit()
    listen(page)
    wait_for_count(page, 1)
    page.get_by_role("tab", name="History").click()
    page.get_by_test_id("history-switch").check()
    page.get_by_role("tab", name="Live").click()
    wait_for_count(page, 2)
    stop(page)
    count = session_count(page)
    # Clearing it leaves it in the history, and says so.
    page.get_by_test_id("clear-session").click()
    expect(page.get_by_test_id("clear-dialog")).to_contain_text("What the history has of them stays")
    page.get_by_test_id("clear-dialog").get_by_role("button", name="Clear").click()
    open_history(page)
    expect(page.get_by_test_id("session-item")).to_have_attribute("data-kind", "kept")
    page.reload()

    expect(page.get_by_test_id("trend-day")).to_have_count(28)
    page.get_by_test_id("show-session").click()
    detail = page.get_by_test_id("session-detail")
    expect(detail).to_contain_text(f"{count} result")
    assert len(exported(page)["predictions"]) == count
    # The address has it.
    page.reload()
    expect(detail).to_contain_text(f"{count} result")

    page.get_by_test_id("remove-session").click()
    page.get_by_test_id("remove-dialog").get_by_role("button", name="Delete session").click()
    expect(page.get_by_test_id("session-item")).to_have_count(0)
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_focused()
    assert kept(page) == 0


def test_deleting_all_is_asked_for_and_nothing_comes_back(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("tab", name="History").click()
    page.get_by_test_id("history-switch").check()
    page.get_by_role("tab", name="Live").click()
    listen(page)
    wait_for_count(page, 1)
    stop(page)
    page.get_by_test_id("clear-session").click()
    page.get_by_test_id("clear-dialog").get_by_role("button", name="Clear").click()
    page.get_by_test_id("listen-button").click()
    expect_listening(page)
    wait_for_count(page, 1)
    stop(page)
    open_history(page)
    expect(page.get_by_test_id("session-item")).to_have_count(2)
    page.get_by_test_id("remove-all-sessions").click()
    dialog = page.get_by_test_id("remove-dialog")
    dialog.get_by_role("button", name="Go back").click()
    expect(page.get_by_test_id("session-item")).to_have_count(2)
    page.get_by_test_id("remove-all-sessions").click()
    dialog.get_by_role("button", name="Delete all").click()
    # What is still shown in Live is kept no more.
    expect(page.get_by_test_id("session-item")).to_have_count(1)
    page.wait_for_function(f"({KEPT})().then((count) => count === 0)")
    page.reload()
    expect(page.get_by_text("No sessions yet")).to_be_visible()


def test_exported_sessions_open_beside_each_other(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("tab", name="History").click()
    begin = datetime(2026, 2, 17, 9, 30, tzinfo=UTC)
    open_files(
        page,
        monday=session(begin, ["Happy"] * 6 + ["Sad"] * 4),
        tuesday=session(begin + timedelta(days=1), ["Neutral"] * 10),
    )
    expect(page.get_by_test_id("session-item")).to_have_count(2)
    expect(page.get_by_test_id("session-detail")).to_contain_text("tuesday.json")
    page.get_by_test_id("show-session").nth(1).focus()
    page.keyboard.press("ArrowUp")
    detail = page.get_by_test_id("session-detail")
    expect(detail).to_contain_text("monday.json")
    # Two of ten are uncertain; of the six happy ones, one is.
    expect(detail.get_by_test_id("share-Happy")).to_contain_text("12.0 s (40%)")
    page.get_by_test_id("compare-session").click()
    page.get_by_role("button", name="tuesday.json").last.click()
    beside = page.get_by_test_id("side-by-side")
    happy = beside.get_by_role("row", name="Happy")
    expect(happy).to_contain_text("12.0 s (40%)")
    expect(happy).to_contain_text("0.0 s (0%)")
    # Shares are of all results: with this row, each column adds up.
    uncertain = beside.get_by_test_id("compared-uncertain")
    expect(uncertain.get_by_role("cell")).to_have_text(["6.0 s (20%)", "6.0 s (20%)"])
    assert faults(page) == []
    beside.get_by_role("button", name="Close the comparison").click()
    page.get_by_test_id("close-session").click()
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_focused()
    assert kept(page) == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'{"emotion": "Happy"}', b"[" * 100_000])
def test_what_is_no_session_is_refused(visit: Callable[..., Page], content: bytes) -> None:
    page = visit()
    page.get_by_role("tab", name="History").click()
    open_files(page, wrong=content)
    expect(page.get_by_test_id("history-problem")).to_contain_text(
        "wrong.json: This is not an exported session"
    )
    expect(page.get_by_test_id("session-item")).to_have_count(0)


@pytest.mark.parametrize("fault", [BLOCKED, FULL])
def test_a_browser_without_storage_says_so_and_listening_goes_on(
    visit: Callable[..., Page], fault: str
) -> None:
    page = visit(script=fault)
    listen(page)
    wait_for_count(page, 1)
    open_history(page)
    problem = page.get_by_test_id("history-problem")
    expect(problem).to_be_empty()
    page.get_by_test_id("history-switch").check()
    expect(problem).to_contain_text("The browser does not keep the history")
    expect(page.get_by_test_id("show-session")).to_have_text("This session")
    page.get_by_role("tab", name="Live").click()
    expect(page.get_by_test_id("live-view")).to_contain_text("The browser does not keep the history")
    before = session_count(page)
    wait_for_count(page, before + 1)
    stop(page)
    # Nothing is said to be in the history that is not.
    page.get_by_test_id("clear-session").click()
    expect(page.get_by_test_id("clear-dialog")).not_to_contain_text("history")


def test_a_page_that_is_left_while_listening_loses_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("tab", name="History").click()
    page.get_by_test_id("history-switch").check()
    page.get_by_role("tab", name="Live").click()
    listen(page)
    wait_for_count(page, 1)
    open_history(page)
    # What goes on is in the history, and can be deleted there.
    expect(page.get_by_test_id("trend")).to_be_visible()
    page.get_by_role("tab", name="Live").click()
    wait_for_count(page, 2)
    count = session_count(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    open_history(page)
    page.get_by_test_id("show-session").click()
    assert len(exported(page)["predictions"]) >= count


WRITE = """async (sessions) => {
  const opening = indexedDB.open('ser-history', 1);
  await new Promise((done) => { opening.onsuccess = done; });
  const { result } = opening;
  const transaction = result.transaction(['entries', 'sessions'], 'readwrite');
  for (const session of sessions) {
    const id = Date.parse(session.predictions[0].time);
    const secondsOf = {};
    let uncertainS = 0;
    for (const { emotion, uncertain, probabilities } of session.predictions) {
      for (const each of Object.keys(probabilities)) secondsOf[each] ??= 0;
      if (uncertain) uncertainS += 3; else secondsOf[emotion] += 3;
    }
    const dayMs = new Date(id).setHours(0, 0, 0, 0);
    transaction.objectStore('sessions').put(session, `${id}-made`);
    transaction.objectStore('entries').put({
      startedAtMs: id - 3000, durationS: session.duration_s, resultCount: session.predictions.length,
      uncertainCount: session.uncertain_count, tallies: [{ dayMs, model: 'cremad-6', secondsOf, uncertainS }],
    }, `${id}-made`);
  }
  await new Promise((done) => { transaction.oncomplete = done; });
  result.close();
}"""


def made(day: int, *emotions: str) -> dict[str, Any]:
    """Return a session of so many days ago."""
    begin = datetime.now(UTC).replace(hour=12) - timedelta(days=day)
    document: dict[str, Any] = json.loads(session(begin + timedelta(seconds=len(emotions)), [*emotions]))
    return document


@pytest.mark.parametrize("width", [1280, 360])
def test_a_day_is_pressed_to_list_its_sessions(visit: Callable[..., Page], width: int) -> None:
    page = visit(viewport={"width": width, "height": 800})
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("No sessions yet")).to_be_visible()
    sessions = [made(2, *["Happy"] * 10), made(2, *["Happy"] * 5), made(5, *["Sad"] * 10)]
    page.evaluate(WRITE, sessions)
    page.get_by_role("tab", name="Live").click()
    open_history(page)
    items, filtered = page.get_by_test_id("session-item"), page.get_by_test_id("day-filter")
    expect(items).to_have_count(3)
    expect(filtered).to_have_count(0)

    days = page.get_by_test_id("trend-day")
    expect(days).to_have_count(28)
    happy = page.get_by_role("button", name="2 sessions, 45.0 s with results, mostly Happy (80%)")
    happy.click()
    expect(happy).to_have_attribute("aria-pressed", "true")
    expect(items).to_have_count(2)
    expect(filtered).to_contain_text("Sessions of")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    # By keyboard, three days before.
    happy.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    sad = page.get_by_role("button", name="1 session, 30.0 s with results, mostly Sad (80%)")
    expect(sad).to_be_focused()
    expect(sad).to_have_attribute("aria-pressed", "true")
    expect(happy).to_have_attribute("aria-pressed", "false")
    expect(items).to_have_count(1)

    # A day of a phone is narrow: these are not.
    page.get_by_test_id("later-day").click()
    expect(items).to_have_count(2)
    expect(page.get_by_test_id("later-day")).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("all-days").click()
    expect(items).to_have_count(3)
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_focused()
    expect(page.locator("[data-testid=trend-day][aria-pressed=true]")).to_have_count(0)
    days.last.click()
    expect(filtered).to_contain_text("No sessions on")
    expect(items).to_have_count(0)


def weeks() -> list[dict[str, Any]]:
    """Return sessions of the last four weeks, on most days: mostly neutral, one emotion for a while."""
    now, random = datetime.now(UTC), Random(1)
    found = []
    for day in (day for day in range(28) if day % 7 not in (2, 5)):
        spoken: list[str] = []
        while len(spoken) < 40 + 15 * (day % 4):
            spoken += random.choices(EMOTIONS, (1, 0.5, 0.5, 2.5, 6, 1)) * random.randint(2, 7)
        found.append(json.loads(session(now - timedelta(days=day, minutes=random.randint(20, 300)), spoken)))
    return found


@pytest.mark.parametrize(("width", "scheme"), views(1280, 768, 360))
def test_it_shows_days_and_a_session_without_a_fault(
    visit: Callable[..., Page], width: int, scheme: str
) -> None:
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("No sessions yet")).to_be_visible()
    assert faults(page) == []
    page.evaluate(WRITE, weeks())
    page.get_by_role("tab", name="Live").click()
    open_history(page)
    trend = page.get_by_test_id("trend")
    expect(trend).to_be_in_viewport(ratio=0.9 if width == 1280 else 0.7)
    if PICTURES and width != 768:
        page.screenshot(path=PICTURES / f"history-{scheme}-{width}.png")
    assert faults_in_any_colours(page) == []
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.get_by_test_id("show-session").first.click()
    expect(page.get_by_test_id("session-detail").get_by_test_id("emotion-over-time")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if PICTURES and width != 768:
        page.screenshot(path=PICTURES / f"history-session-{scheme}-{width}.png")
    assert faults(page) == []
