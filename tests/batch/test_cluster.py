"""`ser batch` on a real Dask scheduler, with worker processes on the loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tests.batch.archives import archive, batch, contents, names, poison, rows, started

from clips import CLIPS, MODEL, copied_model
from ser.batch.cluster import ClusterBackend, versions
from ser.batch.errors import BatchError, BatchStopped
from ser.batch.options import Options
from ser.config import Settings
from waiting import DEADLINE_S, wait_until

DASK = Path(sys.executable).with_name("dask")
OPTIONS = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path, *, workers: int = 3, **environment: str) -> None:
        self.environment = os.environ | environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder = folder
        self.processes: list[psutil.Popen] = []
        self.scheduler = self.start_scheduler()
        self.workers = self.start_workers(workers)

    def start(self, *command: object) -> psutil.Popen:
        log = self.folder / f"dask-{len(self.processes)}.log"
        with log.open("w") as output:
            process = psutil.Popen(
                [DASK, *map(str, command), *OPTIONS],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
            )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> psutil.Popen:
        return self.start("scheduler", "--port", self.port)

    def start_workers(self, count: int, nanny: str = "--no-nanny") -> list[psutil.Popen]:
        options = ("--nthreads", 1, nanny, "--local-directory", self.folder)
        return [self.start("worker", self.address, *options) for _ in range(count)]

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                # A nanny has its worker as a child.
                children = process.children(recursive=True)
                process.kill()
                for child in children:
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            process.wait(DEADLINE_S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    with pytest.MonkeyPatch.context() as patch:
        # A busy machine may take long until the scheduler answers.
        patch.setattr("ser.batch.cluster._CONNECT_S", DEADLINE_S)
        yield cluster
    cluster.close()


def finished(out: Path) -> int:
    return len(list((out / "files").glob("part-*"))) if out.is_dir() else 0


@pytest.mark.slow
@pytest.mark.usefixtures("_small_parts")
def test_a_cluster_gives_the_same_as_this_machine(
    cluster: Cluster, clips_folder: Path, tmp_path: Path
) -> None:
    (clips_folder.parent / "bad.wav").write_text("no sound")
    inputs = (clips_folder, clips_folder.parent / "bad.wav")
    result = batch(*inputs, "--out", tmp_path / "cluster", "--cluster", cluster.address)
    assert result.exit_code == 0, result.output
    assert "12 files analysed" in result.stdout
    assert batch(*inputs, "--out", tmp_path / "here", "--jobs", 1).exit_code == 0
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")


@pytest.mark.slow
def test_another_model_of_the_same_name_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    manifest = copied_model(models / MODEL.name) / "model.json"
    manifest.write_text(manifest.read_text().replace('"description": "', '"description": "another: ', 1))
    result = batch(
        CLIPS[0].path, "--out", tmp_path / "out", "--cluster", cluster.address, SER_MODEL_DIR=str(models)
    )
    assert result.exit_code == 2
    assert f"A worker has another model '{MODEL.name}'" in result.stderr


@pytest.mark.slow
def test_two_of_three_workers_are_killed_and_the_scheduler_is_restarted(
    cluster: Cluster, tmp_path: Path
) -> None:
    folder = archive(tmp_path / "archive", copies=8)
    out, log = tmp_path / "out", tmp_path / "log"
    (folder / "bad.wav").write_text("no sound")
    code = "import ser.batch.plan as p, ser.batch.run as r, ser.cli.main as m"
    code += "; p.MAX_ENTRIES, r._MAX_ENTRIES = 16, 4; m.main()"
    run = started(folder, "--out", out, "--cluster", cluster.address, log=log, program=code)
    wait_until(lambda: finished(out) >= 1 or run.poll() is not None)
    for worker in cluster.workers[:2]:
        worker.kill()
    before = finished(out)
    wait_until(lambda: finished(out) > before or run.poll() is not None)
    assert run.poll() is None, log.read_text()
    cluster.scheduler.kill()
    cluster.scheduler.wait(DEADLINE_S)
    wait_until(lambda: "no scheduler; waiting" in log.read_text())
    kept = {path: path.stat().st_mtime_ns for path in (out / "files").iterdir()}
    cluster.scheduler = cluster.start_scheduler()
    cluster.workers = cluster.start_workers(2)
    assert run.wait(DEADLINE_S) == 0, log.read_text()
    assert "96 files analysed" in log.read_text()
    assert kept.items() <= {path: path.stat().st_mtime_ns for path in (out / "files").iterdir()}.items()
    ids = [row["id"] for row in rows(out, "files")]
    assert len(ids) == len(set(ids)) == 96
    assert names(out, "failures") == ["bad.wav"]
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_a_file_that_kills_its_worker_each_time_becomes_a_failure(clips_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clips_folder, tmp_path / "archive"))
    shutil.copy(CLIPS[0].path, folder / "poison.webm")
    cluster = Cluster(
        tmp_path,
        workers=0,
        PYTHONPATH=str(poison(tmp_path)),
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0",
    )
    try:
        cluster.start_workers(1, "--nanny")
        result = batch(folder, "--out", tmp_path / "out", "--cluster", cluster.address)
    finally:
        cluster.close()
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out", "failures") == ["poison.webm"]
    assert [row["code"] for row in rows(tmp_path / "out", "failures")] == ["worker_died"]
    assert len(rows(tmp_path / "out", "files")) == 12


@pytest.fixture
def options() -> Options:
    return Options.of(Settings(max_decoding_s=60), model=None, own_baseline=True, prior=None, voices_by=None)


@pytest.mark.parametrize(
    ("address", "told"), [("tcp://127.0.0.1:1", "no Dask scheduler"), ("nonsense", "Dask scheduler")]
)
def test_an_address_without_a_scheduler_is_wrong_usage(
    address: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser.batch.cluster._CONNECT_S", 0.5)
    result = batch(CLIPS[0].path, "--out", tmp_path / "out", "--cluster", address)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_an_address_that_is_none_is_a_sentence_to_the_very_end(tmp_path: Path) -> None:
    # As processes of their own: what is said while objects are deleted, too. Each tries for a while.
    runs = {}
    for i, address in enumerate(("foo", "tcp://foo", "tcp://foo:bar", "tls://127.0.0.1:1")):
        log = tmp_path / f"{i}.log"
        run = started(CLIPS[0].path, "--out", tmp_path / f"out{i}", "--cluster", address, log=log)
        runs[address] = run, log
    for address, (run, log) in runs.items():
        assert run.wait(DEADLINE_S) == 2, address
        said = log.read_text()
        assert f"'{address}' is no address of a Dask scheduler, such as tcp://scheduler:8786: " in said
        assert "Traceback" not in said


@pytest.mark.slow
def test_other_versions_are_told(cluster: Cluster, options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    own = versions()
    monkeypatch.setattr("ser.batch.cluster._CONNECT_S", DEADLINE_S)

    def run(versions_here: dict[str, str]) -> None:
        # What the workers answer is real; what is here is said to be another one.
        monkeypatch.setattr("ser.batch.cluster._own_versions", lambda: versions_here)
        backend = ClusterBackend(cluster.address, options, told.append)
        backend.close()

    run(own)
    assert told == []
    run(own | {"onnxruntime": "0.1"})
    assert "onnxruntime" in told[0]
    assert "(here 0.1)" in told[0]
    with pytest.raises(BatchError, match="Install the same wheel"):
        run(own | {"ser": "9.9"})


@pytest.mark.slow
def test_without_workers_it_stops_in_time(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser.batch.cluster._CONNECT_S", DEADLINE_S)
    monkeypatch.setattr("ser.batch.cluster._REFRESH_S", 0.0)
    told: list[str] = []
    cluster = Cluster(tmp_path, workers=0)
    try:
        backend = ClusterBackend(cluster.address, options, told.append, patience_s=0.0)
        with pytest.raises(BatchStopped, match=r"had no worker for 0 s"):
            wait_until(lambda: backend.capacity > 1)
        backend.close()
    finally:
        cluster.close()
    assert "has no worker; waiting" in told[0]
