"""Text of twice the size, as where a browser zooms the text alone: none is cut off or out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard import close_drawer, listen, open_voice, stop, wait_for_count

TWICE = "document.documentElement.style.fontSize = '200%'"

# Faults of the text that is shown: of a drawer or dialog where one is open, else of the page.
FAULTS = """() => {
  const root = document.querySelector('dialog:modal') ?? document.body;
  const found = new Set();

  const ancestors = (element) => {
    const all = [];
    for (let each = element; each !== document.documentElement; each = each.parentElement) all.push(each);
    return all;
  };
  // What screen readers alone are to read.
  const isForReaders = (element) => ancestors(element).some((each) => {
    const { clipPath, clip } = getComputedStyle(each);
    return clipPath === 'inset(50%)' || clip === 'rect(0px, 0px, 0px, 0px)';
  });
  const isSeen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    !element.closest('select, script, style') && !isForReaders(element);

  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode: node } = walker;
    const element = node.parentElement;
    if (!node.data.trim() || !isSeen(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
    // A bar that stays lies over what is scrolled under it.
    const stays = ancestors(element).find((each) =>
      ['fixed', 'sticky'].includes(getComputedStyle(each).position));
    texts.push({ words: node.data.trim().slice(0, 40), element, boxes, stays });
  }

  for (const { words, element, boxes, stays } of texts) {
    for (const { left, right, top, bottom, height } of boxes) {
      for (const each of ancestors(element)) {
        const { overflowX, overflowY, display } = getComputedStyle(each);
        if (['auto', 'scroll'].includes(overflowX) || ['auto', 'scroll'].includes(overflowY)) break;
        if (display === 'inline') continue;
        const edge = each.getBoundingClientRect();
        // Letters need less than the height of their line.
        const spareY = 0.2 * height;
        const isCutX = overflowX !== 'visible' && (right > edge.right + 1.5 || left < edge.left - 1.5);
        const isCutY = overflowY !== 'visible' && (bottom > edge.bottom + spareY || top < edge.top - spareY);
        if (isCutX || isCutY) found.add(`cut off: ${words}`);
      }
      if (left + scrollX < -1) found.add(`left of the page: ${words}`);
      const isOutside = right > innerWidth + 1 || bottom > innerHeight + 1 || top < -1;
      if (stays && getComputedStyle(stays).position === 'fixed' && root === document.body && isOutside) {
        found.add(`out of reach: ${words}`);
      }
    }
  }

  const all = texts.flatMap((text) => text.boxes.map((box) => ({ text, box })));
  for (const [i, one] of all.entries()) for (const other of all.slice(i + 1)) {
    if (one.text === other.text || one.text.stays !== other.text.stays) continue;
    const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (width > 2 && height > 0.3 * Math.min(one.box.height, other.box.height)) {
      found.add(`over each other: ${one.text.words}, ${other.text.words}`);
    }
  }

  for (const select of root.querySelectorAll('select')) {
    if (!select.checkVisibility()) continue;
    const { font, paddingLeft, paddingRight, textWrapMode } = getComputedStyle(select);
    const room = select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    const ruler = document.createElement('span');
    ruler.textContent = select.selectedOptions[0]?.text ?? '';
    Object.assign(ruler.style, { position: 'absolute', font, textWrapMode, width: `${room}px` });
    select.parentElement.append(ruler);
    const { scrollWidth, scrollHeight } = ruler;
    ruler.remove();
    const isCut = scrollWidth > room + 1 || scrollHeight > select.clientHeight + 1;
    if (isCut) found.add(`cut off: ${select.selectedOptions[0].text}`);
  }

  const scroller = root === document.body ? document.documentElement : root;
  if (scroller.scrollWidth > scroller.clientWidth + 1) found.add(`wide: ${scroller.scrollWidth} px`);
  return [...found];
}"""

# Whether the bar of the microphone lies over the last words, wherever the page is scrolled to.
END_IS_COVERED = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  const bar = document.querySelector('[data-testid=listen-bar]');
  const end = document.querySelector('footer').firstChild;
  const range = document.createRange();
  range.selectNode(end);
  const { bottom } = range.getBoundingClientRect();
  return getComputedStyle(bar).position === 'fixed' && bottom > bar.getBoundingClientRect().top;
}"""

SIZES = [(1280, 800), (360, 740)]


@pytest.fixture(params=[(*size, locale) for size in SIZES for locale in ("en-GB", "de-DE")], ids=str)
def large(request: pytest.FixtureRequest, visit: Callable[..., Page]) -> Page:
    """The page with text of twice the size."""
    width, height, locale = request.param
    page = visit(viewport={"width": width, "height": height}, locale=locale)
    page.get_by_test_id("listen-button").wait_for()
    page.evaluate(TWICE)
    # The page has seen it once the options have gone to the settings.
    expect(page.get_by_test_id("listen-bar").get_by_test_id("mode-stream")).to_have_count(0)
    return page


def test_the_probe_finds_what_is_wrong(visit: Callable[..., Page]) -> None:
    page = visit()
    page.set_content(
        """<p style="width: 3em; overflow: hidden; white-space: nowrap">much too long</p>
        <p style="height: 0.5em; overflow: hidden">too high</p>
        <p style="position: absolute; left: -9em">outside</p>
        <p style="position: absolute; top: 9em">one</p><p style="position: absolute; top: 9em">two</p>
        <select style="width: 3em"><option>longer than this</select>
        <p style="width: 9em; overflow: auto; white-space: nowrap">can be scrolled into sight</p>"""
    )
    assert set(page.evaluate(FAULTS)) == {
        "cut off: much too long",
        "cut off: too high",
        "left of the page: outside",
        "over each other: one, two",
        "cut off: longer than this",
    }


def test_live(large: Page) -> None:
    assert large.evaluate(FAULTS) == []
    large.get_by_test_id("listen-button").click()
    large.get_by_test_id("consent-dialog").wait_for()
    assert large.evaluate(FAULTS) == []
    large.locator("[data-testid=consent-dialog] button").last.click()
    wait_for_count(large, 2)
    large.get_by_test_id("listen-button").click()
    more = large.locator("[data-testid=emotion-over-time] button[aria-expanded=false]")
    more.click()
    assert large.evaluate(FAULTS) == []
    assert not large.evaluate(END_IS_COVERED)


def test_upload(large: Page, talk_file: Path) -> None:
    large.get_by_test_id("tab-upload").click()
    large.get_by_test_id("drop-zone").wait_for()
    assert large.evaluate(FAULTS) == []
    large.get_by_test_id("file-input").set_input_files(talk_file)
    large.locator("[data-phase=done]").wait_for()
    assert large.evaluate(FAULTS) == []
    large.get_by_role("button", name=talk_file.name, exact=True).click()
    large.get_by_test_id("file-sheet").wait_for()
    assert large.evaluate(FAULTS) == []


def test_models(large: Page) -> None:
    large.get_by_test_id("tab-models").click()
    large.get_by_test_id("use-model").first.wait_for()
    large.get_by_test_id("split-chart").wait_for()
    assert large.evaluate(FAULTS) == []


def test_history(large: Page) -> None:
    large.get_by_test_id("tab-history").click()
    large.get_by_test_id("history-switch").wait_for()
    assert large.evaluate(FAULTS) == []


def test_both_drawers(large: Page) -> None:
    open_voice(large)
    assert large.evaluate(FAULTS) == []
    large.keyboard.press("Escape")
    large.get_by_test_id("open-settings").click()
    large.get_by_test_id("settings").wait_for()
    # What a wide page has beside the microphone stands here.
    expect(large.get_by_test_id("mode-stream")).to_be_visible()
    assert large.evaluate(FAULTS) == []


def test_the_layout_follows_the_text_both_ways(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 1280, "height": 800})
    listen(page)
    stop(page)
    beside = page.get_by_test_id("listen-bar").get_by_test_id("mode-stream")
    expect(beside).to_be_visible()
    page.evaluate(TWICE)
    expect(beside).to_have_count(0)
    page.get_by_test_id("open-settings").click()
    expect(page.get_by_test_id("mode-stream")).to_be_visible()
    close_drawer(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    expect(beside).to_be_visible()
