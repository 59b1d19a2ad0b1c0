"""Traces of requests, for a collector of OpenTelemetry: off unless an address of one is given.

Each request is a span, and the stages of its predictions are spans below it: one for each stage, however
often it ran, so that the trace of an hour of audio is as small as that of a clip. Probes and Prometheus,
which ask every few seconds, are not traced. Spans hold the route, the method and the status: no audio, no
name of a file, nothing else of what a client sent.
"""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from werkzeug.datastructures import Headers

from ser import __version__, stages
from ser.config import trace_service_name, traces_wanted
from ser.stages import Stage

logger = logging.getLogger(__name__)

_UNTRACED = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
# How long the last spans may take to be sent when the server stops.
_SENDING_S = 2.0
# The trace that the work of this thread is for.
_current: ContextVar[RequestTrace | None] = ContextVar("trace", default=None)


@dataclass
class _Work:
    """One stage of a request: when it first began and last ended, as `perf_counter` counts, and how much."""

    started_s: float
    ended_s: float
    seconds: float = 0.0
    count: int = 0


class RequestTrace:
    """The spans of one request.

    Args:
        tracer: OpenTelemetry's.
        route: the template of the path.
        method: of the request.
        headers: which may say what trace the request is a part of.
    """

    def __init__(self, tracer: Any, route: str, method: str, headers: Headers) -> None:
        from opentelemetry import propagate, trace

        self._tracer = tracer
        # Two numbers and a flag: the other headers of traces could hold anything.
        carrier = {"traceparent": headers["traceparent"]} if "traceparent" in headers else {}
        self._span = tracer.start_span(
            f"{method} {route}",
            context=propagate.extract(carrier),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": route},
        )
        self._work: dict[Stage, _Work] = {}
        self._lock = Lock()
        _current.set(self)

    def add(self, name: Stage, started_s: float, seconds: float) -> None:
        """Take note of a stage, in any thread."""
        with self._lock:
            work = self._work.setdefault(name, _Work(started_s, started_s))
            work.started_s = min(work.started_s, started_s)
            work.ended_s = max(work.ended_s, started_s + seconds)
            work.seconds += seconds
            work.count += 1

    def end(self, status: int) -> None:
        """Close the spans.

        Args:
            status: of the answer.
        """
        from opentelemetry import trace

        within = trace.set_span_in_context(self._span)
        # The stages are measured on another clock.
        offset_s = time.time() - time.perf_counter()
        with self._lock:
            for name, work in self._work.items():
                attributes = {"ser.stage.seconds": work.seconds, "ser.stage.count": work.count}
                span = self._tracer.start_span(
                    name, within, attributes=attributes, start_time=_ns(work.started_s + offset_s)
                )
                span.end(end_time=_ns(work.ended_s + offset_s))
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        _current.set(None)


class Tracing:
    """Sends the traces of one process.

    Raises:
        ImportError: the extra `tracing` is not installed.
    """

    def __init__(self) -> None:
        # Not at the top: few servers need them.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        known = {"service.name": trace_service_name(), "service.version": __version__}
        self._provider = TracerProvider(resource=Resource.create(known), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("ser", __version__)
        stages.subscribe(_stages)

    @classmethod
    def from_environment(cls) -> Tracing | None:
        """Return what sends traces; None where no address is given, or the extra is missing."""
        if not traces_wanted():
            return None
        try:
            return cls()
        except ImportError as error:
            logger.warning(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent: %s; "
                "install the extra 'tracing' of ser",
                error,
            )
            return None

    def begin(self, route: str, method: str, headers: Headers) -> RequestTrace | None:
        """Begin the spans of a request; None where it is not traced. See `RequestTrace`."""
        if route in _UNTRACED:
            return None
        return RequestTrace(self._tracer, route, method, headers)

    def close(self) -> None:
        """Send what is left, if the collector takes it soon."""
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(_SENDING_S)


class _Stages:
    """Adds what the pipeline says of its stages to the trace that the work is for."""

    def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:
        """See `ser.stages.Observer`."""
        trace = _current.get()
        if trace is not None:
            trace.add(name, started_s, seconds)

    def audio_decoded(self, seconds: float) -> None:
        """See `ser.stages.Observer`."""


_stages = _Stages()


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
