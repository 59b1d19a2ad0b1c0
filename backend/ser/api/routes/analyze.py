"""POST /analyze."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice
from time import perf_counter
from typing import Any, Literal

from flask import Response, jsonify, request, stream_with_context
from flask_openapi3 import APIBlueprint, Tag

from ser.analysis import exports as timeline_formats
from ser.analysis import timeline
from ser.analysis.timeline import OWN_BASELINE, Line
from ser.api import context
from ser.api.schemas import AnalysisBody, AnalyzeForm, AnalyzeQuery, ErrorBody
from ser.api.streamed_form import StreamedForm
from ser.audio.decode import AudioStream
from ser.errors import ClientGone, InvalidRequest, SerError, as_body
from ser.features.mfcc import Definition
from ser.models.baseline import Baseline

bp = APIBlueprint("analyze", __name__, abp_tags=[Tag(name="Emotion")])
logger = logging.getLogger("ser.analysis")

NDJSON = "application/x-ndjson"
_FORM = {"multipart/form-data": {"schema": AnalyzeForm.model_json_schema()}}
_FIELDS = ("model", "baseline")


@bp.post(
    "/analyze",
    summary="Which emotion a long recording carries, and when",
    responses={200: AnalysisBody, **dict.fromkeys((400, 404, 408, 413, 422, 500, 503), ErrorBody)},
    openapi_extensions={"requestBody": {"required": True, "content": _FORM}},
)
def analyze(query: AnalyzeQuery) -> Response:
    """Hours of audio, decoded while they arrive. Silence, noise and music alone have no emotion.

    As `ndjson`, lines of type `start`, `progress`, `window` and, last, `result` or `error`.
    """
    settings = context.settings()
    form = StreamedForm(request, max_bytes=settings.max_analyze_bytes, timeout_s=settings.read_timeout_s)
    lines = _lines(form, query, max_duration_s=settings.max_analyze_s)
    # What is wrong from the start has a status of its own.
    first = list(islice(lines, 2))
    if _as_stream(query):
        return Response(stream_with_context(_streamed(first, lines, form)), mimetype=NDJSON)
    last = deque(chain(first, lines), maxlen=1).pop()
    result = timeline.result_of(last)
    if query.format in timeline_formats.FORMATS:
        return exported(result, query.format)
    return jsonify(result)


def exported(analysis: dict[str, Any], name: str) -> Response:
    """Return a timeline as a file in one of the `timeline_formats`."""
    chosen = timeline_formats.FORMATS[name]
    response = Response(timeline_formats.write(analysis, name), mimetype=chosen.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="timeline.{chosen.extension}"'
    return response


def _as_stream(query: AnalyzeQuery) -> bool:
    if "format" in request.args:
        return query.format == "ndjson"
    return request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON


def _lines(form: StreamedForm, query: AnalyzeQuery, *, max_duration_s: float) -> Generator[Line]:
    started, outcome = perf_counter(), "client_gone"
    try:
        with ExitStack() as held:
            held.enter_context(form)
            form.open_file()
            # Only now: who sends slowly must not keep others out.
            held.enter_context(timeline.slot())
            asked = _asked(form, query)
            predictor = context.models().get(asked["model"])
            baseline = _baseline(asked["baseline"], predictor.definition)
            with AudioStream(form, max_duration_s=max_duration_s) as recording:
                for line in timeline.analyze(
                    recording, predictor, baseline=baseline, size_bytes=form.size_bytes
                ):
                    if line["type"] == "result":
                        form.finish()
                    if form.complete and _asked(form, query) != asked:
                        raise InvalidRequest(
                            "With a file this large, send 'model' and 'baseline' before it, or in the query."
                        )
                    if form.client_is_gone():
                        raise ClientGone
                    yield line
        outcome = "done"
    except SerError as error:
        outcome = as_body(error)["code"]
        raise
    finally:
        ms = round((perf_counter() - started) * 1e3, 1)
        logger.info("analysis ended", extra={"outcome": outcome, "ms": ms})


def _asked(form: StreamedForm, query: AnalyzeQuery) -> dict[str, str]:
    return {name: form.fields.get(name) or getattr(query, name) for name in _FIELDS}


def _baseline(asked: str, definition: Definition) -> Baseline | Literal["recording"] | None:
    if asked in ("", OWN_BASELINE):
        return OWN_BASELINE
    return None if asked == "none" else Baseline.from_token(asked, definition)


def _streamed(first: list[Line], rest: Generator[Line], form: StreamedForm) -> Iterator[str]:
    held: list[Line] = []
    try:
        # A client that hangs up closes this one only.
        with closing(rest):
            for line in chain(first, rest):
                if line["type"] == "window" and not form.complete:
                    # A client that only listens once it has sent all must not be sent much before.
                    held.append(line)
                    continue
                if form.complete:
                    yield from map(_encoded, held)
                    held.clear()
                yield _encoded(line)
    except SerError as error:
        yield _encoded({"type": "error", **as_body(error)})
    except Exception as error:
        logger.exception("unforeseen error")
        yield _encoded({"type": "error", **as_body(error)})


def _encoded(line: Line) -> str:
    return json.dumps(line, separators=(",", ":")) + "\n"
