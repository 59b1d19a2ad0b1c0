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
                voice=None,
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


def call() -> Timeline:
    timeline = analysis((0.5, 3.5, "Happy"), (2.0, 4.0, "Sad"), (4.0, 6.0, "Sad"))
    for segment, voice in zip(timeline.segments, (1, 2, 1), strict=True):
        segment.voice = voice  # type: ignore[misc]
    return timeline


def test_a_table_says_whose_each_segment_is() -> None:
    rows = list(csv.DictReader(write(call(), "csv").splitlines()))
    assert list(rows[0])[-1] == "voice"
    assert [row["voice"] for row in rows] == ["1", "2", "1"]
    assert "voice" not in write(USUAL, "csv")


def test_each_cue_has_the_voice_that_players_show() -> None:
    assert [cue[2] for cue in vtt_cues(write(call(), "vtt"))] == [
        "<v Voice 1>Happy 75%",
        "<v Voice 2>Sad 75%",
        "<v Voice 1>Sad 75%",
    ]


def test_each_voice_has_a_tier_of_its_own() -> None:
    text = write(call(), "textgrid")
    assert "\nsize = 2\n" in text
    assert re.findall('name = "(.*)"', text) == ["emotion of voice 1", "emotion of voice 2"]
    assert re.findall("intervals: size = (.*)", text) == ["5", "3"]
    tiers = text.split("    item [")[1:]
    texts = [re.findall('text = "(.*)"', tier) for tier in tiers]
    assert texts == [["", "Happy", "", "Sad", ""], ["", "Sad", ""]]


def test_labels_and_speaker_lines_have_the_voice() -> None:
    labels = [line.split("\t")[2] for line in write(call(), "audacity").splitlines()]
    assert labels == ["voice 1: Happy", "voice 2: Sad", "voice 1: Sad"]
    fields = [line.split(" ") for line in write(call(), "rttm").splitlines()]
    assert [(each[2], each[7]) for each in fields] == [("1", "Happy"), ("2", "Sad"), ("1", "Sad")]


def test_segments_without_a_voice_have_the_first_tier() -> None:
    timeline = call()
    timeline.segments[0].voice = None  # type: ignore[misc]
    names = re.findall('name = "(.*)"', write(timeline, "textgrid"))
    assert names == ["emotion", "emotion of voice 1", "emotion of voice 2"]
