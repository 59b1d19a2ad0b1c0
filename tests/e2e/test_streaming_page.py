"""The streaming mode of the live view, in a real browser against the real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocket, expect

from dashboard import (
    PICTURES,
    close_drawer,
    expect_listening,
    expect_little_shift,
    faults,
    found_in,
    listen,
    open_voice,
    percent,
    session_count,
    stop,
    stream,
    views,
    wait_for_count,
    wait_until,
    watch_shifts,
)
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from server import Server

FRAME_BYTES = SAMPLE_RATE_HZ // 10 * 2

WATCH_MICROPHONE = """
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) =>
  (window.microphone = await getUserMedia(constraints));
"""
MICROPHONE_IS_FREE = "() => window.microphone.getTracks().every((track) => track.readyState === 'ended')"

# As Firefox: a microphone and an audio context have one sample rate.
ONLY_RATE_OF_THE_SYSTEM = """
const connect = AudioContext.prototype.createMediaStreamSource;
AudioContext.prototype.createMediaStreamSource = function (stream) {
  if (this.sampleRate === 16000) throw new DOMException('other rate', 'NotSupportedError');
  return connect.call(this, stream);
};
"""


class Streams:
    """What goes over the WebSockets of a page, watched from outside it."""

    def __init__(self, page: Page) -> None:
        self.configs: list[list[dict[str, Any]]] = []
        self.frames: list[list[bytes]] = []
        self.answers: list[list[dict[str, Any]]] = []
        self.closed: list[WebSocket] = []
        page.on("websocket", self._watch)

    def wait_until_closed(self, page: Page) -> None:
        """Wait until no stream has anything more to say: the last utterance comes after the microphone."""
        wait_until(page, lambda: len(self.closed) == len(self.answers))

    def _watch(self, socket: WebSocket) -> None:
        configs, frames, answers = [], [], []  # type: ignore[var-annotated]
        self.configs.append(configs)
        self.frames.append(frames)
        self.answers.append(answers)
        socket.on(
            "framesent", lambda f: configs.append(json.loads(f)) if isinstance(f, str) else frames.append(f)
        )
        socket.on("framereceived", lambda f: answers.append(json.loads(f)))
        socket.on("close", lambda socket: self.closed.append(socket))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return all messages of a type."""
        return [message for answers in self.answers for message in answers if message["type"] == kind]


def test_what_is_heard_is_drawn_live_moves_nothing_and_each_utterance_is_kept(
    visit: Callable[..., Page],
) -> None:
    page = visit(script=WATCH_MICROPHONE, reduced_motion="no-preference")
    streams = Streams(page)
    page.get_by_test_id("mode-stream").check()
    watch_shifts(page)
    listen(page)
    expect(page.get_by_test_id("live-notice")).to_contain_text("Two results per second")
    expect(page.get_by_test_id("presence")).to_have_text("Speech")
    expect(page.get_by_test_id("emotion-card")).to_be_visible()
    assert faults(page) == []
    wait_for_count(page, 2)
    expect_little_shift(page, 0.02)
    stop(page)
    page.wait_for_function(MICROPHONE_IS_FREE)
    streams.wait_until_closed(page)
    assert streams.configs[0][-1] == {"type": "end"}
    expect(page.get_by_test_id("presence")).to_have_count(0)

    utterances = [u for u in streams.of_type("speech_ended") if u["emotion"]]
    entries = page.get_by_test_id("timeline-entry")
    expect(entries).to_have_count(len(utterances))
    for entry, utterance in zip(entries.all(), reversed(utterances), strict=True):
        expect(entry).to_contain_text(utterance["emotion"])
        expect(entry).to_contain_text(percent(utterance["probabilities"][utterance["emotion"]]))
    expect(page.get_by_test_id("emotion-name")).to_have_text(utterances[-1]["emotion"])
    assert page.evaluate("window.forms") == []
    assert len(streams.configs) == 1
    assert {len(frame) for frame in streams.frames[0]} == {FRAME_BYTES}


# Which results' calmed probabilities the card has shown, read inside the page, where both are at hand.
WATCH_CARD = """
window.shown = new Set();
const results = [];
const NativeSocket = WebSocket;
window.WebSocket = class extends NativeSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'result') results.push(message);
    });
  }
};
new MutationObserver(() => {
  const percent = new Intl.NumberFormat('en', { style: 'percent' });
  const isShown = ([emotion, p]) => document.querySelector(
    `[data-testid=result-panel] [data-testid="probability-${emotion}"]`
  )?.textContent === percent.format(p);
  // Not only the latest: on a busy machine, the next may come before one is shown.
  for (const { smoothed, end_ms } of results.slice(-20))
    if (Object.entries(smoothed).every(isShown)) window.shown.add(end_ms);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def test_the_card_shows_the_calmed_probabilities(visit: Callable[..., Page]) -> None:
    page = visit(script=WATCH_CARD)
    streams = Streams(page)
    stream(page)
    page.wait_for_function("() => window.shown.size >= 5")
    stop(page)
    streams.wait_until_closed(page)
    results = streams.of_type("result")
    assert any(result["smoothed"] != result["probabilities"] for result in results)
    assert set(page.evaluate("[...window.shown]")) <= {result["end_ms"] for result in results}


def test_no_moment_is_lost(visit: Callable[..., Page], microphone_sound: Waveform) -> None:
    page = visit()
    streams = Streams(page)
    stream(page)
    wait_until(page, lambda: bool(streams.frames) and len(streams.frames[0]) >= 50)
    stop(page)
    sent = np.frombuffer(b"".join(streams.frames[0][:50]), dtype="<i2").astype(np.float32) / 0x8000
    start = found_in(microphone_sound, sent)
    # On a busy machine, the browser's own fake device leaves some out: 0.2 s apart is no loss of the page's.
    skipped = SAMPLE_RATE_HZ // 5
    matching = []
    for number, second in enumerate(sent.reshape(-1, SAMPLE_RATE_HZ)):
        about = start + number * SAMPLE_RATE_HZ + np.arange(-skipped, SAMPLE_RATE_HZ + skipped)
        source = np.take(microphone_sound, about, mode="wrap")
        powers = np.convolve(source**2, np.ones(SAMPLE_RATE_HZ), "valid")
        likeness = np.correlate(source, second, "valid") / np.sqrt(powers * np.sum(second**2))
        matching.append(likeness.max())
    assert np.median(matching) > 0.95


def test_a_voice_grows_with_the_stream_and_a_forgotten_one_is_not_heard_against(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    streams = Streams(page)
    stream(page)
    wait_for_count(page, 1)
    expect(page.get_by_test_id("known-voice")).to_contain_text("From this session")
    [config] = streams.configs[0]
    assert (config["baseline"], config["adapt"]) == (None, True)
    open_voice(page)
    page.get_by_test_id("forget-voice").click()
    expect(page.get_by_test_id("known-voice")).to_contain_text("Your voice is not known yet")
    close_drawer(page)
    wait_until(page, lambda: len(streams.configs) == 2 and bool(streams.configs[1]))
    assert streams.configs[1][0]["baseline"] is None

    before = session_count(page)
    wait_for_count(page, before + 1)
    stop(page)
    streams.wait_until_closed(page)
    assert streams.configs[1][-1] == {"type": "end"}
    grown = streams.of_type("speech_ended")[-1]["baseline"]
    listen_again(page)
    wait_until(page, lambda: len(streams.configs) == 3 and bool(streams.configs[2]))
    assert streams.configs[2][0]["baseline"] == grown
    page.reload()
    expect(page.get_by_test_id("known-voice")).to_contain_text("Your voice is not known yet")


def listen_again(page: Page) -> None:
    page.get_by_test_id("listen-button").click()
    expect_listening(page)


def test_a_stream_outlives_its_server(visit: Callable[..., Page], tmp_path: Path) -> None:
    first = Server(tmp_path / "first.log", SER_WORKERS="1")
    page = visit(url=first.url)
    stream(page)
    wait_for_count(page, 1)
    first.kill()
    expect(page.get_by_test_id("live-notice")).to_contain_text("Next try in")
    expect(page.get_by_test_id("presence")).to_have_text("No speech")
    assert faults(page) == []
    before = session_count(page)
    second = Server(tmp_path / "second.log", port=first.port, SER_WORKERS="1")
    try:
        wait_for_count(page, before + 1)
        expect(page.get_by_test_id("live-notice-title")).to_have_text("Listening")
        stop(page)
    finally:
        page.close()
        second.stop()


def test_who_finds_no_stream_free_is_told_and_gets_the_next(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    server = Server(tmp_path / "log", SER_MAX_STREAMS="1", SER_WORKERS="1")
    try:
        first, second = visit(url=server.url), visit(url=server.url)
        stream(first)
        wait_for_count(first, 1)
        stream(second)
        expect(second.get_by_test_id("live-notice")).to_contain_text("The server has no free stream")
        expect(second.get_by_test_id("live-notice")).to_contain_text("Next try in")
        stop(first)
        wait_for_count(second, 1)
        expect(second.get_by_test_id("live-notice")).to_contain_text("Two results per second")
        first.close()
        second.close()
    finally:
        server.stop()


@pytest.mark.parametrize("missing", ["WebSocket", "AudioWorkletNode", "a way through"])
def test_where_nothing_can_be_streamed_it_listens_in_pieces(missing: str, visit: Callable[..., Page]) -> None:
    blocked = missing == "a way through"
    page = visit(script="" if blocked else f"delete window.{missing};")
    if blocked:
        page.route_web_socket("**/stream", lambda socket: socket.close())
    stream(page)
    expect(page.get_by_test_id("live-notice")).to_contain_text("every 3 seconds")
    expect(page.get_by_text("Not possible here")).to_be_visible()
    wait_for_count(page, 1)
    assert len(page.evaluate("window.forms")) >= 1
    assert faults(page) == []


def test_a_browser_with_one_sample_rate_streams_at_that(visit: Callable[..., Page]) -> None:
    page = visit(script=ONLY_RATE_OF_THE_SYSTEM)
    streams = Streams(page)
    stream(page)
    wait_for_count(page, 1)
    stop(page)
    rate_hz = streams.configs[0][0]["sample_rate_hz"]
    assert rate_hz == page.evaluate("new AudioContext().sampleRate")
    assert rate_hz > SAMPLE_RATE_HZ
    assert {len(frame) for frame in streams.frames[0]} == {rate_hz // 10 * 2}


def test_the_choice_stays_and_is_used_from_the_next_start(visit: Callable[..., Page]) -> None:
    page = visit()
    streams = Streams(page)
    listen(page)
    page.get_by_test_id("mode-stream").check()
    expect(page.get_by_text("Applies from the next start. Two results")).to_be_visible()
    expect(page.get_by_test_id("live-notice")).to_contain_text("every 3 seconds")
    stop(page)
    assert streams.configs == []
    page.reload()
    expect(page.get_by_test_id("mode-stream")).to_be_checked()
    listen_again(page)
    expect(page.get_by_test_id("live-notice")).to_contain_text("Two results per second")


@pytest.mark.parametrize(("width", "scheme"), views(360, 1280))
def test_a_picture_of_streaming(scheme: str, width: int, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(viewport={"width": width, "height": 740 if width == 360 else 800}, color_scheme=scheme)
    stream(page)
    expect(page.get_by_test_id("presence")).to_have_text("Speech")
    wait_for_count(page, 3 if PICTURES else 1)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=(PICTURES or tmp_path) / f"streaming-{scheme}-{width}.png")
