"""deploy/nginx/ser.conf in Debian's nginx, in front of the real server."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from clips import CLIPS, sound_file
from live import Client, pcm
from ser.api.streamed_form import READ_AHEAD_BYTES
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from server import Server
from waiting import DEADLINE_S, wait_until

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "deploy" / "nginx" / "ser.conf"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=cut"}
# Whether this machine has it: its own address.
IPV6 = Path("/proc/net/if_inet6").exists() and " lo" in Path("/proc/net/if_inet6").read_text()
HELD_BACK = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
{user}
events {{}}
http {{
  access_log off;
  {temporary}
  include {folder}/ser.conf;
}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx: tests/install-servers.sh installs it"),
]


class Nginx:
    """nginx with the shipped configuration: its own are only ports, paths and the certificate.

    Args:
        folder: for what it writes.
        upstream: where the server is.
        name_server: who is asked for its address, if that is a name.
    """

    def __init__(self, folder: Path, upstream: str, name_server: str = "127.0.0.11") -> None:
        self.folder = folder
        self.certificate = folder / "ser.crt"
        script = REPOSITORY / "deploy" / "nginx" / "self-signed.sh"
        subprocess.run(["sh", script, "localhost", folder], check=True)
        self.plain_port, self.port = free_ports(2)
        own = {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:80;": f"listen [::1]:{self.plain_port};" if IPV6 else "",
            "listen [::]:443 ssl;": f"listen [::1]:{self.port} ssl;" if IPV6 else "",
            "app:5000": upstream,
            "127.0.0.11": name_server,
            "/etc/nginx/certs/": f"{folder}/",
        }
        configuration = SHIPPED.read_text()
        for theirs, ours in own.items():
            assert theirs in configuration
            configuration = configuration.replace(theirs, ours)
        (folder / "ser.conf").write_text(configuration)
        around = folder / "nginx.conf"
        around.write_text(
            AROUND.format(
                folder=folder,
                # The folders of the tests may be entered by their owner only.
                user="user root;" if os.getuid() == 0 else "",
                temporary="\n  ".join(f"{name}_temp_path {folder}/held/{name};" for name in HELD_BACK),
            )
        )
        (folder / "held").mkdir()
        command = [str(NGINX), "-p", str(folder), "-c", str(around), "-e", str(folder / "error.log")]
        self.process = subprocess.Popen(command)
        wait_until(self._answers)
        # Whatever it now tries to write to the disk fails.
        shutil.rmtree(folder / "held")

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE_S) == 0

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, FORM | named if method == "POST" else named)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response, answer

    def connect(self) -> http.client.HTTPSConnection:
        trusted = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection("localhost", self.port, timeout=DEADLINE_S, context=trusted)


def free_ports(count: int) -> list[int]:
    lines = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [line.getsockname()[1] for line in lines]
    for line in lines:
        line.close()
    return ports


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("server") / "log", SER_ALLOWED_HOSTS="localhost,127.0.0.1", SER_WORKERS="1"
    )
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), f"127.0.0.1:{server.port}")
    yield nginx
    nginx.stop()
    log = (nginx.folder / "error.log").read_text()
    assert "[crit]" not in log, log
    assert "[warn]" not in log, log


def test_the_page_comes_over_tls_with_each_header_once(nginx: Nginx, server: Server) -> None:
    response, page = nginx.ask("GET", "/")
    assert b"<title>" in page
    counts = Counter(name.lower() for name, _ in response.getheaders())
    assert set(counts.values()) == {1}
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/")
    direct = {name.lower() for name, _ in connection.getresponse().getheaders()}
    assert set(counts) - direct == {"strict-transport-security"}
    assert "content-security-policy" in counts
    asset = page.partition(b'src="./')[2].partition(b'"')[0].decode()
    script, _ = nginx.ask("GET", f"/{asset}", Accept_Encoding="br")
    assert (script.status, script.headers["Content-Encoding"]) == (200, "br")


def test_plain_http_leads_to_tls(nginx: Nginx) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port)
    connection.request("GET", "/docs?x=1", headers={"Host": "voice.example"})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (308, "https://voice.example/docs?x=1")


@pytest.mark.skipif(not IPV6, reason="no IPv6 here")
def test_both_are_there_over_ipv6_too(nginx: Nginx) -> None:
    trusted = ssl.create_default_context(cafile=nginx.certificate)
    with (
        socket.create_connection(("::1", nginx.port), timeout=DEADLINE_S) as line,
        trusted.wrap_socket(line, server_hostname="localhost") as safe,
    ):
        safe.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert safe.recv(100).startswith(b"HTTP/1.1 200")
    connection = http.client.HTTPConnection("::1", nginx.plain_port, timeout=DEADLINE_S)
    connection.request("GET", "/", headers={"Host": "voice.example"})
    assert connection.getresponse().headers["Location"] == "https://voice.example/"


def test_a_clip_of_the_page_is_predicted(nginx: Nginx) -> None:
    body = HEAD + CLIPS[0].path.read_bytes() + TAIL
    response, answer = nginx.ask("POST", "/predict", body, Origin=nginx.url)
    assert response.status == 200, answer
    assert json.loads(answer)["emotion"] == CLIPS[0].emotion


def test_pages_and_hosts_that_are_not_ours_are_refused(nginx: Nginx) -> None:
    response, answer = nginx.ask("POST", "/predict", HEAD + TAIL, Origin="https://elsewhere.example")
    assert (response.status, json.loads(answer)["code"]) == (403, "foreign_origin")
    response, _ = nginx.ask("GET", "/models", Host="rebound.example")
    assert response.status == 400
    # A client cannot speak for the proxy.
    response, _ = nginx.ask(
        "POST",
        "/predict",
        HEAD + TAIL,
        Origin="https://elsewhere.example",
        X_Forwarded_Host="elsewhere.example",
    )
    assert response.status == 403


def test_a_live_stream_goes_through(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
    with Client(nginx.url, Origin=nginx.url) as client:
        client.configure(sample_rate_hz=SAMPLE_RATE_HZ, encoding="s16le")
        # Each came while more was sent.
        meanwhile = client.play_in_step(pcm(decode(CLIPS[0].path)))
        client.tell({"type": "end"})
        kinds = [message["type"] for message in [*meanwhile, *client.hear_all()]]
        assert "result" in kinds[: len(meanwhile)]
        assert "speech_ended" in kinds
        assert client.end[0] == 1000


def test_lines_come_before_the_end_of_a_long_recording_is_sent(nginx: Nginx) -> None:
    # More than the server reads ahead, in few minutes: it waits for the rest, having begun.
    speech = np.resize(decode(CLIPS[0].path), (int(1.1 * READ_AHEAD_BYTES) // 4, 2))
    whole = HEAD + sound_file(speech, rate_hz=192_000) + TAIL
    connection = nginx.connect()
    connection.putrequest("POST", "/analyze")
    for name, value in (FORM | {"Accept": "application/x-ndjson", "Content-Length": str(len(whole))}).items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(whole[:-1000])
    with connection.sock.makefile("rb") as answer:
        # Waits for the beginning of the answer while nothing more is sent.
        assert answer.readline().startswith(b"HTTP/1.1 200")
        lines = (json.loads(line)["type"] for line in answer if line.startswith(b"{"))
        assert next(lines) == "start"
        connection.send(whole[-1000:])
        assert "result" in lines
    connection.close()


def test_what_is_too_large_is_refused_in_the_form_of_the_api(nginx: Nginx) -> None:
    def refused(path: str, length: int, sent: int = 0) -> tuple[int, dict[str, str]]:
        body = (HEAD + bytes(sent))[:length]
        connection = nginx.connect()
        connection.putrequest("POST", path)
        for name, value in (FORM | {"Content-Length": str(length)}).items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body)
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Strict-Transport-Security"]
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    by_the_server = refused("/predict", int(10.5 * 2**20), int(10.5 * 2**20))
    by_nginx = refused("/predict", 12 * 2**20)
    by_nginx_long = refused("/analyze", 502 * 2**20)
    for status, body in (by_the_server, by_nginx, by_nginx_long):
        assert (status, body["code"]) == (413, "too_large")
        assert body["error"]
    assert by_the_server[1] != by_nginx[1]


def test_a_page_of_another_origin_can_read_what_nginx_says(nginx: Nginx) -> None:
    response, _ = nginx.ask("POST", "/predict", bytes(12 * 2**20), Origin="https://page.example")
    assert response.status == 413
    assert response.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    # What the server says, only SER_CORS_ORIGINS may read.
    response, _ = nginx.ask("GET", "/models", Origin="https://page.example")
    assert response.status == 200
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_largest_clip_is_not_written_to_the_disk(nginx: Nginx) -> None:
    # 12 s, with many bytes; the folders for what nginx would write are gone.
    loud = np.resize(decode(CLIPS[0].path), (12 * 192_000, 2))
    body = HEAD + sound_file(loud, rate_hz=192_000) + TAIL
    assert 8 * 2**20 < len(body) < 10 * 2**20
    assert not (nginx.folder / "held").exists()
    response, answer = nginx.ask("POST", "/predict", body)
    assert response.status in (200, 422), answer
    # Of unknown length, too.
    pieces = [body[start : start + 2**16] for start in range(0, len(body), 2**16)]
    response, answer = nginx.ask("POST", "/predict", pieces)
    assert response.status in (200, 422), answer


def test_metrics_are_not_for_everybody(nginx: Nginx) -> None:
    response, answer = nginx.ask("GET", "/metrics")
    assert (response.status, json.loads(answer)["code"]) == (404, "not_found")


def test_a_server_that_is_away_is_told_in_the_form_of_the_api(tmp_path: Path) -> None:
    (nowhere,) = free_ports(1)
    alone = Nginx(tmp_path, f"127.0.0.1:{nowhere}")
    response, answer = alone.ask("GET", "/health")
    alone.stop()
    assert (response.status, json.loads(answer)["code"]) == (503, "model_unavailable")
    assert response.headers["Retry-After"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert response.headers["Strict-Transport-Security"]


def test_a_request_whose_process_dies_is_told_in_the_form_of_the_api(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_READ_TIMEOUT_S="600")
    nginx = Nginx(tmp_path, f"127.0.0.1:{server.port}")
    (worker,) = server.workers()
    connection = nginx.connect()
    connection.putrequest("POST", "/analyze")
    for name, value in (FORM | {"Content-Length": "100000"}).items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(HEAD)
    wait_until(lambda: any(each.status == "ESTABLISHED" for each in worker.net_connections("tcp")))
    worker.kill()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["code"]) == (503, "model_unavailable")
    assert response.headers["Retry-After"]
    connection.close()
    # The process that takes its place.
    wait_until(lambda: nginx.ask("GET", "/health")[0].status == 200)
    nginx.stop()
    assert server.stop() == 0


@contextmanager
def answering(address: str, port: int) -> Iterator[None]:
    """A server that says at which address it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{address} {self.path}".encode())

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests readable."""

    with ThreadingHTTPServer((address, port), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@contextmanager
def naming(addresses: list[str]) -> Iterator[int]:
    """A name server on a port: every name has the last of the addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def answer() -> None:
            while (asked := line.recvfrom(512))[0] != b"end":
                query, client = asked
                # The question, and an answer for the same name: type A, class IN, 600 s, 4 bytes.
                head = query[:2] + b"\x81\x80\x00\x01\x00\x01" + bytes(4)
                found = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x02\x58\x00\x04"
                line.sendto(head + query[12:] + found + socket.inet_aton(addresses[-1]), client)

        thread = Thread(target=answer)
        thread.start()
        yield line.getsockname()[1]
        line.sendto(b"end", line.getsockname())
        thread.join()


def test_a_server_that_was_replaced_is_found_at_its_new_address(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    addresses = ["127.0.0.2"]
    with naming(addresses) as name_server:
        nginx = Nginx(tmp_path, f"ser.test:{port}", f"127.0.0.1:{name_server}")
        with answering("127.0.0.2", port):
            assert nginx.ask("GET", "/health?a=%20")[1] == b"127.0.0.2 /health?a=%20"
        assert nginx.ask("GET", "/health")[0].status == 503
        addresses.append("127.0.0.3")
        with answering("127.0.0.3", port):
            wait_until(lambda: nginx.ask("GET", "/health")[1] == b"127.0.0.3 /health")
        nginx.stop()


def test_a_stream_is_told_to_end_when_all_is_stopped_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    nginx = Nginx(tmp_path, f"127.0.0.1:{server.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
    with Client(nginx.url, Origin=nginx.url) as client:
        client.configure(sample_rate_hz=SAMPLE_RATE_HZ, encoding="s16le")
        # As `docker compose down`: nothing in compose.yaml has to wait for something else.
        nginx.process.send_signal(signal.SIGQUIT)
        server.process.send_signal(signal.SIGTERM)
        client.hear_all()
        assert client.end == (1001, "server_stops")
    assert nginx.process.wait(DEADLINE_S) == 0
    assert server.process.wait(DEADLINE_S) == 0
