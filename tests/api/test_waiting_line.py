"""As many requests wait as there are places; one more is told so at once."""

from __future__ import annotations

import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from urllib3 import encode_multipart_formdata

from clips import CLIPS
from ser.api.waiting_line import WaitingLine
from ser.errors import Busy
from server import Server

CLIP = CLIPS[0].path.read_bytes()
CLIENTS, REQUESTS = 24, 4


def test_there_are_so_many_places_and_no_more() -> None:
    line = WaitingLine(2)
    with line.place():
        with line.place(), pytest.raises(Busy), line.place():
            pass
        with pytest.raises(ValueError, match="passed on"), line.place():
            raise ValueError("passed on")
        with line.place():
            pass


@pytest.mark.parametrize("path", ["/predict", "/baseline"])
def test_one_more_is_refused_and_the_line_moves_on(path: str, client: FlaskClient) -> None:
    def post() -> tuple[int, str | None, object]:
        answer = client.post(path, data={"file": (io.BytesIO(CLIP), "x")})
        return answer.status_code, answer.headers.get("Retry-After"), answer.json.get("code")

    before = post()
    extension = client.application.extensions["ser"]
    with ExitStack() as held:
        for _ in range(extension["settings"].max_waiting):
            held.enter_context(extension["waiting_line"].place())
        assert post() == (503, "1", "busy")
        assert client.get("/health").status_code == 200
    assert post() == before
    assert before[2] != "busy"


@pytest.mark.slow
def test_more_clients_than_places_get_an_answer_or_are_told_to_come_back(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_MAX_WAITING="2")
    body, content_type = encode_multipart_formdata({"file": ("x", CLIP)})

    def ask() -> tuple[int, str | None]:
        connection = HTTPConnection("127.0.0.1", server.port)
        connection.request("POST", "/predict", body, {"Content-Type": content_type})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers["Retry-After"]

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = Counter(pool.map(lambda _: ask(), range(CLIENTS * REQUESTS)))
        assert set(answers) == {(200, None), (503, "1")}
        assert ask() == (200, None)
    finally:
        assert server.stop() == 0
