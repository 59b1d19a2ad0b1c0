"""Traces, as a collector of OpenTelemetry gets them over HTTP."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clips import CLIPS
from server import Server
from waiting import DEADLINE_S, wait_until

CLIP = CLIPS[0].path.read_bytes()
FORM = {"Content-Type": "multipart/form-data; boundary=cut"}
PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
STAGES = {"decode", "speech", "features", "network"}


class Collector:
    """Takes traces over HTTP, and keeps them.

    Attributes:
        spans: that came.
        resources: attributes of those who sent them.
        raw: what came, as bytes.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, str]] = []
        self.raw = b""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(self.path, body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        self.raw += body
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = of_resource.resource.attributes
            self.resources.append({each.key: each.value.string_value for each in attributes})
            for scope in of_resource.scope_spans:
                self.spans += scope.spans

    def of_request(self, name: str) -> Span | None:
        return next((span for span in self.spans if span.name == name), None)

    def below(self, span: Span) -> list[Span]:
        return [each for each in self.spans if each.parent_span_id == span.span_id]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    server = Server(log, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")
    yield server
    assert server.stop() == 0


def post(server: Server, path: str, *, content: bytes = CLIP, **headers: str) -> bytes:
    part = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="my secret call.wav"\r\n\r\n'
    request = Request(f"{server.url}{path}", part + content + b"\r\n--cut--\r\n", FORM | headers)
    with urlopen(request, timeout=DEADLINE_S) as answer:
        return answer.read()


def attributes(span: Span) -> dict[str, object]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
        for each in span.attributes
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/predict", "/analyze", "/analyze?format=ndjson&model=cremad-6"])
def test_a_request_is_a_span_and_its_stages_lie_below(
    path: str, server: Server, collector: Collector
) -> None:
    collector.spans.clear()
    name = f"POST {path.partition('?')[0]}"
    post(server, path, traceparent=f"00-{PARENT}-00f067aa0ba902b7-01")
    wait_until(lambda: collector.of_request(name))
    span = collector.of_request(name)
    assert span is not None
    # It is a part of the trace of whoever sent the request.
    assert span.trace_id.hex() == PARENT
    assert span.kind == Span.SPAN_KIND_SERVER
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.route": path.partition("?")[0],
        "http.response.status_code": 200,
    }
    wait_until(lambda: len(collector.below(span)) == len(STAGES))
    stages = {each.name: each for each in collector.below(span)}
    assert stages.keys() == STAGES
    for each in stages.values():
        assert each.trace_id == span.trace_id
        assert set(attributes(each)) == {"ser.stage.seconds", "ser.stage.count"}
        assert float(attributes(each)["ser.stage.seconds"]) > 0  # type: ignore[arg-type]
        # The clocks are two; a millisecond is what rounding may do.
        assert span.start_time_unix_nano - 1e6 <= each.start_time_unix_nano <= each.end_time_unix_nano
        assert each.end_time_unix_nano <= span.end_time_unix_nano + 1e6


@pytest.mark.slow
def test_a_refused_request_is_a_span_without_stages(server: Server, collector: Collector) -> None:
    collector.spans.clear()
    with pytest.raises(HTTPError):
        urlopen(f"{server.url}/no/such/page?secret", timeout=DEADLINE_S)
    wait_until(lambda: collector.of_request("GET other"))
    span = collector.of_request("GET other")
    assert span is not None
    assert attributes(span)["http.response.status_code"] == 404
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert collector.below(span) == []


@pytest.mark.slow
def test_no_audio_and_no_name_is_sent(server: Server, collector: Collector) -> None:
    before = len(collector.raw)
    post(server, "/predict?model=cremad-6", baggage="my-secret=1", tracestate="my-secret=1")
    wait_until(lambda: len(collector.raw) > before)
    assert b"secret" not in collector.raw
    assert CLIP[1000:1040] not in collector.raw
    assert {each["service.name"] for each in collector.resources} == {"ser"}


@pytest.mark.slow
def test_the_last_spans_are_sent_when_the_server_stops(tmp_path: Path) -> None:
    collector = Collector()
    # Sent once an hour, or when it stops.
    server = Server(
        tmp_path / "log",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="3600000",
        OTEL_SERVICE_NAME="voices",
    )
    post(server, "/predict")
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        # Probes and Prometheus are no requests of anybody.
        with urlopen(f"{server.url}{path}", timeout=DEADLINE_S) as answer:
            assert answer.status == 200
    assert collector.of_request("POST /predict") is None
    assert server.stop() == 0
    assert {each.name for each in collector.spans} == {"POST /predict", *STAGES}
    assert {each["service.name"] for each in collector.resources} == {"voices"}


@pytest.mark.slow
def test_a_collector_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    server = Server(
        tmp_path / "log",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_BSP_SCHEDULE_DELAY="100",
    )
    assert b"emotion" in post(server, "/predict")
    assert server.stop() == 0


START = """
import io, sys
from ser.app import create_app
from ser.config import Settings
client = create_app(Settings(metrics=False)).test_client()
client.get("/health")
print("opentelemetry" in sys.modules)
"""


@pytest.mark.parametrize(
    ("before", "variables", "imported", "warned"),
    [
        ("", {}, False, False),
        ("", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True, False),
        (
            "",
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
            False,
            False,
        ),
        # As where the extra is not installed.
        (
            "import sys; sys.modules['opentelemetry.sdk'] = None\n",
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
            True,
            True,
        ),
    ],
)
def test_it_is_off_unless_an_address_is_given(
    before: str, variables: dict[str, str], imported: bool, warned: bool
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", before + START],
        env={"PATH": "/usr/bin", "PYTHONPATH": str(Path(__file__).parents[2] / "backend")} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(imported)]
    assert ("install the extra 'tracing'" in done.stderr) == warned
