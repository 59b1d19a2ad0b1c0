"""deploy/prometheus and deploy/grafana: Debian's Prometheus reads a real server of two processes."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from clips import CLIPS, sound_file
from live import Client
from ser.audio.decode import decode
from server import Server
from waiting import DEADLINE_S, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "ser.json"
OPERATE = DEPLOY.with_name("docs") / "operate.md"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")

CLIP = CLIPS[0].path.read_bytes()
NOISE = sound_file(0.01 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32))
WORKERS = 2
MAX_STREAMS = 5
# In place of minutes and hours: so long must something last here until an alert tells of it.
RANGE = "20s"
VARIABLES = {"$job": "ser", "$model": ".*", "$__rate_interval": RANGE}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        PROMETHEUS is None or PROMTOOL is None, reason="no Prometheus: tests/install-servers.sh installs it"
    ),
]


class Prometheus:
    """Debian's Prometheus, which reads a server each second.

    The shipped configuration and rules are used; only the address, the intervals, `for` and the ranges of the
    rules are changed.
    """

    def __init__(self, folder: Path, target: str) -> None:
        config = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        (job,) = config["scrape_configs"]
        job["static_configs"] = [{"targets": [target]}]
        # test_monitoring.py has one to tell.
        del config["alerting"]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        rules = yaml.safe_load(re.sub(r"\[\d+[mh]\]", f"[{RANGE}]", RULES.read_text()))
        for rule in all_rules(rules):
            rule.pop("for", None)
        (folder / "rules.yml").write_text(yaml.safe_dump(rules))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "prometheus.log"
        options = {"config.file": folder / "prometheus.yml", "storage.tsdb.path": folder / "data",
                   "web.listen-address": f"127.0.0.1:{port}"}  # fmt: skip
        command = [str(PROMETHEUS), *(f"--{name}={value}" for name, value in options.items())]
        with self.log.open("w") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        wait_until(self._is_ready)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urlopen(f"{self.url}/-/ready", timeout=DEADLINE_S):
                return True
        except (URLError, ConnectionError):
            return False

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what a query finds now."""
        with urlopen(
            f"{self.url}/api/v1/query?{urlencode({'query': expression})}", timeout=DEADLINE_S
        ) as found:
            answer = json.load(found)
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def value(self, expression: str) -> float | None:
        """Return the one value that a query finds."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        """Return which alerts there are."""
        return {each["metric"]["alertname"] for each in self.query('ALERTS{alertstate="firing"}')}

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(DEADLINE_S)


def all_rules(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in document["groups"]:
        yield from group["rules"]


def shipped_rules() -> list[dict[str, Any]]:
    return list(all_rules(yaml.safe_load(RULES.read_text())))


def panels() -> list[dict[str, Any]]:
    return [each for each in json.loads(DASHBOARD.read_text())["panels"] if each["type"] != "row"]


def post(server: Server, path: str, content: bytes) -> int:
    body = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    connection.request("POST", path, body + content + b"\r\n--cut--\r\n", headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def post_all(server: Server, path: str, contents: list[bytes]) -> list[int]:
    """Send several at once, so that both processes get some."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda content: post(server, path, content), contents))


def values(server: Server, name: str, **labels: str) -> float:
    """Return the sum of the values of a name with some labels, as the server itself tells them."""
    with urlopen(f"{server.url}/metrics", timeout=DEADLINE_S) as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def answered(server: Server) -> float:
    return values(server, "ser_http_requests_total", route="/predict", status="200")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers, which end with the test."""
    with ExitStack() as stack:

        def begin(**settings: str) -> Server:
            known = {"SER_WORKERS": str(WORKERS), "SER_STREAM_IDLE_S": "600"}
            server = Server(tmp_path / "server.log", **known | settings)
            stack.callback(lambda: server.process.poll() is None and server.kill())
            wait_until(lambda: values(server, "ser_workers") == WORKERS)
            return server

        yield begin


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[Server], Prometheus]]:
    """Let a Prometheus read a server, until the test ends."""
    with ExitStack() as stack:

        def begin(server: Server) -> Prometheus:
            prometheus = Prometheus(tmp_path, f"127.0.0.1:{server.port}")
            stack.callback(prometheus.stop)
            wait_until(lambda: prometheus.value('up{job="ser"}') == 1)
            return prometheus

        yield begin


def run_promtool(*arguments: object, cwd: Path = RULES.parent) -> str:
    done = subprocess.run(
        [str(PROMTOOL), *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_finds_no_fault() -> None:
    run_promtool("check", "config", "prometheus.yml")
    assert "SUCCESS" in run_promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yml")


def test_promtool_finds_no_fault_in_the_metrics(start: Callable[..., Server]) -> None:
    server = start()
    post_all(server, "/predict", [CLIP] * 2)
    with urlopen(f"{server.url}/metrics", timeout=DEADLINE_S) as answer:
        text = answer.read()
    done = subprocess.run([str(PROMTOOL), "check", "metrics"], input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_fires_after_its_time_and_not_before() -> None:
    """The whole table of alerts, on made-up series: also those that nobody can provoke here."""
    run_promtool("test", "rules", "rules_test.yml", cwd=Path(__file__).parent)


def test_every_alert_is_tried_and_documented() -> None:
    names = {rule["alert"] for rule in shipped_rules() if "alert" in rule}
    tests = yaml.safe_load((Path(__file__).parent / "rules_test.yml").read_text())["tests"]
    tried = [case for test in tests for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in tried if case["exp_alerts"]} == names
    assert {case["alertname"] for case in tried if not case["exp_alerts"]} == names
    assert names == set(re.findall(r"^### `(Ser\w+)`", OPERATE.read_text(), re.MULTILINE))


def test_no_request_is_counted_twice_or_lost_also_when_a_process_is_killed(
    start: Callable[..., Server], watch: Callable[[Server], Prometheus]
) -> None:
    server = start()
    prometheus = watch(server)
    assert post_all(server, "/predict", [CLIP] * 20) == [200] * 20
    assert {answered(server) for _ in range(10)} == {20}
    sent = 20
    for killed in range(1, 4):
        victim = server.workers()[0]
        victim.send_signal(signal.SIGKILL)
        wait_until(lambda victim=victim: victim not in server.workers())
        # Until the server has noticed, the one that is gone counts.
        wait_until(lambda killed=killed: values(server, "ser_worker_exits_total") == killed)
        wait_until(lambda: values(server, "ser_workers") == WORKERS)
        assert answered(server) == sent
        assert post_all(server, "/predict", [CLIP] * 10) == [200] * 10
        sent += 10
        assert answered(server) == sent
    count = {"route": "/predict", "status": "200"}
    assert values(server, "ser_http_request_duration_seconds_count", **count) == sent
    assert values(server, "ser_predictions_total", route="/predict") == sent
    assert values(server, "ser_audio_seconds_total", route="/predict") == pytest.approx(sent * 2.43575)
    # What Prometheus has is the same.
    query = 'sum(ser_http_requests_total{route="/predict", status="200"})'
    wait_until(lambda: prometheus.value(query) == sent)
    # Nothing piles up: the files of the killed ones are gone.
    (folder,) = shared_folders(server)
    known = {"gone", str(server.process.pid), *(str(each.pid) for each in server.workers())}
    assert {file.stem.rpartition("_")[2] for file in folder.glob("*_*")} <= known
    assert server.stop() == 0
    assert not folder.exists()


def shared_folders(server: Server) -> list[Path]:
    """Return where the processes of a server share their metrics."""
    (pid, *_) = [each.pid for each in server.workers()]
    opened = {
        Path(each.path).parent for each in psutil.Process(pid).memory_maps() if "ser-metrics" in each.path
    }
    return sorted(opened)


def test_a_killed_stream_is_no_longer_open(start: Callable[..., Server]) -> None:
    server = start()
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(Client(server.url)).configure()
        assert values(server, "ser_streams_open") == 4
        before = server.workers()
        for worker in before:
            worker.send_signal(signal.SIGKILL)
        wait_until(lambda: not {*before} & {*server.workers()})
        wait_until(lambda: values(server, "ser_worker_exits_total") == WORKERS)
        wait_until(lambda: values(server, "ser_workers") == WORKERS)
        assert values(server, "ser_streams_open") == 0


def test_what_a_killed_server_leaves_is_removed_by_the_next(start: Callable[..., Server]) -> None:
    server = start()
    (folder,) = shared_folders(server)
    server.kill()
    assert folder.exists()
    start()
    assert not folder.exists()


def test_every_panel_and_every_rule_has_data(
    start: Callable[..., Server], watch: Callable[[Server], Prometheus]
) -> None:
    server = start(SER_MAX_STREAMS=str(MAX_STREAMS))
    prometheus = watch(server)
    queries = {
        f"{panel['title']}: {target['expr']}": target["expr"]
        for panel in panels()
        for target in panel["targets"]
    }
    queries |= {
        rule.get("record", rule.get("alert")): re.sub(r"\[\d+[mh]\]", f"[{RANGE}]", rule["expr"])
        for rule in shipped_rules()
        # An alert has data while it fires: the next test is about that.
        if "record" in rule
    }
    for name, value in VARIABLES.items():
        queries = {key: query.replace(name, value) for key, query in queries.items()}
    assert len(queries) > 40
    empty = set(queries)

    def all_have_data() -> bool:
        post_all(server, "/predict", [CLIP, CLIP, NOISE, b"nonsense"])
        post(server, "/analyze", CLIP)
        with Client(server.url) as client:
            client.configure()
            client.tell({"type": "end"})
            client.hear_all()
        empty.difference_update([name for name in empty if prometheus.query(queries[name])])
        return not empty

    try:
        wait_until(all_have_data)
    except AssertionError:
        raise AssertionError(f"no data: {sorted(empty)}") from None


def test_alerts_fire_when_they_are_provoked(
    start: Callable[..., Server], watch: Callable[[Server], Prometheus]
) -> None:
    server = start(SER_MAX_STREAMS=str(MAX_STREAMS), SER_MAX_WAITING="1")
    prometheus = watch(server)
    assert post_all(server, "/predict", [CLIP]) == [200]
    # Before the first scrape, there is no server.
    wait_until(lambda: prometheus.firing() <= {"SerSlow"})

    def until(name: str, provoke: Callable[[], object]) -> None:
        def fires() -> bool:
            provoke()
            return name in prometheus.firing()

        wait_until(fires)

    until("SerNoSpeech", lambda: post_all(server, "/predict", [NOISE] * 4))
    long = sound_file(np.tile(decode(CLIPS[0].path), 20))
    # One may wait in each process: of many at once, most are refused.
    until("SerRejects", lambda: crowd(server, long))
    until("SerEmotionDrift", lambda: post_all(server, "/predict", [CLIP] * 8))
    until("SerFeatureDrift", lambda: post_all(server, "/predict", [CLIP] * 8))
    with ExitStack() as stack:
        for _ in range(MAX_STREAMS):
            stack.enter_context(Client(server.url)).configure()
        until("SerStreamsNearLimit", lambda: None)
    until("SerWorkersDie", lambda: kill_one(server))
    server.kill()
    until("SerDown", lambda: None)


def crowd(server: Server, content: bytes) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: post(server, "/predict", content), range(32)))


def kill_one(server: Server) -> None:
    for worker in islice(server.workers(), 1):
        worker.send_signal(signal.SIGKILL)
    wait_until(lambda: values(server, "ser_workers") == WORKERS)


def test_the_dashboard_is_one_that_grafana_provisions() -> None:
    document = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    provisioning = DEPLOY / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    for panel in panels():
        assert panel["title"]
        for target in [panel, *panel["targets"]]:
            assert target["datasource"] == {"type": source["type"], "uid": source["uid"]}
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "ser.yml").read_text())["providers"]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    mounts = {each.split(":")[1]: each.split(":")[0] for each in compose["grafana"]["volumes"]}
    assert (DEPLOY / mounts[provider["options"]["path"]] / "ser.json").is_file()
    # No two panels lie on each other.
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in document["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_what_is_scraped_is_what_compose_starts() -> None:
    (job,) = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert target.rpartition(":")[0] in compose
