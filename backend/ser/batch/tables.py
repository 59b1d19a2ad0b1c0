"""The tables of a batch: their columns, and the rows of one recording."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ser.analysis.events import Analysis, Segment, Voice
from ser.batch.entries import Entry
from ser.batch.options import Options
from ser.models.affect import Affect

Row = dict[str, Any]
TABLES = ("files", "segments", "failures")
# Raised whenever a column changes its name, type or meaning, and where recordings get other ids.
SCHEMA_VERSION = 2
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Schemas:
    """The columns of the three tables, each with a description and the batch's metadata."""

    files: pa.Schema
    segments: pa.Schema
    failures: pa.Schema

    @classmethod
    def of(cls, options: Options) -> Schemas:
        """Return those of a batch: some columns are named after the model's emotions."""
        metadata = _metadata(options)
        labels = options.facts.labels
        return cls(
            files=pa.schema(
                [
                    *_of_entry(),
                    *_of_file(labels),
                    _field(
                        "voices",
                        pa.list_(pa.struct(_of_voice(labels))),
                        "each of two voices; null where voices are not told apart",
                    ),
                ],
                metadata,
            ),
            segments=pa.schema(_of_segment(labels), metadata),
            failures=pa.schema([*_of_entry(), *_of_failure()], metadata),
        )

    def __getitem__(self, name: str) -> pa.Schema:
        """Return the columns of one of `TABLES`."""
        schema: pa.Schema = getattr(self, name)
        return schema


def _metadata(options: Options) -> dict[str, str]:
    facts = options.facts
    return {
        "ser.schema_version": str(SCHEMA_VERSION),
        "ser.version": options.ser_version,
        "ser.model": facts.name,
        "ser.model_sha256": facts.sha256,
        "ser.manifest_sha256": facts.manifest_sha256,
        "ser.model_licence": facts.licence,
        "ser.emotions": json.dumps(facts.labels),
        "ser.options": json.dumps(options.deciding, sort_keys=True),
    }


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


def _of_entry() -> list[pa.Field]:
    return [
        _field("id", pa.string(), "of the manifest; elsewhere the path below the input, or the URL"),
        _field("path", pa.string(), "absolute path or URL; without passwords and queries"),
        _field("group", pa.string(), "of the manifest"),
        _field("time", _TIME, "of the manifest, UTC"),
        _field("size_bytes", pa.int64(), "of the file, when it was listed"),
        _field("modified_at", _TIME, "of the file, when it was listed, UTC"),
    ]


def _of_whole(labels: Sequence[str]) -> list[pa.Field]:
    """Return the columns that a recording and each of its voices have."""
    return [
        _field("speech_s", pa.float64(), "seconds of speech: the sum of the segments"),
        _field("emotion", pa.string(), "the one with most seconds; null where nobody speaks"),
        _field("emotion_share", pa.float64(), "its share of speech_s, 0-1: no confidence of the model"),
        _field("low_information", pa.bool_(), "whether to show it as uncertain"),
        _field("mixed", pa.bool_(), "whether a second emotion has 90 % or more of its seconds"),
        *(_field(f"distribution_s_{label}", pa.float64(), f"seconds of {label}") for label in labels),
        *_of_probabilities(labels, "the mean over the windows"),
        *_of_affect(),
    ]


def _of_file(labels: Sequence[str]) -> list[pa.Field]:
    return [
        _field("duration_s", pa.float64(), "of the recording, in seconds"),
        _field("silence_s", pa.float64(), "seconds without speech"),
        _field("truncated", pa.bool_(), "whether the file is cut off"),
        _field("baseline", pa.string(), "what features were normalised with: recording or none"),
        *_of_whole(labels),
        _field("window_vote_emotion", pa.string(), "the one that most windows vote for"),
        _field("window_vote_share", pa.float64(), "its share of the windows, 0-1"),
        _field("same_channels", pa.bool_(), "whether both channels hold the same; null where not split"),
        _field("segments", pa.int32(), "how many rows it has in segments/"),
    ]


def _of_voice(labels: Sequence[str]) -> list[pa.Field]:
    return [
        _field("voice", pa.int32(), "from 1"),
        _field("channel", pa.int32(), "of the file, from 1; null where channels are mixed"),
        _field("baseline", pa.string(), "as of the file"),
        *_of_whole(labels),
    ]


def _of_segment(labels: Sequence[str]) -> list[pa.Field]:
    return [
        _field("id", pa.string(), "of the recording, as in files/"),
        _field("segment", pa.int32(), "from 1, in the order of their starts"),
        _field("voice", pa.int32(), "whose speech it is; null where voices are not told apart"),
        _field("start_s", pa.float64(), "where it begins, in seconds"),
        _field("end_s", pa.float64(), "where it ends, in seconds"),
        _field("emotion", pa.string(), "the most probable one"),
        _field("confidence", pa.float64(), "its probability, 0-1"),
        _field("low_information", pa.bool_(), "whether to show it as uncertain"),
        *_of_probabilities(labels, "smoothed over time"),
        *_of_affect(),
    ]


def _of_probabilities(labels: Sequence[str], how: str) -> list[pa.Field]:
    return [_field(f"probability_{label}", pa.float64(), f"of {label}, 0-1: {how}") for label in labels]


def _of_affect() -> list[pa.Field]:
    return [
        _field("sentiment", pa.string(), "negative, neutral or positive; derived from the probabilities"),
        _field("valence", pa.float64(), "-1 (unpleasant) to 1 (pleasant); derived"),
        _field("arousal", pa.float64(), "-1 (calm) to 1 (excited); derived"),
        _field("intensity_percent", pa.float64(), "0-100 %; null from a model that does not tell"),
    ]


def _of_failure() -> list[pa.Field]:
    return [
        _field("code", pa.string(), "a word for programs, as of the API"),
        _field("error", pa.string(), "a sentence for people"),
        _field("detail", pa.string(), "what came and what was expected; may be null"),
        _field("attempts", pa.int32(), "how often it was tried"),
    ]


def file_row(entry: Entry, analysis: Analysis) -> Row:
    """Return the row of an analysed recording."""
    vote = analysis.window_vote
    return {
        **_entry_row(entry),
        "duration_s": analysis.duration_s,
        "silence_s": analysis.silence_s,
        "truncated": analysis.truncated,
        "baseline": analysis.baseline,
        **_whole_row(analysis),
        "window_vote_emotion": vote and vote.emotion,
        "window_vote_share": vote and vote.share,
        "same_channels": analysis.same_channels,
        "segments": len(analysis.segments),
        "voices": None if analysis.voices is None else [_voice_row(voice) for voice in analysis.voices],
    }


def segment_rows(entry: Entry, analysis: Analysis) -> list[Row]:
    """Return the rows of the segments of an analysed recording."""
    return [_segment_row(entry, number, each) for number, each in enumerate(analysis.segments, 1)]


def failure_row(entry: Entry, body: Mapping[str, str], attempts: int) -> Row:
    """Return the row of a recording that could not be analysed.

    Args:
        entry: the recording.
        body: its error, as `ser.errors.as_body` gives it.
        attempts: how often it was tried.
    """
    return {
        **_entry_row(entry),
        "code": body["code"],
        "error": body["error"],
        "detail": body.get("detail"),
        "attempts": attempts,
    }


def _entry_row(entry: Entry) -> Row:
    return {
        "id": entry.id,
        "path": entry.path,
        "group": entry.group,
        "time": entry.time,
        "size_bytes": entry.size_bytes,
        "modified_at": entry.modified_at,
    }


def _whole_row(found: Analysis | Voice) -> Row:
    return {
        "speech_s": found.speech_s,
        "emotion": found.emotion,
        # `Analysis.confidence` is this share, too.
        "emotion_share": found.confidence,
        "low_information": found.low_information,
        "mixed": found.mixed,
        **{f"distribution_s_{label}": seconds for label, seconds in found.distribution.items()},
        **_probabilities_row(found.probabilities),
        **_affect_row(found.affect),
        "intensity_percent": found.intensity,
    }


def _voice_row(voice: Voice) -> Row:
    return {
        "voice": voice.id,
        "channel": voice.channel,
        "baseline": voice.baseline,
        **_whole_row(voice),
    }


def _segment_row(entry: Entry, number: int, segment: Segment) -> Row:
    return {
        "id": entry.id,
        "segment": number,
        "voice": segment.voice,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "emotion": segment.emotion,
        "confidence": segment.confidence,
        "low_information": segment.low_information,
        **_probabilities_row(segment.probabilities),
        **_affect_row(segment.affect),
        "intensity_percent": segment.intensity,
    }


def _probabilities_row(probabilities: Mapping[str, float] | None) -> Row:
    return {f"probability_{label}": share for label, share in (probabilities or {}).items()}


def _affect_row(affect: Affect | None) -> Row:
    return {} if affect is None else affect._asdict()
