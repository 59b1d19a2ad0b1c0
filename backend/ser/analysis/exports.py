"""A timeline as people of the field open it: in a player, Audacity, Praat or a diarization scorer."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Analysis = Mapping[str, Any]


class Format(NamedTuple):
    """How a timeline is written.

    Attributes:
        write: makes the text of an analysis, given the name of its recording.
        extension: of its files, without the dot.
        mimetype: how HTTP calls it.
    """

    write: Callable[[Analysis, str], str]
    extension: str
    mimetype: str


def write(analysis: Analysis, name: str, *, recording: str = "recording") -> str:
    """Return the segments of an analysis in one of `FORMATS`.

    Args:
        analysis: what POST /analyze answers; its segments are in order, none over another.
        name: of the format.
        recording: what the recording is called where a format needs it.
    """
    return FORMATS[name].write(analysis, recording)


def _csv(analysis: Analysis, _: str) -> str:
    labels = list(analysis["distribution"])
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["start_s", "end_s", "emotion", "confidence", "low_information", *labels])
    for segment in analysis["segments"]:
        table.writerow(
            [
                segment["start_s"],
                segment["end_s"],
                _one_line(segment["emotion"]),
                segment["confidence"],
                "yes" if segment["low_information"] else "no",
                *(segment["probabilities"].get(label, "") for label in labels),
            ]
        )
    return out.getvalue()


def _vtt(analysis: Analysis, _: str) -> str:
    cues = [
        f"{number}\n{_clock(segment['start_s'])} --> {_clock(segment['end_s'])}\n"
        f"{_as_cue(segment['emotion'])} {segment['confidence']:.0%}\n"
        for number, segment in enumerate(analysis["segments"], 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _audacity(analysis: Analysis, _: str) -> str:
    lines = (
        f"{segment['start_s']:.3f}\t{segment['end_s']:.3f}\t{_one_line(segment['emotion'])}\n"
        for segment in analysis["segments"]
    )
    return "".join(lines)


def _textgrid(analysis: Analysis, _: str) -> str:
    segments = analysis["segments"]
    end_s = max([analysis["duration_s"], *(segment["end_s"] for segment in segments)])
    intervals = list(_without_gaps(segments, end_s))
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {end_s:.3f}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "emotion"',
        "        xmin = 0",
        f"        xmax = {end_s:.3f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (start_s, until_s, text) in enumerate(intervals, 1):
        quoted = _one_line(text).replace('"', '""')
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {start_s:.3f}",
            f"            xmax = {until_s:.3f}",
            f'            text = "{quoted}"',
        ]
    return "\n".join(lines) + "\n"


def _rttm(analysis: Analysis, recording: str) -> str:
    # Emotions stand where speakers do, so that scorers of diarization take it.
    lines = (
        f"SPEAKER {_word(recording)} 1 {segment['start_s']:.3f} {segment['end_s'] - segment['start_s']:.3f} "
        f"<NA> <NA> {_word(segment['emotion'])} {segment['confidence']:.4f} <NA>\n"
        for segment in analysis["segments"]
    )
    return "".join(lines)


FORMATS: dict[str, Format] = {
    "csv": Format(_csv, "csv", "text/csv"),
    "vtt": Format(_vtt, "vtt", "text/vtt"),
    "audacity": Format(_audacity, "txt", "text/plain"),
    "textgrid": Format(_textgrid, "TextGrid", "text/plain"),
    "rttm": Format(_rttm, "rttm", "text/plain"),
}


def _without_gaps(segments: Iterable[Mapping[str, Any]], end_s: float) -> Iterable[tuple[float, float, str]]:
    # Praat wants the whole duration covered: silence is an interval without text.
    at_s = 0.0
    for segment in segments:
        if segment["start_s"] > at_s:
            yield at_s, segment["start_s"], ""
        yield segment["start_s"], segment["end_s"], segment["emotion"]
        at_s = segment["end_s"]
    if end_s > at_s or not at_s:
        yield at_s, end_s, ""


def _clock(at_s: float) -> str:
    minutes, milliseconds = divmod(round(at_s * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _as_cue(text: str) -> str:
    escaped = _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped or "&nbsp;"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()


def _word(text: str) -> str:
    return _one_line(text).replace(" ", "_") or "_"
