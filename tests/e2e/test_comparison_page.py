"""The view of models, in a real browser: choosing one, and comparing systems."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from clips import CLIPS, PUBLISHED, copied_model, voice_model
from comparisons import EXAMPLE
from dashboard import faults, faults_in_any_colours, views
from ser.models.comparison import COMPARISON
from ser.models.manifest import MANIFEST
from server import Server

LICENCE = "CC BY-NC-SA 4.0 (non-commercial)"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a recommended model, a published one, another task and a comparison."""
    models = tmp_path_factory.mktemp("models")
    copied_model(models / "recommended")
    voice_model(models / "voices")
    manifest = copied_model(models / "published", PUBLISHED) / MANIFEST
    licence = {"group": "published", "restricted": True, "licence": LICENCE}
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | licence))
    shutil.copy(EXAMPLE, models / COMPARISON)
    settings = {"SER_MODEL_DIR": str(models), "SER_MODEL": "recommended", "SER_WORKERS": "1"}
    server = Server(models / "log", **settings)
    yield server.url
    assert server.stop() == 0, server.log.read_text()


def row_of(page: Page, name: str) -> Locator:
    button = page.get_by_role("button", name=name, exact=True)
    return page.get_by_test_id("system-row").filter(has=button)


def left_of(page: Page, place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["x"]


def look(page: Page) -> None:
    page.get_by_test_id("tab-models").click()
    expect(page.get_by_test_id("models-view")).to_be_visible()


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_the_view_has_no_fault_at_any_width(width: int, url: str, visit: Callable[..., Page]) -> None:
    page = visit(url=url, viewport={"width": width, "height": 800})
    look(page)
    expect(page.get_by_test_id("system-row")).to_have_count(10)
    expect(page.get_by_test_id("model-recommended")).to_be_in_viewport(ratio=0.99 if width > 1000 else 0.2)
    page.get_by_text("Published systems, to compare with").click()
    for details in page.locator("article details > summary").all():
        details.click()
    expect(page.get_by_test_id("model-published").get_by_text(LICENCE)).to_be_visible()
    assert faults_in_any_colours(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), views(360, 1280))
def test_systems_are_compared_at_any_width(
    width: int, scheme: str, url: str, visit: Callable[..., Page]
) -> None:
    page = visit(url=url, viewport={"width": width, "height": 900}, color_scheme=scheme)
    look(page)
    expect(page.get_by_test_id("system-row")).to_have_count(10)
    assert faults(page) == []
    open_one = row_of(page, "cnn-lstm-voting").get_by_role("button")
    open_one.focus()
    page.keyboard.press("Enter")
    details = page.get_by_test_id("system-details")
    expect(details.get_by_role("img")).to_be_visible()
    expect(details.get_by_test_id("claim")).to_contain_text("There is nothing to compare ours with.")
    page.get_by_test_id("sort-random").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="random split")).to_have_attribute("aria-sort", "descending")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    # However far the figures are scrolled, the names and what was opened are in sight.
    name, matrix = row_of(page, "cremad-4").get_by_role("rowheader"), details.get_by_role("img")
    places = left_of(page, name), left_of(page, matrix)
    page.get_by_role("region", name="Table of systems").evaluate("table => table.scrollBy(10_000, 0)")
    expect(page.get_by_role("columnheader", name="False emotions")).to_be_in_viewport(ratio=0.99)
    assert (left_of(page, name), left_of(page, matrix)) == pytest.approx(places, abs=1)
    box = matrix.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width


def test_the_chart_draws_each_figure_to_scale(url: str, visit: Callable[..., Page]) -> None:
    page = visit(url=url)
    look(page)
    bars = page.get_by_test_id("bar-unseen")
    expect(bars).to_have_count(10)
    shares = bars.evaluate_all(
        r"""bars => bars.map((bar) => {
          const [track, fill] = [bar.querySelector('[aria-hidden]'), bar.querySelector('[aria-hidden] > *')];
          const share = fill.getBoundingClientRect().width / track.getBoundingClientRect().width;
          return [100 * share, parseFloat(bar.textContent.match(/[\d.]+%/)[0])];
        })"""
    )
    for drawn, written in shares:
        assert drawn == pytest.approx(written, abs=0.5)


def test_without_a_comparison_the_page_says_so(
    visit: Callable[..., Page],
) -> None:
    page = visit(viewport={"width": 360, "height": 900})
    answer = {"error": "No comparison available", "code": "no_comparison"}
    page.route("**/comparison", lambda route: route.fulfill(status=404, json=answer))
    look(page)
    expect(page.get_by_test_id("comparison")).to_contain_text("No comparison yet")
    assert faults(page) == []
    page.unroute_all(behavior="ignoreErrors")


def test_a_published_model_is_asked_for_on_purpose_only(url: str, visit: Callable[..., Page]) -> None:
    page = visit(url=url, viewport={"width": 360, "height": 900}, color_scheme="dark")
    look(page)
    recommended, published = (page.get_by_test_id(f"model-{name}") for name in ("recommended", "published"))
    expect(recommended).to_have_attribute("aria-current", "true")
    expect(page.get_by_test_id("model-voices")).to_have_count(0)
    expect(published).not_to_be_visible()
    # By keyboard, as everything on the page.
    page.get_by_text("Published systems, to compare with").press("Enter")
    use = published.get_by_test_id("use-model")
    use.press("Enter")
    expect(use).to_be_focused()
    expect(published).to_have_attribute("aria-current", "true")
    expect(recommended).to_have_attribute("aria-current", "false")
    expect(published).to_contain_text("Its licence forbids some uses")
    expect(page.get_by_test_id("model-select")).to_have_value("published")
    assert "model=published" in page.url
    assert faults(page) == []
    page.get_by_test_id("tab-upload").click()
    page.get_by_test_id("file-input").set_input_files(CLIPS[0].path)
    page.wait_for_function("() => window.forms.length === 1 && window.unfinished === 0")
    assert [form["model"] for form in page.evaluate("window.forms")] == ["published"]


def test_the_licence_is_never_larger_than_the_emotion(url: str, visit: Callable[..., Page]) -> None:
    page = visit(url=url)
    look(page)
    card = page.get_by_test_id("model-recommended")
    expect(card.get_by_text("Trained on CREMA-D")).not_to_be_visible()
    card.get_by_text("Details").click()
    sizes = [
        place.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
        for place in (card.get_by_role("link").first, card.get_by_role("listitem").first)
    ]
    assert sizes[0] < sizes[1]


def test_the_view_speaks_german(url: str, visit: Callable[..., Page]) -> None:
    page = visit(url=url, locale="de-DE")
    look(page)
    card = page.get_by_test_id("model-recommended")
    expect(card).to_contain_text("richtig bei Stimmen, die es nie gehört hat")
    expect(card).to_contain_text("Wütend")
    expect(page.get_by_test_id("comparison")).to_contain_text("Die Systeme im Vergleich")
    assert faults(page) == []
