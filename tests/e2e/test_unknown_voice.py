"""What the live view shows while it does not know the speaker's voice, with a fake microphone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard import expect_count, expect_little_shift, faults, listen, stop, wait_for_count, watch_shifts

# Of 5 s that make a voice known.
TOO_LITTLE_S, ENOUGH_S = 2.6, 7.8
WEAK = {"Angry": 0.1, "Happy": 0.15, "Sad": 0.55, "Disgust": 0.1, "Fear": 0.05, "Neutral": 0.05}


def weak_emotions(route: Route, speech_s: float) -> None:
    """Answer with a weak emotion, and a baseline made of so much speech."""
    route.fulfill(
        json={
            "emotion": "Sad",
            "confidence": WEAK["Sad"],
            "probabilities": WEAK,
            "timestamp": "2026-02-17T15:45:00.000000",
            "low_information": False,
            "baseline": "ser-baseline-1.grown",
            "baseline_speech_s": speech_s,
        }
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_weak_emotions_are_uncertain_until_the_voice_is_known(
    scheme: str, width: int, visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    heard_s = TOO_LITTLE_S
    page.route("**/predict", lambda route: weak_emotions(route, heard_s))
    note = page.get_by_test_id("unknown-voice")
    expect(note).to_contain_text("Getting to know your voice: 0 of 5 s")
    listen(page)
    watch_shifts(page)
    wait_for_count(page, 1)
    expect(note).to_contain_text(re.compile("2 of 5 s Until then, weak emotions are uncertain"))
    expect(page.get_by_test_id("emotion-card")).to_contain_text("Uncertain")
    expect(page.get_by_test_id("live-announcement")).to_contain_text("Uncertain, maybe Sad")
    assert faults(page) == []
    heard_s = ENOUGH_S
    expect(note).to_have_count(0)
    expect(page.get_by_test_id("emotion-card")).not_to_contain_text("Uncertain")
    expect_little_shift(page, 0.02)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    stop(page)
    with page.expect_download() as download:
        page.get_by_test_id("export-json").click()
    file = tmp_path / "session.json"
    download.value.save_as(file)
    kept = json.loads(file.read_text())["predictions"]
    uncertain = [each["uncertain"] for each in kept]
    assert uncertain == sorted(uncertain, reverse=True)
    assert uncertain[0]
    assert not uncertain[-1]
    expect_count(page, uncertain.count(True), "uncertain")
    assert all(each["emotion"] == "Sad" and each["probabilities"] == WEAK for each in kept)
