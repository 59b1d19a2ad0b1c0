"""The pool of models: what is loaded when, what stays loaded, and who waits."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any, Self
from weakref import ref

import pytest

from clips import CLIPS, MODEL, PUBLISHED
from ser.errors import ModelNotFound, ModelUnavailable
from ser.models.manifest import MANIFEST, ONNX_FILE
from ser.models.pool import ModelPool
from ser.models.predictor import EmotionPredictor
from waiting import DEADLINE_S

NAMES = ["a", "b", "c", "d", "e"]


def put(directory: Path, content: bytes, **fields: Any) -> None:
    """Put an ONNX file into a model, and its hash into the manifest."""
    (directory / ONNX_FILE).write_bytes(content)
    manifest = json.loads((directory / MANIFEST).read_text()) | fields
    manifest["sha256"] = {ONNX_FILE: hashlib.sha256(content).hexdigest()}
    (directory / MANIFEST).write_text(json.dumps(manifest))


def named(network: bytes, name: str) -> bytes:
    """Return an ONNX file that is like another, but for its `doc_string` (field 6 of ModelProto)."""
    return network + bytes([6 << 3 | 2, len(name)]) + name.encode()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five models, each with a network of its own."""
    root = tmp_path_factory.mktemp("models")
    for name in NAMES:
        shutil.copytree(PUBLISHED, root / name, ignore=shutil.ignore_patterns("*.keras", "scaler.*", "*.png"))
        put(root / name, named((PUBLISHED / ONNX_FILE).read_bytes(), name), description=f"Model {name}")
    return root


@pytest.fixture
def root(shelf: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(shelf, tmp_path / "models")


class Loads:
    """What was loaded: names, and which of the sessions still live."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._sessions: dict[int, ref[object]] = {}
        load = EmotionPredictor.load

        def noting(directory: Any, **options: Any) -> EmotionPredictor:
            self.names.append(directory.name)
            predictor = load(directory, **options)
            session = predictor._engine._session  # type: ignore[attr-defined]
            self._sessions[id(session)] = ref(session)
            return predictor

        patch.setattr(EmotionPredictor, "load", noting)

    @property
    def alive(self) -> int:
        """How many sessions are in memory; none of them waits for the garbage collector."""
        return sum(session() is not None for session in self._sessions.values())


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    return Loads(monkeypatch)


def pool_of(root: Path, default: str = "a", max_loaded: int = 2) -> ModelPool:
    return ModelPool.load(root, default=default, engine="onnx", max_loaded=max_loaded)


def test_only_the_default_is_loaded_at_the_start(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf, default="c")
    assert loads.names == ["c"]
    assert pool.ready
    assert list(pool.directories) == ["c", "a", "b", "d", "e"]
    assert pool.directory("b").manifest.description == "Model b"
    with pytest.raises(ModelNotFound, match=r"No model 'f'; there are: c, a, b, d, e\."):
        pool.get("f")
    assert pool.get() is pool.get("c")
    assert loads.names == ["c"]


def test_a_model_is_loaded_when_it_is_asked_for_and_then_stays(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf)
    assert pool.get("b") is pool.get("b")
    assert loads.names == ["a", "b"]
    assert pool.get("b").predict(CLIPS[0].path).emotion


def test_the_least_recently_used_model_goes_and_the_default_stays(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf, max_loaded=2)
    default = pool.get()
    for name in ("b", "c", "b", "d", "b", "c"):
        pool.get(name)
        assert pool.get() is default
    # "d" took the place of "c", as "b" was used after it, and "c" that of "d".
    assert loads.names == ["a", "b", "c", "d", "c"]


def test_memory_does_not_grow_with_the_models_that_are_used(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf, max_loaded=2)
    most = 0
    for name in [*NAMES, *NAMES, *reversed(NAMES)]:
        pool.get(name)
        most = max(most, loads.alive)
    assert len(loads.names) > 8
    assert most == 3


def test_a_model_in_use_works_on_and_is_not_loaded_twice(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf, max_loaded=1)
    held = pool.get("b").with_prior("Sad=2")
    expected = held.predict(CLIPS[0].path).probabilities
    pool.get("c")
    assert loads.alive == 3
    assert held.predict(CLIPS[0].path).probabilities == expected
    # The session is the one that is still in use.
    pool.get("b")
    assert loads.alive == 2
    assert loads.names == ["a", "b", "c", "b"]


def test_models_of_one_file_share_its_session_and_are_there_from_the_start(loads: Loads) -> None:
    pool = ModelPool.load(MODEL.parent, default="cremad-4", engine="onnx", max_loaded=1)
    assert loads.names == ["cremad-4", "cremad-6"]
    assert loads.alive == 1
    assert set(pool.directories) >= {"cremad-4", "cremad-6", "bilstm-cremad"}
    four, six = pool.get("cremad-4"), pool.get("cremad-6")
    pool.get("bilstm-cremad")
    assert (pool.get("cremad-4"), pool.get("cremad-6")) == (four, six)
    clip = CLIPS[0].path
    assert len(six.predict(clip).probabilities) == 6
    assert four.predict(clip).probabilities == EmotionPredictor.load(MODEL).predict(clip).probabilities


class NotedLock:
    """A lock that tells when somebody has to wait for it."""

    def __init__(self) -> None:
        self.waited_for = Event()
        self._lock = Lock()

    def __enter__(self) -> Self:
        if not self._lock.acquire(blocking=False):
            self.waited_for.set()
            self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_two_requests_for_a_model_load_it_once_and_nobody_else_waits(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_of(shelf)
    pool.get("c")
    lock, begun, names = NotedLock(), Barrier(2), []
    monkeypatch.setattr(pool, "_loading", lock)
    load = EmotionPredictor.load

    def slow(directory: Any, **options: Any) -> EmotionPredictor:
        names.append(directory.name)
        if len(names) > 1:
            lock.waited_for.set()
        # The second request has come, and these two need not wait for it.
        assert lock.waited_for.wait(DEADLINE_S)
        assert waiters.submit(pool.get).result(DEADLINE_S) is pool.get()
        assert waiters.submit(pool.get, "c").result(DEADLINE_S) is pool.get("c")
        return load(directory, **options)

    def ask() -> EmotionPredictor:
        begun.wait(DEADLINE_S)
        return pool.get("b")

    monkeypatch.setattr(EmotionPredictor, "load", slow)
    with ThreadPoolExecutor(2) as requests, ThreadPoolExecutor(1) as waiters:
        one, other = (request.result() for request in [requests.submit(ask), requests.submit(ask)])
    assert one is other
    assert names == ["b"]


def test_many_threads_get_what_they_ask_for(shelf: Path, loads: Loads) -> None:
    pool = pool_of(shelf, max_loaded=1)
    begun = Barrier(8)

    def ask(number: int) -> list[str]:
        begun.wait(DEADLINE_S)
        wanted = [NAMES[(number + step) % len(NAMES)] for step in range(6)]
        return [name for name in wanted if pool.get(name).manifest.description != f"Model {name}"]

    with ThreadPoolExecutor(8) as threads:
        assert [wrong for found in threads.map(ask, range(8)) for wrong in found] == []
    assert loads.alive <= 2


@pytest.mark.parametrize(
    ("file", "content"), [(MANIFEST, b"{}"), (ONNX_FILE, b"changed"), (ONNX_FILE, None)], ids=str
)
def test_a_broken_model_is_left_out_and_the_log_says_why(
    file: str, content: bytes | None, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        (root / "b" / file).unlink()
    else:
        (root / "b" / file).write_bytes(content)
    pool = pool_of(root)
    assert list(pool.directories) == ["a", "c", "d", "e"]
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.message.startswith("model 'b' left out: ")
    assert file in record.message
    with pytest.raises(ModelNotFound, match="there are: a, c, d, e"):
        pool.get("b")


def test_a_default_that_cannot_run_leaves_the_others(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(root / "b", b"no graph")
    pool = pool_of(root, default="b")
    assert not pool.ready
    assert "model 'b' left out: ONNX Runtime cannot load" in caplog.text
    with pytest.raises(ModelUnavailable):
        pool.get()
    assert pool.get("a").predict(CLIPS[0].path)


def test_a_network_that_turns_out_broken_is_unavailable_until_it_is_mended(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = (root / "b" / ONNX_FILE).read_bytes()
    put(root / "b", b"no graph")
    pool = pool_of(root)
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="'b' cannot be loaded; the server's log says why"):
            pool.get("b")
    assert "model 'b' not loaded: ONNX Runtime cannot load model.onnx" in caplog.text
    put(root / "b", good)
    assert pool.get("b").predict(CLIPS[0].path)


def test_a_model_that_was_trained_again_is_the_new_one_once_it_is_loaded(root: Path) -> None:
    pool = pool_of(root)
    put(root / "b", named((PUBLISHED / ONNX_FILE).read_bytes(), "new"), description="Trained again")
    assert pool.get("b").manifest.description == "Trained again"
    assert pool.directory("b").manifest.description == "Trained again"


def test_a_model_whose_files_were_taken_away_is_unavailable(root: Path) -> None:
    pool = pool_of(root)
    shutil.rmtree(root / "b")
    with pytest.raises(ModelUnavailable) as told:
        pool.get("b")
    assert str(root) not in str(told.value)
