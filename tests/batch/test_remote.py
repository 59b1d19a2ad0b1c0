"""`ser batch` on files of a real web server and a real S3 server."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import psutil
import pytest
from tests.batch.archives import SER, batch, names, rows

from clips import CLIPS, transcode
from ser.audio.decode import decode
from ser.batch import files, remote
from ser.errors import FileTooLarge
from waiting import DEADLINE_S, wait_until

MP4 = "call.mp4"


class Handler(BaseHTTPRequestHandler):
    """Clips; a file that is there at the second time only, and one that breaks off."""

    asked: list[str]
    contents: dict[str, bytes]
    is_out: bool

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        type(self).asked.append(self.path)
        content = type(self).contents.get(path.strip("/"))
        if path == "/later.webm" and type(self).asked.count(self.path) < 2:
            self.send_error(503)
        elif path == "/signed.webm" and query != "sig=secret":
            self.send_error(403)
        elif path == "/slow.webm":
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
        elif path == "/out.webm" and type(self).is_out:
            self.send_error(403)
        elif content is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + (99 if path == "/short.webm" else 0)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    clip = CLIPS[0].path.read_bytes()
    Handler.asked, Handler.is_out = [], False
    Handler.contents = {
        **dict.fromkeys(("later.webm", "signed.webm", "short.webm", "slow.webm", "out.webm"), clip),
        **{path.path.name: path.path.read_bytes() for path in CLIPS[:3]},
        MP4: transcode(decode(CLIPS[3].path), "mp4"),
        "sub/calls.csv": b"id,path\n1,../1049_IEO_ANG_HI.webm\n2,signed.webm\n",
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer, until the end of the block."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def everything(out: Path) -> bytes:
    return b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())


def test_files_of_a_web_server(web: str, tmp_path: Path) -> None:
    manifest = tmp_path / "calls.csv"
    places = [
        CLIPS[0].path.name,
        "later.webm",
        MP4,
        "signed.webm?sig=secret",
        "signed.webm?sig=secretly-wrong",
        "none.webm",
        "short.webm",
    ]
    lines = [f"{number},{web}/{place}" for number, place in enumerate(places)]
    guest = web.replace("//", "//guest:pass-word@")
    manifest.write_text("\n".join(["id,path", *lines, f"guest,{guest}/{CLIPS[1].path.name}"]))
    result = batch(manifest, f"{web}/{CLIPS[2].path.name}", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    found = {row["id"]: row for row in rows(tmp_path / "out", "files")}
    assert list(found) == ["0", "1", "2", "3", "guest", f"{web}/{CLIPS[2].path.name}"]
    assert found["guest"]["path"] == f"{web}/{CLIPS[1].path.name}"
    assert found["0"]["emotion"] == found["1"]["emotion"] == found["3"]["emotion"]
    failures = {row["id"]: (row["detail"], row["attempts"]) for row in rows(tmp_path / "out", "failures")}
    assert failures["4"] == ("HTTP status 403", 1)
    assert failures["5"] == ("No such file", 1)
    assert failures["6"][0].startswith("ClientPayloadError")
    assert failures["6"][1] == 3
    for secret in ("secret", "pass-word"):
        assert secret.encode() not in everything(tmp_path / "out")
        assert secret not in result.output
    local = tmp_path / MP4
    local.write_bytes(Handler.contents[MP4])
    assert batch(local, "--out", tmp_path / "local", "--jobs", 1).exit_code == 0
    (alone,) = rows(tmp_path / "local", "files")
    assert {name: alone[name] for name in alone if name.startswith(("prob", "dist", "dur"))}.items() <= found[
        "2"
    ].items()


def test_a_manifest_of_a_web_server(web: str, tmp_path: Path) -> None:
    result = batch(f"{web}/sub/calls.csv", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in rows(tmp_path / "out", "files")] == ["1"]


def test_a_remote_file_may_not_be_too_large(web: str, tmp_path: Path) -> None:
    Handler.contents["large.wav"] = transcode(decode(CLIPS[0].path), "wav") + bytes(2 * 2**20)
    result = batch(f"{web}/large.wav", "--out", tmp_path / "out", "--jobs", 1, SER_MAX_ANALYZE_MB="1")
    assert result.exit_code == 1
    (failure,) = rows(tmp_path / "out", "failures")
    assert (failure["code"], failure["detail"]) == (
        "too_large",
        "At most 1,048,576 bytes of a remote file are read.",
    )


def test_a_server_that_is_too_slow_holds_no_worker(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_SLOW_S", 0.5)
    with (
        remote.opened(f"{web}/slow.webm", 10**6) as file,
        pytest.raises(
            remote.TooSlow, match=r"bytes came in \d+ s; 0.5 s are waited, and 1 s more for each 5,000"
        ),
    ):
        list(iter(lambda: file.read(65_536), b""))
    assert remote.is_final(remote.TooSlow())


class DrippingStore(BaseHTTPRequestHandler):
    """An S3 server that sends an object byte by byte, until its client hangs up."""

    begun: threading.Event
    hung_up: threading.Event

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.send_header("ETag", '"1"')
        self.end_headers()

    def do_GET(self) -> None:
        type(self).begun.set()
        self.send_response(206)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            type(self).hung_up.set()

    def log_message(self, *_: object) -> None:
        pass


def test_a_store_that_is_too_slow_holds_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    DrippingStore.begun, DrippingStore.hung_up = threading.Event(), threading.Event()
    monkeypatch.setattr(remote, "_SLOW_S", 2.0)
    # So much is waited for at once.
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 1000)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with ThreadingHTTPServer(("127.0.0.1", 0), DrippingStore) as server, serving(server):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "of-test")
        with remote.opened("s3://bucket/x.wav", 10**6) as file, pytest.raises(remote.TooSlow):
            file.read(100)
        # Nobody goes on to read it. On a busy machine, it may not have come so far.
        assert not DrippingStore.begun.is_set() or DrippingStore.hung_up.wait(DEADLINE_S)


@pytest.mark.usefixtures("_clean_s3fs")
def test_an_object_is_read_in_blocks(bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 1000)
    content = CLIPS[0].path.read_bytes()
    address = f"s3://calls/2026/{CLIPS[0].emotion}/{CLIPS[0].path.name}"
    with remote.opened(address, len(content)) as file:
        read = list(iter(lambda: file.read(333), b""))
    assert b"".join(read) == content
    assert max(map(len, read)) <= 333
    with remote.opened(address, len(content) - 1) as file, pytest.raises(FileTooLarge):
        list(iter(lambda: file.read(333), b""))


@pytest.mark.usefixtures("_clean_s3fs")
def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed(
    bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 1000)
    client = boto3.client("s3", endpoint_url=bucket["AWS_ENDPOINT_URL"])
    client.put_object(Bucket="calls", Key="other/x.wav", Body=bytes(2500))
    with remote.opened("s3://calls/other/x.wav", 10**6) as file:
        assert file.read(1000) == bytes(1000)
        client.put_object(Bucket="calls", Key="other/x.wav", Body=b"1" * 2500)
        with pytest.raises(OSError, match="replaced while it was read"):
            list(iter(lambda: file.read(1000), b""))


def test_after_an_outage_failures_are_tried_again(web: str, tmp_path: Path) -> None:
    manifest, out = tmp_path / "calls.csv", tmp_path / "out"
    (tmp_path / "bad.wav").write_text("no sound")
    places = [f"{web}/{CLIPS[0].path.name}", f"{web}/out.webm", tmp_path / "bad.wav", CLIPS[1].path]
    manifest.write_text("\n".join(["id,path", *(f"{number},{place}" for number, place in enumerate(places))]))
    Handler.is_out = True
    assert batch(manifest, "--out", out, "--jobs", 1).exit_code == 0
    first = {row["id"]: row for row in rows(out, "files")}
    assert [row["id"] for row in rows(out, "failures")] == ["1", "2"]
    Handler.is_out, asked = False, len(Handler.asked)
    result = batch(manifest, "--out", out, "--jobs", 1)
    assert "0 files analysed" in result.stdout
    assert "4 kept from before (2 of them failed)" in result.stdout
    result = batch(manifest, "--out", out, "--jobs", 1, "--retry-failures")
    assert result.exit_code == 0, result.output
    assert "1 file analysed" in result.stdout
    assert "3 kept from before (1 of them failed)" in result.stdout
    assert Handler.asked[asked:] == ["/out.webm"]
    assert [row["id"] for row in rows(out, "files")] == ["0", "1", "3"]
    assert [row["id"] for row in rows(out, "failures")] == ["2"]
    assert first.items() <= {row["id"]: row for row in rows(out, "files")}.items()
    counts = {row["id"]: row["segments"] for row in rows(out, "files")}
    segments = [row["id"] for row in rows(out, "segments")]
    assert segments == [id_ for id_, count in counts.items() for _ in range(count)]


def test_a_retry_that_ends_while_it_writes_loses_nothing(
    web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = tmp_path / "calls.csv", tmp_path / "out"
    manifest.write_text(f"id,path\n0,{CLIPS[0].path}\n1,{web}/out.webm\n")
    Handler.is_out = True
    assert batch(manifest, "--out", out, "--jobs", 1).exit_code == 0
    Handler.is_out = False
    with monkeypatch.context() as patch:
        written: list[Path] = []

        def ending(path: Path, content: bytes | memoryview) -> None:
            if written:
                raise KeyboardInterrupt
            written.append(path)
            files.write_whole(path, content)

        patch.setattr("ser.batch.state.write_whole", ending)
        assert batch(manifest, "--out", out, "--jobs", 1, "--retry-failures").exit_code == 130
    assert [path.parent.name for path in written] == ["failures"]
    result = batch(manifest, "--out", out, "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in rows(out, "files")] == ["0", "1"]
    assert rows(out, "failures") == []


def test_an_outage_stops_the_run(web: str, tmp_path: Path) -> None:
    manifest, out = tmp_path / "calls.csv", tmp_path / "out"
    lines = [f"{number},{web}/out.webm" for number in range(40)]
    manifest.write_text("\n".join(["id,path", *lines]))
    Handler.is_out = True
    result = batch(manifest, "--out", out, "--jobs", 1, "--max-unreachable", 20)
    assert result.exit_code == 1
    assert "recordings in a row could not be reached (HTTP status 403). What is finished" in result.stderr
    assert rows(out, "failures") == []
    result = batch(manifest, "--out", out, "--jobs", 1, "--max-unreachable", 0)
    assert result.exit_code == 1
    assert len(rows(out, "failures")) == 40


@pytest.mark.usefixtures("_small_parts")
def test_without_their_inputs_signed_recordings_wait(web: str, tmp_path: Path) -> None:
    signed, out = tmp_path / "signed.csv", tmp_path / "out"
    signed.write_text(f"id,path\n1,{web}/signed.webm?sig=secret\n2,{web}/signed.webm?sig=secret\n")
    with pytest.MonkeyPatch.context() as patch:
        # Stopped before it began.
        patch.setattr("ser.batch.run.Run.run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert batch(signed, "--out", out, "--jobs", 1).exit_code == 130
    result = batch(CLIPS[0].path, "--out", out, "--jobs", 1)
    assert result.exit_code == 1
    assert "1 file analysed" in result.stdout
    assert "2 recordings not analysed" in result.stdout
    assert rows(out, "failures") == []
    result = batch(signed, "--out", out, "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in rows(out, "files")] == ["1", "2", CLIPS[0].path.name]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An S3 server with clips in a bucket; yields the environment of its clients."""
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("w") as output:
        server = psutil.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: re.search(r"Running on (http://\S+)", log.read_text()))
        url = re.search(r"Running on (http://\S+)", log.read_text())[1]  # type: ignore[index]
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "key-of-test",
            "AWS_SECRET_ACCESS_KEY": "secret-of-test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        client = boto3.client(
            "s3",
            endpoint_url=url,
            aws_access_key_id="key-of-test",
            aws_secret_access_key="secret-of-test",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="calls")
        for clip in CLIPS[:6]:
            client.put_object(
                Bucket="calls", Key=f"2026/{clip.emotion}/{clip.path.name}", Body=clip.path.read_bytes()
            )
        client.put_object(Bucket="calls", Key="2026/", Body=b"")
        client.put_object(Bucket="calls", Key="2026/notes.txt", Body=b"x")
        client.put_object(
            Bucket="calls", Key="2026/what?[1].wav", Body=transcode(decode(CLIPS[6].path), "wav")
        )
        client.put_object(Bucket="calls", Key="2026/bad.wav", Body=b"no sound")
        yield environment
    finally:
        server.kill()
        server.wait(DEADLINE_S)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An emulator of Google Cloud Storage, with clips in a bucket; gcsfs asks it."""
    # Nor Google: which kind of bucket it is, and who this machine is.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    import gcsfs

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (tmp_path / "gcs.log").open("w") as output:
        server = psutil.Popen(
            [SER.with_name("gcp-storage-emulator"), "start", "--in-memory", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "All services started" in (tmp_path / "gcs.log").read_text())
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        gcsfs.GCSFileSystem.clear_instance_cache()
        files = gcsfs.GCSFileSystem(token="anon")
        files.mkdir("calls")
        for clip in CLIPS[:2]:
            files.pipe_file(f"calls/2026/{clip.emotion}/{clip.path.name}", clip.path.read_bytes())
        files.pipe_file("calls/2026/bad.wav", b"no sound")
        files.pipe_file("calls/2026/notes.txt", b"x")
        yield "gs://calls"
    finally:
        server.kill()
        server.wait(DEADLINE_S)


def test_files_of_google_cloud_storage(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = batch(f"{store}/2026", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "1 .txt" in result.stdout
    assert set(names(tmp_path / "out")) == {clip.path.name for clip in CLIPS[:2]}
    (failure,) = rows(tmp_path / "out", "failures")
    assert (failure["path"], failure["code"]) == (f"{store}/2026/bad.wav", "unsupported_format")
    row = next(row for row in rows(tmp_path / "out", "files") if CLIPS[0].path.name in str(row["path"]))
    assert row["size_bytes"] == CLIPS[0].path.stat().st_size
    assert row["modified_at"].tzinfo
    (tmp_path / "calls.csv").write_text(
        f"id,path\n1,{store}/2026/{CLIPS[1].emotion}/{CLIPS[1].path.name}\n2,{store}/none.wav\n"
    )
    found = (tmp_path / "calls.csv", f"{store}/2026/*/{CLIPS[0].path.name}")
    result = batch(*found, "--out", tmp_path / "again", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "again") == [CLIPS[1].path.name, CLIPS[0].path.name]
    assert [row["detail"] for row in rows(tmp_path / "again", "failures")] == ["No such file"]
    assert batch(f"{store}/none", "--out", tmp_path / "none").exit_code == 2
    # In blocks, as a large one.
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 1000)
    with remote.opened(str(row["path"]), 10**6) as file:
        content = b"".join(iter(lambda: file.read(333), b""))
    assert content == CLIPS[0].path.read_bytes()


def test_files_of_a_web_server_with_tls(web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Path(__file__).parents[2] / "deploy" / "nginx" / "self-signed.sh"
    subprocess.run(["sh", script, "localhost", tmp_path], check=True)
    trusted = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trusted.load_cert_chain(tmp_path / "ser.crt", tmp_path / "ser.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = trusted.wrap_socket(server.socket, server_side=True)
        url = f"https://localhost:{server.server_address[1]}/{CLIPS[0].path.name}"
        with serving(server):
            unknown = batch(url, "--out", tmp_path / "unknown", "--jobs", 1)
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ser.crt"))
            result = batch(url, "--out", tmp_path / "out", "--jobs", 1)
    assert unknown.exit_code == 1
    (failure,) = rows(tmp_path / "unknown", "failures")
    assert "certificate" in str(failure["detail"]).lower()
    assert result.exit_code == 0, result.output
    assert [row["path"] for row in rows(tmp_path / "out", "files")] == [url]


@pytest.fixture
def _clean_s3fs(bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    # fsspec keeps its clients, with the environment of when they were made.
    import fsspec

    fsspec.get_filesystem_class("s3").clear_instance_cache()
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_clean_s3fs")
def test_a_folder_of_a_bucket(tmp_path: Path) -> None:
    result = batch("s3://calls/2026", "--out", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 0, result.output
    expected = {clip.path.name for clip in CLIPS[:6]} | {"what?[1].wav"}
    assert set(names(tmp_path / "out")) == expected
    assert names(tmp_path / "out", "failures") == ["bad.wav"]
    assert "1 .txt" in result.stdout
    row = next(row for row in rows(tmp_path / "out", "files") if CLIPS[0].path.name in str(row["path"]))
    assert row["path"] == f"s3://calls/2026/{CLIPS[0].emotion}/{CLIPS[0].path.name}"
    assert row["id"] == f"{CLIPS[0].emotion}/{CLIPS[0].path.name}"
    assert row["size_bytes"] == CLIPS[0].path.stat().st_size
    assert row["modified_at"].tzinfo
    assert b"of-test" not in everything(tmp_path / "out")
    assert batch("s3://calls/2026", "--out", tmp_path / "out").stdout.startswith("0 files analysed")


@pytest.mark.usefixtures("_clean_s3fs")
def test_a_glob_and_a_file_of_a_bucket(tmp_path: Path) -> None:
    found = ("s3://calls/2026/*/*ANG*", "s3://calls/2026/what?[1].wav")
    result = batch(*found, "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert sorted(names(tmp_path / "out")) == sorted(
        [*(clip.path.name for clip in CLIPS[:6] if "ANG" in clip.path.name), "what?[1].wav"]
    )


@pytest.mark.usefixtures("_clean_s3fs")
@pytest.mark.parametrize("address", ["s3://calls/none", "s3://nobody/x", "s3://calls/none*"])
def test_what_is_not_in_a_bucket_is_wrong_usage(address: str, tmp_path: Path) -> None:
    result = batch(address, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"There is no '{address}'" in result.stderr or f"'{address}' cannot be listed" in result.stderr
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in result.output
