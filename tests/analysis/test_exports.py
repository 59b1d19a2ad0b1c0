from __future__ import annotations

import csv
import re
from itertools import pairwise
from types import SimpleNamespace

import pytest

from ser.analysis.exports import FORMATS, Timeline, write


def analysis(*segments: tuple[float, float, str], duration_s: float = 20.0) -> Timeline:
    return SimpleNamespace(
        duration_s=duration_s,
        distribution={"Happy": 3.0, "Sad": 2.0},
        segments=[
            SimpleNamespace(
                start_s=start_s,
                end_s=end_s,
                emotion=emotion,
                confidence=0.75,
                probabilities={"Happy": 0.75, "Sad": 0.25},
                low_information=emotion == "Sad",
                intensity=None,
            )
            for start_s, end_s, emotion in segments
        ],
    )


USUAL = analysis((0.5, 3.5, "Happy"), (3.5, 4.0, "Sad"), (7.25, 8.75, "Sad"))
SPANS = [(0.5, 3.5, "Happy"), (3.5, 4.0, "Sad"), (7.25, 8.75, "Sad")]
HOSTILE = 'Ha\r\n\n-->"p<b>&y\tX" \x00'


def textgrid_intervals(text: str) -> list[tuple[float, float, str]]:
    """Read a TextGrid as Praat does: numbers and quoted strings in order, whatever stands between."""
    header, _, rest = text.partition("item []:")
    assert header.startswith('File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = ')
    assert "tiers? <exists>\nsize = 1\n" in header
    assert 'class = "IntervalTier"' in rest
    count = int(re.search(r"intervals: size = (\d+)", rest)[1])  # type: ignore[index]
    found = re.findall(
        r'intervals \[(\d+)\]:\s+xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "((?:[^"]|"")*)"\n', rest
    )
    assert [int(number) for number, *_ in found] == list(range(1, count + 1))
    return [(float(start), float(end), label.replace('""', '"')) for _, start, end, label in found]


def vtt_cues(text: str) -> list[tuple[float, float, str]]:
    """Read WebVTT strictly: blocks parted by blank lines, and no arrow in a cue's text."""
    first, *blocks = text.rstrip("\n").split("\n\n")
    assert first == "WEBVTT"
    cues = []
    for number, block in enumerate(blocks, 1):
        identifier, timing, *payload = block.split("\n")
        assert identifier == str(number)
        assert len(payload) == 1
        assert "-->" not in payload[0]
        times = re.fullmatch(r"(\d{2,}):(\d\d):(\d\d\.\d{3}) --> (\d{2,}):(\d\d):(\d\d\.\d{3})", timing)
        assert times
        h, m, s, h2, m2, s2 = map(float, times.groups())
        cues.append((h * 3600 + m * 60 + s, h2 * 3600 + m2 * 60 + s2, payload[0]))
    return cues


def test_csv_has_a_row_per_segment() -> None:
    rows = list(csv.DictReader(write(USUAL, "csv").splitlines()))
    assert [(float(r["start_s"]), float(r["end_s"]), r["emotion"]) for r in rows] == SPANS
    assert [r["low_information"] for r in rows] == ["no", "yes", "yes"]
    assert {(r["Happy"], r["Sad"], r["confidence"]) for r in rows} == {("0.75", "0.25", "0.75")}


def test_vtt_has_a_cue_per_segment() -> None:
    assert vtt_cues(write(USUAL, "vtt")) == [(a, b, f"{emotion} 75%") for a, b, emotion in SPANS]


def test_vtt_counts_hours_beyond_one() -> None:
    late = write(analysis((3 * 3600 + 59.9999, 3 * 3600 + 61.0, "Sad"), duration_s=20_000), "vtt")
    assert "03:01:00.000 --> 03:01:01.000" in late


def test_audacity_reads_a_label_per_line() -> None:
    lines = [line.split("\t") for line in write(USUAL, "audacity").splitlines()]
    assert [(float(start), float(end), label) for start, end, label in lines] == SPANS


def test_a_textgrid_covers_the_whole_recording() -> None:
    intervals = textgrid_intervals(write(USUAL, "textgrid"))
    assert [each for each in intervals if each[2]] == SPANS
    assert intervals[0][0] == 0
    assert intervals[-1][1] == 20
    assert all(end == start for (_, end, _), (start, _, _) in pairwise(intervals))


def test_rttm_has_ten_fields_and_the_emotion_as_speaker() -> None:
    lines = [line.split(" ") for line in write(USUAL, "rttm", recording="my call").splitlines()]
    assert {len(fields) for fields in lines} == {10}
    assert {tuple(fields[:3]) for fields in lines} == {("SPEAKER", "my_call", "1")}
    assert [(float(f[3]), float(f[3]) + float(f[4]), f[7]) for f in lines] == SPANS


@pytest.mark.parametrize("name", FORMATS)
def test_silence_makes_an_empty_file_of_the_format(name: str) -> None:
    text = write(analysis(), name)
    assert "Happy" not in text.partition("\n")[2]
    if name == "textgrid":
        assert textgrid_intervals(text) == [(0, 20, "")]
    if name == "vtt":
        assert vtt_cues(text) == []


@pytest.mark.parametrize("name", FORMATS)
def test_no_label_breaks_a_format(name: str) -> None:
    text = write(analysis((1.0, 2.0, HOSTILE), (3.0, 4.0, "")), name)
    assert "\x00" not in text
    assert "\r" not in text
    if name == "csv":
        assert [r["emotion"] for r in csv.DictReader(text.splitlines())] == ['Ha -->"p<b>&y X"', ""]
    if name == "vtt":
        assert [cue[:2] for cue in vtt_cues(text)] == [(1, 2), (3, 4)]
    if name == "audacity":
        assert [len(line.split("\t")) for line in text.splitlines()] == [3, 3]
    if name == "textgrid":
        assert [each[2] for each in textgrid_intervals(text)] == ["", 'Ha -->"p<b>&y X"', "", "", ""]
    if name == "rttm":
        assert {len(line.split(" ")) for line in text.splitlines()} == {10}
