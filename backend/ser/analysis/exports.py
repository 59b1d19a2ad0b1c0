"""A timeline as a file for a player, Audacity, Praat or a diarization scorer."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ser.models.affect import RATINGS, Affect, derive_affect


class Segment(Protocol):
    """What is needed of a segment; see `AnalysisBody` of the API."""

    @property
    def start_s(self) -> float:
        """Where it begins."""

    @property
    def end_s(self) -> float:
        """Where it ends."""

    @property
    def emotion(self) -> str:
        """The most probable emotion."""

    @property
    def confidence(self) -> float:
        """Its probability, 0-1."""

    @property
    def probabilities(self) -> Mapping[str, float]:
        """One per emotion."""

    @property
    def low_information(self) -> bool:
        """Whether it should be shown as uncertain."""

    @property
    def intensity(self) -> float | None:
        """How strongly the emotion is expressed, 0-100 %; None from a model that does not tell."""

    @property
    def voice(self) -> int | None:
        """Whose speech it is; None where voices are not told apart."""


class Timeline(Protocol):
    """What is needed of an analysis."""

    @property
    def duration_s(self) -> float:
        """Of the recording."""

    @property
    def distribution(self) -> Mapping[str, float]:
        """Seconds of speech of each emotion."""

    @property
    def segments(self) -> Sequence[Segment]:
        """In the order of their starts; those of one voice do not overlap."""


class Format(NamedTuple):
    """A file format.

    Attributes:
        write: returns the text of a timeline, given the name of its recording.
        extension: of its files, without the dot.
        mimetype: of its files, for HTTP.
    """

    write: Callable[[Timeline, str], str]
    extension: str
    mimetype: str


def write(timeline: Timeline, name: str, *, recording: str = "recording") -> str:
    """Return the segments of a timeline in one of `FORMATS`.

    Args:
        timeline: an analysis.
        name: of the format.
        recording: the name of the recording, for formats that need one.
    """
    return FORMATS[name].write(timeline, recording)


def _csv(timeline: Timeline, _: str) -> str:
    labels = list(timeline.distribution)
    # Where the labels are none that it can be derived for, there are no empty columns.
    affect = Affect._fields if labels and set(labels) <= RATINGS.keys() else ()
    intensity = ["intensity"] if any(each.intensity is not None for each in timeline.segments) else []
    voice = ["voice"] if _voices(timeline) else []
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    first = ["start_s", "end_s", "emotion", "confidence", "low_information"]
    table.writerow([*first, *labels, *affect, *intensity, *voice])
    for segment in timeline.segments:
        table.writerow(
            [
                segment.start_s,
                segment.end_s,
                _one_line(segment.emotion),
                segment.confidence,
                "yes" if segment.low_information else "no",
                *(segment.probabilities.get(label, "") for label in labels),
                *(derive_affect(segment.probabilities) if affect else ()),
                *(segment.intensity for _ in intensity),
                *(segment.voice for _ in voice),
            ]
        )
    return out.getvalue()


def _vtt(timeline: Timeline, _: str) -> str:
    cues = [
        f"{number}\n{_clock(segment.start_s)} --> {_clock(segment.end_s)}\n"
        f"{_voice_tag(segment)}{_as_cue(segment.emotion)} {segment.confidence:.0%}\n"
        for number, segment in enumerate(timeline.segments, 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _audacity(timeline: Timeline, _: str) -> str:
    lines = (
        f"{segment.start_s:.3f}\t{segment.end_s:.3f}\t{_voice_prefix(segment)}{_one_line(segment.emotion)}\n"
        for segment in timeline.segments
    )
    return "".join(lines)


def _textgrid(timeline: Timeline, _: str) -> str:
    segments = timeline.segments
    end_s = max([timeline.duration_s, *(segment.end_s for segment in segments)])
    # One voice more for segments without any, which come first.
    voices: list[int | None] = [*_voices(timeline)]
    if not voices or any(segment.voice is None for segment in segments):
        voices.insert(0, None)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {end_s:.3f}",
        "tiers? <exists>",
        f"size = {len(voices)}",
        "item []:",
    ]
    for number, voice in enumerate(voices, 1):
        own = [segment for segment in segments if segment.voice == voice]
        name = "emotion" if voice is None else f"emotion of voice {voice}"
        lines += _tier(number, name, list(_without_gaps(own, end_s)), end_s)
    return "\n".join(lines) + "\n"


def _tier(number: int, name: str, intervals: Sequence[tuple[float, float, str]], end_s: float) -> list[str]:
    """Return the lines of one tier of a TextGrid."""
    lines = [
        f"    item [{number}]:",
        '        class = "IntervalTier"',
        f'        name = "{name}"',
        "        xmin = 0",
        f"        xmax = {end_s:.3f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for index, (start_s, until_s, text) in enumerate(intervals, 1):
        quoted = _one_line(text).replace('"', '""')
        lines += [
            f"        intervals [{index}]:",
            f"            xmin = {start_s:.3f}",
            f"            xmax = {until_s:.3f}",
            f'            text = "{quoted}"',
        ]
    return lines


def _rttm(timeline: Timeline, recording: str) -> str:
    # Emotions stand in place of speakers, so that diarization scorers can read it, and voices in place of
    # channels.
    name = _word(recording)
    lines = (
        f"SPEAKER {name} {segment.voice or 1} {segment.start_s:.3f} {segment.end_s - segment.start_s:.3f} "
        f"<NA> <NA> {_word(segment.emotion)} {segment.confidence:.4f} <NA>\n"
        for segment in timeline.segments
    )
    return "".join(lines)


FORMATS: dict[str, Format] = {
    "csv": Format(_csv, "csv", "text/csv"),
    "vtt": Format(_vtt, "vtt", "text/vtt"),
    "audacity": Format(_audacity, "txt", "text/plain"),
    "textgrid": Format(_textgrid, "TextGrid", "text/plain"),
    "rttm": Format(_rttm, "rttm", "text/plain"),
}


def _voices(timeline: Timeline) -> list[int]:
    """Return the voices of the segments; none where voices are not told apart."""
    return sorted({segment.voice for segment in timeline.segments if segment.voice is not None})


def _voice_tag(segment: Segment) -> str:
    return "" if segment.voice is None else f"<v Voice {segment.voice}>"


def _voice_prefix(segment: Segment) -> str:
    return "" if segment.voice is None else f"voice {segment.voice}: "


def _without_gaps(segments: Iterable[Segment], end_s: float) -> Iterable[tuple[float, float, str]]:
    # Praat needs intervals over the whole duration: silence is one without text.
    at_s = 0.0
    for segment in segments:
        if segment.start_s > at_s:
            yield at_s, segment.start_s, ""
        yield segment.start_s, segment.end_s, segment.emotion
        at_s = segment.end_s
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
