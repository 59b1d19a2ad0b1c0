from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clips import CLIPS, sound_file
from ser.services.inference import EmotionPredictor

EMOTIONS = ("Angry", "Happy", "Sad", "Disgust")
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
UPDATE = "UPDATE_SCREENSHOTS" in os.environ


def percent(page: Page, emotion: str) -> float:
    text = page.get_by_test_id(f"probability-{emotion}").inner_text()
    return float(re.search(r"[\d.]+", text)[0])  # type: ignore[index]


def test_from_the_microphone_to_an_emotion(page: Page) -> None:
    with page.expect_response("**/predict") as answer:
        page.get_by_test_id("record-button").click()
    body = answer.value.json()
    assert answer.value.status == 200, body
    expect(page.get_by_test_id("emotion-name")).to_have_text(body["emotion"])
    expect(page.get_by_test_id("emotion-confidence")).to_contain_text("%")
    for emotion in EMOTIONS:
        expect(page.get_by_test_id(f"probability-{emotion}")).to_be_visible()
        assert percent(page, emotion) == pytest.approx(100 * body["probabilities"][emotion], abs=0.1)


@pytest.mark.parametrize("clip", CLIPS[:4], ids=lambda clip: clip.path.stem)
def test_from_a_file_to_its_emotion(clip, page: Page, predictor: EmotionPredictor) -> None:
    expected = predictor.predict(clip.path)
    page.get_by_test_id("file-input").set_input_files(clip.path)
    expect(page.get_by_test_id("emotion-name")).to_have_text(expected.emotion)
    for emotion in EMOTIONS:
        assert percent(page, emotion) == pytest.approx(100 * expected.probabilities[emotion], abs=0.1)


def test_silence_is_calm_news_and_the_next_file_works(page: Page, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    import numpy as np

    silence.write_bytes(sound_file(np.zeros(32_000)))
    page.get_by_test_id("file-input").set_input_files(silence)
    expect(page.get_by_test_id("status-message")).to_contain_text(re.compile("no speech", re.IGNORECASE))
    expect(page.get_by_test_id("emotion-name")).to_have_count(0)
    page.get_by_test_id("file-input").set_input_files(CLIPS[0].path)
    expect(page.get_by_test_id("emotion-name")).to_be_visible()


def test_a_text_file_gets_the_servers_words(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("I am no sound.\n" * 100)
    page.get_by_test_id("file-input").set_input_files(text)
    expect(page.get_by_test_id("status-message")).to_contain_text("Unsupported audio format")


def test_the_interactive_docs_show_the_api(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_text("/predict", exact=True)).to_be_visible()
    expect(page.get_by_text("/health", exact=True)).to_be_visible()
    page.get_by_text("/predict", exact=True).click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("input[type=file]").set_input_files(CLIPS[0].path)
    with page.expect_response("**/predict") as answer:
        page.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200, answer.value.text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_picture_of_the_page(scheme: str, width: int, page: Page, tmp_path: Path) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_test_id("file-input").set_input_files(CLIPS[0].path)
    expect(page.get_by_test_id("emotion-name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    folder = SCREENSHOTS if UPDATE else tmp_path
    page.screenshot(path=folder / f"page-{scheme}-{width}.png", full_page=True)
