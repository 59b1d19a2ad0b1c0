"""Recordings of any length in the upload view, in a real browser against the real server."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from clips import CLIPS, sound_file
from dashboard import faults, percent, views
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

# Over this, the page does not decode a file to draw it.
LONGEST_DRAWN_S = 600

# What is shown while a file is analysed, as a person would see it go by.
WATCH_ANALYSIS = """
window.seen = [];
new MutationObserver(() => {
  const item = document.querySelector('[data-testid=upload-item]');
  if (item?.dataset.phase !== 'analysing') return;
  const bar = item.querySelector('[role=progressbar][aria-label=Analysis]');
  const curve = item.querySelector('[data-testid=emotion-curve]');
  window.seen.push({
    words: item.querySelector('[data-testid=upload-outcome]').textContent,
    percent: bar?.ariaValueNow === null ? null : Number(bar?.ariaValueNow),
    windows: Number(curve?.ariaLabel.match(/from (\\d+)/)[1] ?? 0),
  });
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""

# So slowly that what plays is still the same when it is looked at.
PLAY_SLOWLY = """
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  this.playbackRate = 1 / 16;
  return play.call(this);
};
"""


@pytest.fixture(scope="module")
def long_file(talk: Waveform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The talk again and again, for longer than the page draws."""
    times = LONGEST_DRAWN_S * SAMPLE_RATE_HZ // len(talk) + 1
    file = tmp_path_factory.mktemp("long") / "long.wav"
    file.write_bytes(sound_file(np.tile(talk, times)))
    return file


def choose(page: Page, *files: Path) -> None:
    page.get_by_test_id("tab-upload").click()
    page.get_by_test_id("file-input").set_input_files(list(files))


def answer_to(page: Page, *files: Path) -> dict[str, Any]:
    """Choose files, and return what the server answers to the first."""
    with page.expect_request_finished(lambda r: r.url.endswith("/analyze")) as request:
        choose(page, *files)
    response = request.value.response()
    assert response is not None
    *_, last = response.text().splitlines()
    answer: dict[str, Any] = json.loads(last)
    return answer


def wait_until_done(page: Page, phase: str = "done") -> None:
    expect(page.locator(f"[data-testid=upload-item][data-phase={phase}]")).to_have_count(1)


def seconds(timecode: str) -> float:
    minutes, rest = timecode.split(":")
    return 60 * float(minutes) + float(rest)


def position_s(page: Page) -> float:
    return float(page.get_by_test_id("file-position").input_value())


def test_a_talk_shows_which_emotion_was_heard_when(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(reduced_motion="no-preference")
    timeline = answer_to(page, talk_file)
    wait_until_done(page)
    segments = timeline["segments"]
    assert len(segments) > 3
    outcome = page.get_by_test_id("upload-outcome")
    expect(outcome).to_contain_text(timeline["emotion"])
    expect(outcome).to_contain_text(f"{percent(timeline['confidence'])} of speech")
    rows = page.get_by_test_id("segment-row")
    expect(rows).to_have_count(len(segments))
    for row, segment in zip(rows.all(), segments, strict=True):
        expect(row).to_contain_text(segment["emotion"])
        expect(row).to_contain_text(percent(segment["confidence"]))
        assert ("Uncertain" in row.inner_text()) == segment["low_information"]
    spoken_s = sum(timeline["distribution"].values())
    details = page.get_by_test_id("upload-item")
    for emotion, emotion_s in timeline["distribution"].items():
        share = details.get_by_test_id(f"share-{emotion}")
        expect(share).to_contain_text(percent(emotion_s / spoken_s))
    for emotion, p in timeline["probabilities"].items():
        expect(details.get_by_test_id(f"probability-{emotion}")).to_have_text(percent(p))
    expect(details.get_by_test_id("sentiment")).to_contain_text(timeline["sentiment"])
    expect(page.get_by_test_id("timeline-summary")).to_contain_text("with: this recording")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    regions = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=file-waveform] div')]
             .flatMap((e) => [...(e.shadowRoot?.querySelectorAll('[part~=region]') ?? [])])
             .map((e) => [e.getAttribute('part').split(' ')[1], getComputedStyle(e).backgroundColor])"""
    )
    assert [emotion for emotion, _ in regions] == [segment["emotion"] for segment in segments]
    assert len({color for _, color in regions}) > 1
    assert faults(page) == []


def test_any_segment_plays_from_its_beginning(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(script=PLAY_SLOWLY)
    segments = answer_to(page, talk_file)["segments"]
    wait_until_done(page)
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    play = page.get_by_test_id("play-button")

    third = page.get_by_test_id("segment-row").nth(2)
    # Anywhere in the row.
    third.click()
    expect(play).to_have_attribute("aria-label", "Pause talk.wav")
    expect(third).to_have_attribute("aria-current", "true")
    assert segments[2]["start_s"] - 0.2 <= position_s(page) < segments[3]["start_s"]
    play.click()
    expect(play).to_have_attribute("aria-label", "Play talk.wav")

    page.get_by_test_id("play-segment").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("segment-row").nth(1)).to_have_attribute("aria-current", "true")
    play.click()

    last = segments[-1]
    whole_s = float(page.get_by_test_id("file-position").get_attribute("max") or 0)
    wave = page.get_by_test_id("file-canvas").bounding_box()
    assert wave is not None
    middle_s = (last["start_s"] + last["end_s"]) / 2
    page.mouse.click(wave["x"] + wave["width"] * middle_s / whole_s, wave["y"] + wave["height"] / 2)
    expect(page.get_by_test_id("segment-row").last).to_have_attribute("aria-current", "true")
    assert last["start_s"] - 0.2 <= position_s(page) <= last["end_s"]
    play.click()

    page.get_by_test_id("file-position").focus()
    page.keyboard.press("Home")
    expect(page.get_by_test_id("play-position")).to_contain_text("00:00 /")


def test_a_long_recording_is_shown_while_it_is_heard_and_is_not_decoded(
    visit: Callable[..., Page], long_file: Path
) -> None:
    page = visit(script=WATCH_ANALYSIS + "OfflineAudioContext = AudioContext = undefined;")
    timeline = answer_to(page, long_file)
    wait_until_done(page)
    seen = page.evaluate("window.seen")
    words = " ".join(each["words"] for each in seen)
    assert "Pass 1 of 2" in words
    assert "Pass 2 of 2" in words
    percents = [each["percent"] for each in seen if each["percent"] is not None]
    assert percents == sorted(percents)
    assert len(set(percents)) > 2
    counts = [each["windows"] for each in seen]
    assert counts == sorted(counts)
    assert any(0 < count < len(timeline["windows"]) for count in counts)

    expect(page.get_by_test_id("not-drawn")).to_contain_text("where there is speech")
    rows = page.get_by_test_id("segment-row")
    expect(rows).to_have_count(min(100, len(timeline["segments"])))
    while (more := page.get_by_test_id("more-segments")).count():
        more.click()
    expect(rows).to_have_count(len(timeline["segments"]))
    width = "document.querySelector('[style*=--zoom]').parentElement.scrollWidth"
    before = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(width) == pytest.approx(2 * before, abs=2)
    rows.last.get_by_test_id("play-segment").click()
    expect(rows.last).to_have_attribute("aria-current", "true")
    assert position_s(page) >= timeline["segments"][-1]["start_s"] - 0.2
    page.get_by_test_id("play-button").click()
    assert faults(page) == []


def test_a_timeline_is_exported_in_every_format(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit()
    timeline = answer_to(page, talk_file)
    wait_until_done(page)
    del timeline["type"]
    segments = timeline["segments"]

    def exported(name: str) -> tuple[str, str]:
        with page.expect_download() as download:
            page.get_by_test_id(f"export-timeline-{name}").click()
        return download.value.suggested_filename, download.value.path().read_text(encoding="utf-8-sig")

    name, text = exported("json")
    assert name == "talk.json"
    assert json.loads(text) == timeline
    name, text = exported("csv")
    assert name == "talk.csv"
    assert [row["emotion"] for row in csv.DictReader(io.StringIO(text))] == [s["emotion"] for s in segments]
    name, text = exported("vtt")
    assert name == "talk.vtt"
    assert text.startswith("WEBVTT")
    assert text.count(" --> ") == len(segments)
    name, text = exported("audacity")
    assert name == "talk.txt"
    assert [float(line.split("\t")[0]) for line in text.splitlines()] == pytest.approx(
        [s["start_s"] for s in segments]
    )
    name, text = exported("textgrid")
    assert name == "talk.TextGrid"
    assert text.startswith('File type = "ooTextFile"')
    name, text = exported("rttm")
    assert name == "talk.rttm"
    assert len(text.splitlines()) == len(segments)
    assert page.get_by_test_id("upload-item").get_by_role("status").count() == 0


def test_an_analysis_can_be_cancelled_and_another_follows(
    visit: Callable[..., Page], long_file: Path
) -> None:
    page = visit()
    choose(page, long_file, CLIPS[0].path)
    first, second = page.get_by_test_id("upload-item").all()
    expect(first).to_have_attribute("data-phase", re.compile("sending|analysing"))
    first.get_by_test_id("cancel-upload").click()
    expect(first).to_have_attribute("data-phase", "cancelled")
    expect(second).to_have_attribute("data-phase", "done")
    expect(first).to_contain_text("Try again")
    assert faults(page) == []


# A browser writes no duration into what it records.
RECORD = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: 'audio/webm' });
  const parts = [];
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  setTimeout(() => recorder.stop(), 4000);
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}
"""


def test_what_a_browser_recorded_is_drawn_and_played(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    recording = tmp_path / "recording.webm"
    recording.write_bytes(bytes(page.evaluate(RECORD)))
    choose(page, recording)
    wait_until_done(page)
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    duration_s = len(decode(recording)) / SAMPLE_RATE_HZ
    shown = page.get_by_test_id("play-position")
    expect(shown).to_have_text(re.compile(r"00:00 / \d\d:\d\d"))
    assert seconds(shown.inner_text().partition(" / ")[2]) == pytest.approx(duration_s, abs=1.1)
    page.get_by_test_id("play-button").click()
    expect(shown).to_have_text(re.compile("00:0[1-9] / "))


@pytest.mark.parametrize(
    ("choice", "sent", "words"),
    [("recording", "recording", "this recording"), ("everybody", "none", "all training speakers")],
)
def test_what_the_voice_is_heard_against_is_chosen(
    choice: str, sent: str, words: str, visit: Callable[..., Page], talk_file: Path
) -> None:
    page = visit()
    page.get_by_test_id("tab-upload").click()
    expect(page.get_by_test_id("baseline-own")).to_be_disabled()
    page.get_by_test_id(f"baseline-{choice}").check()
    choose(page, talk_file)
    wait_until_done(page)
    assert [form["baseline"] for form in page.evaluate("window.forms")] == [sent]
    expect(page.get_by_test_id("timeline-summary")).to_contain_text(words)


def test_what_is_missing_is_said_in_words(
    visit: Callable[..., Page], talk_file: Path, tmp_path: Path
) -> None:
    cut, silence = tmp_path / "cut.wav", tmp_path / "silence.wav"
    cut.write_bytes(talk_file.read_bytes()[:-400_000])
    silence.write_bytes(sound_file(np.zeros(65 * SAMPLE_RATE_HZ)))
    page = visit()
    choose(page, cut, silence)
    wait_until_done(page)
    wait_until_done(page, "no_speech")
    expect(page.get_by_text("The file is cut off or damaged")).to_be_visible()
    expect(page.get_by_text("No speech in 01:05")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(("width", "scheme"), views(360, 1280))
def test_a_timeline_fits_every_screen(
    scheme: str, width: int, visit: Callable[..., Page], talk_file: Path
) -> None:
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    choose(page, talk_file)
    wait_until_done(page)
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    table = page.get_by_test_id("segment-table")
    assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth")
    # Too short a bar shows no share.
    share = page.get_by_test_id("upload-item").locator("[data-testid^=share-]").first
    assert share.locator(":scope > :nth-child(2)").evaluate("e => e.clientWidth") >= 60
