"""What the page shows of people who just talk: held-out ordinary speech is the microphone.

    python benchmarks/live_ordinary.py --ordinary DIR [--speakers 21 22 view-glass] [--seconds 60]

Runs the real server and a real browser in real time, for a minute per speaker. Each speaker gets a new
browser without a baseline; a word stands for many English speakers, who are not known. `--pictures DIR` keeps
a picture of each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserType, expect, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser import FAKE_MICROPHONE, FLAGS, executable
from clips import sound_file
from ser import corpora
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import NEUTRAL, Clip
from ser.corpora.ordinary import HELD_OUT_SPEAKERS, HELD_OUT_WORDS
from server import Server

PAUSE_S = 0.3


def talk(clips: Sequence[Clip], seconds: float, rng: np.random.Generator) -> Waveform:
    """Return clips of a speaker in random order, with pauses, for so many seconds."""
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    parts: list[Waveform] = []
    while sum(map(len, parts)) < seconds * SAMPLE_RATE_HZ:
        for index in rng.permutation(len(clips)):
            parts += [decode(clips[index].path), pause]
    return np.concatenate(parts)[: round(seconds * SAMPLE_RATE_HZ)]


def listen(
    chromium: BrowserType, url: str, microphone: Path, seconds: float, picture: Path | None
) -> list[tuple[str, bool]]:
    """Let the page listen; return the emotion of each of its results, and whether it is uncertain."""
    browser = chromium.launch(
        executable_path=executable(),
        args=[*FLAGS, *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={microphone}"],
    )
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
        page.goto(url)
        page.get_by_test_id("listen-button").click()
        page.get_by_role("button", name="Agree and start").click()
        page.wait_for_timeout(1000 * seconds)
        if picture is not None:
            page.screenshot(path=picture)
        page.get_by_test_id("listen-button").click()
        expect(page.get_by_test_id("export-json")).to_be_enabled()
        with page.expect_download() as download:
            page.get_by_test_id("export-json").click()
        session = json.loads(download.value.path().read_text())
    finally:
        browser.close()
    return [(each["emotion"], each["uncertain"]) for each in session["predictions"]]


def row(name: str, found: Iterable[tuple[str, bool]]) -> str:
    """Return one row of the table."""
    found = list(found)
    certain = Counter(emotion for emotion, uncertain in found if not uncertain)
    false = {emotion: count for emotion, count in certain.items() if emotion != NEUTRAL}
    shares = [certain[NEUTRAL], len(found) - certain.total(), sum(false.values())]
    listed = ", ".join(f"{emotion} {count}" for emotion, count in sorted(false.items()))
    cells = [f"{share / max(len(found), 1):.2f}" for share in shares]
    return f"| {name} | {len(found)} | {' | '.join(cells)} | {listed} |"


def main() -> None:
    """Print one row per speaker, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--ordinary", type=Path, required=True)
    parser.add_argument("--speakers", nargs="+", default=sorted([*HELD_OUT_SPEAKERS, *HELD_OUT_WORDS]))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    clips = corpora.load("ordinary", args.ordinary)
    rng = np.random.default_rng(args.seed)
    everything: list[tuple[str, bool]] = []
    print("| speaker | results | Neutral | uncertain | false emotion | which |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log")
        try:
            for name in args.speakers:
                own = [clip for clip in clips if name in (clip.speaker, *clip.speaker.split("/")[1:2])]
                microphone = Path(folder) / f"{name}.wav"
                microphone.write_bytes(sound_file(talk(own, args.seconds, rng)))
                picture = args.pictures / f"{name}.png" if args.pictures else None
                found = listen(playwright.chromium, server.url, microphone, args.seconds, picture)
                everything += found
                print(row(name, found), flush=True)
        finally:
            server.stop()
    print(row("all", everything))


if __name__ == "__main__":
    main()
