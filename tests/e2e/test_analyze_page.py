"""Recordings of any length in the upload view, in a real browser against the real server."""

from __future__ import annotations

import csv
import io
import json
import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from clips import CLIPS, sound_file
from dashboard import faults, faults_in_any_colours, percent
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
  const lanes = document.querySelector('[data-testid=file-waveform] [data-testid=emotion-lanes]');
  window.seen.push({
    words: item.querySelector('[data-testid=upload-outcome]').textContent,
    percent: bar?.ariaValueNow === null ? null : Number(bar?.ariaValueNow),
    windows: Number(lanes?.ariaLabel.match(/from (\\d+)/)[1] ?? 0),
  });
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""

# What plays is in no document.
WATCH_SOUND = """
window.sounds = new Set();
window.seeks = 0;
const playSound = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!window.sounds.has(this)) this.addEventListener('seeking', () => { window.seeks += 1; });
  window.sounds.add(this);
  return playSound.call(this);
};
"""
IS_SILENT = "[...window.sounds].every((sound) => sound.paused)"

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


def show_files(page: Page, *files: Path) -> None:
    """Choose files, and wait until all are done."""
    choose(page, *files)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(len(files))
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)


def opened(page: Page, name: str) -> None:
    """Open a file of the list."""
    page.get_by_test_id("upload-toggle").filter(has_text=name).click()


def wait_until_done(page: Page, phase: str = "done") -> None:
    expect(page.locator(f"[data-testid=upload-item][data-phase={phase}]")).to_have_count(1)


def seconds(timecode: str) -> float:
    minutes, rest = timecode.split(":")
    return 60 * float(minutes) + float(rest)


def stereo_file(left: Waveform, right: Waveform) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(int(SAMPLE_RATE_HZ))
        file.writeframes((np.stack([left, right], axis=1) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def position_s(page: Page) -> float:
    return float(page.get_by_test_id("file-position").input_value())


def test_a_talk_shows_which_emotion_was_heard_when(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(reduced_motion="no-preference")
    timeline = answer_to(page, talk_file)
    wait_until_done(page)
    segments = timeline["segments"]
    assert len(segments) > 3
    outcome = page.get_by_test_id("file-outcome")
    expect(outcome).to_contain_text(timeline["emotion"])
    expect(outcome).to_contain_text(f"{percent(timeline['confidence'])} of speech")
    rows = page.get_by_test_id("segment-row")
    expect(rows).to_have_count(len(segments))
    for row, segment in zip(rows.all(), segments, strict=True):
        expect(row).to_contain_text(segment["emotion"])
        expect(row).to_contain_text(percent(segment["confidence"]))
        assert ("Uncertain" in row.inner_text()) == segment["low_information"]
    spoken_s = sum(timeline["distribution"].values())
    details = page.get_by_test_id("file-detail")
    for emotion, emotion_s in timeline["distribution"].items():
        share = details.get_by_test_id(f"share-{emotion}")
        expect(share).to_contain_text(percent(emotion_s / spoken_s))
    for emotion, p in timeline["probabilities"].items():
        expect(details.get_by_test_id(f"probability-{emotion}")).to_have_text(percent(p))
    expect(details.get_by_test_id("sentiment")).to_contain_text(timeline["sentiment"])
    expect(page.get_by_test_id("timeline-summary")).to_contain_text("with: this recording")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    runs = page.get_by_test_id("file-ribbon").locator("[data-emotion]").all()
    assert [run.get_attribute("data-emotion") for run in runs] == [s["emotion"] for s in segments]
    assert [run.get_attribute("data-uncertain") == "true" for run in runs] == [
        s["low_information"] for s in segments
    ]
    assert len({run.evaluate("e => getComputedStyle(e).fill") for run in runs}) > 1
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
    ribbon = page.get_by_test_id("file-ribbon").bounding_box()
    assert ribbon is not None
    middle_s = (last["start_s"] + last["end_s"]) / 2
    page.mouse.click(ribbon["x"] + ribbon["width"] * middle_s / whole_s, ribbon["y"] + ribbon["height"] / 2)
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

    # The server has heard it.
    expect(page.get_by_test_id("waveform")).to_have_attribute("data-peaks", "2000")
    expect(page.get_by_test_id("not-drawn")).to_have_count(0)
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
        page.get_by_test_id("export-menu").click()
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
    [("recording", "recording", "this recording"), ("everybody", "none", "everybody")],
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
    expect(page.get_by_test_id("remark")).to_contain_text("The file is cut off or damaged")
    expect(page.get_by_test_id("upload-list")).to_contain_text("No speech in 01:05")
    opened(page, "silence.wav")
    expect(page.get_by_test_id("file-detail")).to_contain_text("No speech in 01:05")
    assert faults(page) == []


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_a_file_fits_every_screen(width: int, visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(viewport={"width": width, "height": 800})
    page.get_by_test_id("tab-upload").click()
    expect(page.get_by_test_id("drop-zone")).to_be_visible()
    assert faults_in_any_colours(page) == []
    choose(page, talk_file, CLIPS[0].path)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(2)
    assert faults_in_any_colours(page) == []
    if width < 992:
        opened(page, "talk.wav")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    assert faults_in_any_colours(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    table = page.get_by_test_id("segment-table")
    assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth")
    # Too short a bar shows no share.
    share = page.get_by_test_id("file-detail").locator("[data-testid^=share-]").first
    assert share.locator(":scope > :nth-child(2)").evaluate("e => e.clientWidth") >= 60
    page.get_by_test_id("side-by-side-menu").click()
    page.get_by_test_id("file-detail").get_by_role("button", name=CLIPS[0].path.name).click()
    expect(page.get_by_test_id("side-by-side")).to_be_visible()
    assert faults_in_any_colours(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


IN_SIGHT = """
(element) => {
  const { top, left, bottom, right, width, height } = element.getBoundingClientRect();
  const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return width > 0 && height > 0 && top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth
    && at !== null && (element.contains(at) || at.closest('[data-testid=file-waveform]') !== null
      || at.contains(element) || at.closest('[data-testid=upload-item]')?.contains(element));
}
"""


def unseen(page: Page, *test_ids: str) -> list[str]:
    """Return which of these are not in sight without scrolling."""
    return [
        each
        for each in test_ids
        if not page.get_by_test_id(each).filter(visible=True).first.evaluate(IN_SIGHT)
    ]


DETAIL = ("file-outcome", "play-button", "file-canvas", "file-ribbon", "emotion-lanes", "play-position")
LIST = ("file-input", "upload-options", "upload-status", "sort-uploads", "export-all", "upload-outcome")


def test_a_laptop_shows_list_and_file_without_scrolling(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(viewport={"width": 1280, "height": 800})
    page.get_by_test_id("tab-upload").click()
    assert unseen(page, "drop-zone", "baseline-recording", "baseline-everybody", "voices-channels") == []
    show_files(page, talk_file, *(clip.path for clip in CLIPS[:3]))
    tools = ("repeat-button", "zoom-in", "segment-row", "side-by-side-menu", "export-menu", "print-report")
    assert unseen(page, *LIST[1:], *DETAIL, *tools, "share-Angry", "share-Neutral", "more-figures") == []
    assert page.get_by_test_id("upload-item").last.evaluate(IN_SIGHT)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


def test_a_phone_shows_the_list_and_then_the_file_without_scrolling(
    visit: Callable[..., Page], talk_file: Path
) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    choose(page, talk_file, *(clip.path for clip in CLIPS[:3]))
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(4)
    assert unseen(page, *LIST[1:]) == []
    assert page.get_by_test_id("upload-item").last.evaluate(IN_SIGHT)
    opened(page, "talk.wav")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    assert unseen(page, "close-sheet", *DETAIL, "repeat-button", "share-Angry", "share-Neutral") == []


def test_a_file_opens_over_the_list_of_a_phone_and_back_closes_it(
    visit: Callable[..., Page], talk_file: Path
) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    choose(page, talk_file, CLIPS[0].path)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(2)
    sheet = page.get_by_test_id("file-sheet")
    expect(sheet).to_have_count(0)
    opened(page, "talk.wav")
    expect(sheet).to_be_visible()
    assert "file=" in page.url
    page.go_back()
    expect(sheet).to_have_count(0)
    expect(page.get_by_test_id("upload-list")).to_be_visible()
    opened(page, CLIPS[0].path.name)
    page.get_by_test_id("close-sheet").click()
    expect(sheet).to_have_count(0)
    assert "file=" not in page.url
    # What was closed does not come back.
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_file_is_silent_behind_another_view(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(script=WATCH_SOUND)
    choose(page, talk_file)
    wait_until_done(page)
    page.get_by_test_id("play-button").click()
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", "Pause talk.wav")
    assert not page.evaluate(IS_SILENT)
    page.get_by_test_id("tab-live").click()
    expect(page.get_by_test_id("tab-live")).to_have_attribute("aria-selected", "true")
    assert page.evaluate(IS_SILENT)
    page.get_by_test_id("tab-upload").click()
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", "Play talk.wav")


def test_a_segment_stops_at_its_end(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(script=WATCH_SOUND)
    segments = answer_to(page, talk_file)["segments"]
    wait_until_done(page)
    page.get_by_test_id("play-segment").nth(1).click()
    page.wait_for_function(f"() => window.sounds.size > 0 && {IS_SILENT}")
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", "Play talk.wav")
    assert position_s(page) == pytest.approx(segments[1]["end_s"], abs=0.1)


def test_a_segment_is_repeated(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(script=WATCH_SOUND)
    segment = answer_to(page, talk_file)["segments"][1]
    wait_until_done(page)
    page.get_by_test_id("repeat-button").click()
    page.get_by_test_id("play-segment").nth(1).click()
    # To its beginning at first, and again twice.
    page.wait_for_function("() => window.seeks >= 3")
    assert not page.evaluate(IS_SILENT)
    assert segment["start_s"] - 0.2 <= position_s(page) <= segment["end_s"] + 0.2
    page.get_by_test_id("repeat-button").click()
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", "Play talk.wav")


def test_no_other_file_opens_in_place_of_one_that_is_gone(visit: Callable[..., Page]) -> None:
    first, second, third = (clip.path for clip in CLIPS[:3])
    page = visit()
    choose(page, first, second)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(2)
    opened(page, second.name)
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", f"Play {second.name}")
    page.get_by_test_id("clear-uploads").click()
    expect(page.get_by_test_id("upload-item")).to_have_count(0)
    choose(page, third, first)
    expect(page.locator("[data-testid=upload-item][data-phase=done]")).to_have_count(2)
    # The second one has the place of the file that was open.
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", f"Play {third.name}")


def test_an_address_of_a_file_that_is_gone_opens_none(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    choose(page, CLIPS[0].path)
    wait_until_done(page)
    page.get_by_test_id("upload-toggle").click()
    expect(page.get_by_test_id("file-sheet")).to_be_visible()
    page.reload()
    choose(page, CLIPS[1].path)
    wait_until_done(page)
    expect(page.get_by_test_id("file-sheet")).to_have_count(0)
    expect(page.get_by_test_id("upload-list")).to_be_visible()


def test_only_a_file_that_cannot_be_played_is_said_to_be_so(
    visit: Callable[..., Page], talk_file: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no sound" * 100)
    page = visit()
    page.get_by_test_id("tab-upload").click()
    # Long enough for what belongs to the view.
    page.wait_for_load_state("networkidle")
    page.route(
        "**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_()
    )
    choose(page, talk_file)
    wait_until_done(page, "failed")
    expect(page.get_by_test_id("upload-list")).to_contain_text("The server cannot be reached")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)
    expect(page.get_by_text("cannot play")).to_have_count(0)
    page.unroute_all()
    page.get_by_test_id("retry-upload").click()
    wait_until_done(page)

    choose(page, text)
    wait_until_done(page, "failed")
    opened(page, "notes.txt")
    expect(page.get_by_test_id("upload-list")).to_contain_text("Unsupported audio format")
    page.wait_for_timeout(500)
    expect(page.get_by_text("cannot play")).to_have_count(0)


def test_too_little_speech_for_its_own_baseline_is_said(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page, CLIPS[0].path)
    wait_until_done(page)
    expect(page.get_by_test_id("remark")).to_contain_text("Compared with everybody")


def test_an_export_opens_again_and_all_files_are_one_table(
    visit: Callable[..., Page], talk_file: Path, tmp_path: Path
) -> None:
    page = visit()
    show_files(page, talk_file, CLIPS[0].path)
    page.get_by_test_id("export-menu").click()
    with page.expect_download() as download:
        page.get_by_test_id("export-timeline-json").click()
    exported, hostile = tmp_path / "again.json", tmp_path / "hostile.json"
    download.value.save_as(exported)
    hostile.write_text(exported.read_text().replace('"confidence"', '"<img src=x onerror=alert(1)>"'))
    headline = page.get_by_test_id("file-outcome").inner_text()
    with page.expect_download() as download:
        page.get_by_test_id("export-all").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert {row["file"] for row in rows} == {"talk.wav", CLIPS[0].path.name}
    assert [row["emotion"] for row in rows if row["file"] == "talk.wav"] == [
        segment["emotion"] for segment in json.loads(exported.read_text())["segments"]
    ]

    page.reload()
    choose(page, exported, hostile)
    wait_until_done(page)
    wait_until_done(page, "failed")
    assert page.evaluate("window.forms") == []
    expect(page.get_by_test_id("file-outcome")).to_have_text(re.compile(re.escape(headline.split()[0])))
    expect(page.get_by_test_id("waveform")).to_have_attribute("data-peaks", re.compile("[1-9]"))
    expect(page.get_by_test_id("play-button")).to_have_count(0)
    assert faults(page) == []


def test_a_report_is_one_page(visit: Callable[..., Page], talk_file: Path, long_file: Path) -> None:
    page = visit(color_scheme="dark")
    show_files(page, talk_file, long_file)
    for name in ("talk.wav", "long.wav"):
        opened(page, name)
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        assert re.findall(rb"/Type /Pages\s.*?/Count (\d+)", printed, re.DOTALL) == [b"1"]
    page.emulate_media(media="print")
    expect(page.get_by_test_id("report")).to_be_visible()
    expect(page.get_by_test_id("report")).to_contain_text("long.wav")
    expect(page.get_by_test_id("upload-list")).not_to_be_visible()
    page.emulate_media(media="screen")
    expect(page.get_by_test_id("report")).to_have_count(0)


@pytest.mark.parametrize(
    ("choice", "names"), [("two", ["Voice 1", "Voice 2"]), ("channels", ["Left channel", "Right channel"])]
)
def test_each_voice_has_a_lane(
    choice: str, names: list[str], visit: Callable[..., Page], talk: Waveform, tmp_path: Path
) -> None:
    stereo = tmp_path / "call.wav"
    half = len(talk) // 2
    left, right = talk.copy(), talk.copy()
    left[half:], right[:half] = 0, 0
    stereo.write_bytes(stereo_file(left, right))
    page = visit()
    page.get_by_test_id("tab-upload").click()
    page.get_by_test_id(f"voices-{choice}").check()
    choose(page, stereo)
    wait_until_done(page)
    expect(page.get_by_test_id("voice-lane")).to_have_count(2)
    expect(page.get_by_test_id("voice-name")).to_have_text(names)
    lanes = page.get_by_test_id("file-detail").get_by_test_id("emotion-lanes")
    before = lanes.get_attribute("aria-label")
    table = page.get_by_test_id("segment-table")
    assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth")
    page.get_by_test_id("voice-name").first.click()
    expect(lanes).not_to_have_attribute("aria-label", before or "")
    assert faults(page) == []


def test_the_view_works_by_keyboard_alone(visit: Callable[..., Page], talk_file: Path) -> None:
    page = visit(script=PLAY_SLOWLY)
    show_files(page, talk_file, CLIPS[0].path, CLIPS[1].path)
    press = page.keyboard.press

    def go_to(test_id: str) -> None:
        for _ in range(60):
            press("Tab")
            if page.evaluate("document.activeElement?.dataset.testid ?? ''") == test_id:
                return
        raise AssertionError(f"the Tab key does not reach {test_id}")

    go_to("file-input")
    go_to("sort-uploads")
    go_to("export-all")
    go_to("upload-toggle")
    heading = page.locator("#file-detail-heading")
    press("ArrowDown")
    expect(heading).to_have_text(CLIPS[0].path.name)
    press("End")
    expect(heading).to_have_text(CLIPS[1].path.name)
    press("Home")
    expect(heading).to_have_text("talk.wav")
    expect(page.locator("[data-testid=file-waveform][data-phase=ready]")).to_have_count(1)

    go_to("export-menu")
    press("Enter")
    expect(page.get_by_test_id("export-timeline-csv")).to_be_visible()
    press("Tab")
    with page.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename == "talk.json"
    expect(page.get_by_test_id("export-timeline-csv")).not_to_be_visible()

    go_to("play-button")
    press("Enter")
    expect(page.get_by_test_id("play-button")).to_have_attribute("aria-label", "Pause talk.wav")
    press("Enter")
    go_to("file-position")
    press("End")
    press("Home")
    expect(page.get_by_test_id("play-position")).to_contain_text("00:00 /")
    go_to("repeat-button")
    go_to("play-segment")
    press("ArrowDown")
    press("Enter")
    expect(page.get_by_test_id("segment-row").nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_test_id("play-button").focus()
    press("Enter")

    page.get_by_test_id("export-menu").focus()
    press("Enter")
    press("Escape")
    expect(page.get_by_test_id("export-timeline-csv")).not_to_be_visible()
    expect(page.get_by_test_id("export-menu")).to_be_focused()
    go_to("remove-upload")
    press("Enter")
    expect(page.get_by_test_id("upload-item")).to_have_count(2)
    expect(page.get_by_test_id("upload-list")).to_be_focused()
