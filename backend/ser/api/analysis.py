"""Runs one analysis while its form arrives."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import chain
from time import perf_counter
from typing import Any, Literal

from ser.analysis import timeline
from ser.analysis.calls import VoicesBy
from ser.analysis.events import Analysis, FileLine, PeaksFound, VoicesFound, Window
from ser.analysis.exports import FORMATS
from ser.analysis.timeline import OWN_BASELINE
from ser.api import context, errors
from ser.api.forms import CHOICES, FLAGS, choice, flag
from ser.api.metrics import record
from ser.api.metrics.instruments import RECORDINGS_RUNNING
from ser.api.schemas import AnalyzeQuery
from ser.api.streamed_form import StreamedForm
from ser.config import Settings
from ser.errors import ClientGone, InvalidRequest, SerError, as_body
from ser.features.registry import FeatureSet
from ser.models.baseline import Baseline
from ser.models.manifest import VOICE_GENDER

logger = logging.getLogger("ser.analysis")

# What is sent only once the whole form has arrived.
_HELD = (PeaksFound, VoicesFound, Window)
NDJSON = "application/x-ndjson"
_FIELDS = ("model", "baseline", "prior")
_NAMES = ", ".join(f"'{name}'" for name in (*_FIELDS, *FLAGS, *CHOICES))


def analysis_lines(form: StreamedForm, query: AnalyzeQuery, settings: Settings) -> Generator[FileLine]:
    """Yield the lines of the analysis of a form's file, and log how it ended.

    Args:
        form: the request's, not opened yet.
        query: the request's; the form's fields win over it.
        settings: how long a recording may be, and its decoding may take.

    Raises:
        SerError: the form, the audio or a field cannot be used.
    """
    started, outcome = perf_counter(), "client_gone"
    recording, windows = None, 0
    try:
        with ExitStack() as held:
            held.enter_context(form)
            form.open_file()
            # Not earlier: a client that sends slowly must not hold a place.
            held.enter_context(timeline.slot())
            held.enter_context(record.during(RECORDINGS_RUNNING))
            asked = _asked(form, query)
            predictor = context.models().for_emotions(asked["model"]).with_prior(asked["prior"])
            baseline = _baseline(asked["baseline"], predictor.feature_set)
            for name in FLAGS:
                if asked[name] and query.format in FORMATS:
                    raise InvalidRequest(f"'{query.format}' has no place for '{name}'; ask for JSON.")
            voice = context.models().for_voice_gender() if asked[VOICE_GENDER] else None
            with context.decoder().open(
                form, max_duration_s=settings.max_analyze_s, max_decoding_s=settings.max_decoding_s
            ) as recording:
                for line in timeline.analyze(
                    recording,
                    predictor,
                    baseline=baseline,
                    size_bytes=form.size_bytes,
                    voice=voice,
                    voices_by=_voices_by(asked),
                    peaks=bool(asked["peaks"]),
                ):
                    windows += isinstance(line, Window)
                    if isinstance(line, Analysis):
                        form.finish()
                    if form.complete and _asked(form, query) != asked:
                        raise InvalidRequest(
                            f"With a file this large, send {_NAMES} before it, or in the query."
                        )
                    if form.client_is_gone():
                        raise ClientGone
                    if isinstance(line, Analysis):
                        record.analysis(predictor, line, with_prior=bool(asked["prior"]))
                    yield line
        outcome = "done"
    except SerError as error:
        outcome = as_body(error)["code"]
        raise
    finally:
        ms = round((perf_counter() - started) * 1e3, 1)
        decoded_s = round(recording.decoded_s, 1) if recording else 0.0
        logger.info(
            "analysis ended",
            extra={"outcome": outcome, "ms": ms, "decoded_s": decoded_s, "windows": windows},
        )


def _asked(form: StreamedForm, query: AnalyzeQuery) -> dict[str, str]:
    fields = form.fields
    asked = {name: fields.get(name) or getattr(query, name) for name in _FIELDS}
    for name, allowed in CHOICES.items():
        asked[name] = choice(name, fields.get(name) or getattr(query, name), allowed)
    for name in FLAGS:
        sent = form.sent.get(name, ())
        asked[name] = "true" if flag(name, *(sent if any(sent) else [getattr(query, name)])) else ""
    return asked


def _voices_by(asked: Mapping[str, str]) -> VoicesBy | None:
    if asked["channels"] == "split":
        if asked["speakers"] == "2":
            raise InvalidRequest(
                "With 'channels=split', each channel is one voice; send either that or 'speakers=2'."
            )
        return "channel"
    return "speaker" if asked["speakers"] == "2" else None


def _baseline(asked: str, feature_set: FeatureSet) -> Baseline | Literal["recording"] | None:
    if asked in ("", OWN_BASELINE):
        return OWN_BASELINE
    return None if asked == "none" else Baseline.from_token(asked, feature_set)


def as_ndjson(first: list[FileLine], rest: Generator[FileLine], form: StreamedForm) -> Iterator[str]:
    """Yield the lines of an analysis as JSON; an error becomes the last line.

    Args:
        first: lines that were made already.
        rest: the lines that follow.
        form: the request's; most lines are held back until it has arrived.
    """
    held: list[FileLine] = []
    try:
        # If the client hangs up, only this generator is closed.
        with closing(rest):
            for line in chain(first, rest):
                if isinstance(line, _HELD) and not form.complete:
                    # Some clients read nothing before they have sent everything: hold these until then.
                    held.append(line)
                    continue
                if form.complete:
                    yield from (_encoded(each.as_dict()) for each in held)
                    held.clear()
                yield _encoded(line.as_dict())
    except SerError as error:
        errors.count(error, record.ANALYZE)
        yield _encoded({"type": "error", **as_body(error)})
    except Exception as error:  # noqa: BLE001
        told = errors.foreseen(error)
        errors.count(told, record.ANALYZE)
        yield _encoded({"type": "error", **as_body(told)})


def _encoded(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":")) + "\n"
