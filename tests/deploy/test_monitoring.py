"""deploy/ for a Prometheus that is not that of Compose, and for whoever is to be told of alerts."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from waiting import DEADLINE_S, wait_until

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
DOCUMENT = (REPOSITORY / "docs" / "deploy.md").read_text()
OPERATE = (REPOSITORY / "docs" / "operate.md").read_text()
RULES = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
# The job that the rules and the dashboard expect.
JOB = "ser"

needs = pytest.mark.skipif(
    not all(map(shutil.which, ("promtool", "amtool", "prometheus-alertmanager"))),
    reason="no Prometheus or Alertmanager: tests/install-servers.sh installs them",
)


def checked(*command: object, cwd: Path = PROMETHEUS) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def filled_in(**own: str) -> str:
    """Return alertmanager.yml with its receivers, as somebody fills them in."""
    head, begins, receivers = (PROMETHEUS / "alertmanager.yml").read_text().partition("  - name: people\n")
    receivers = re.sub(r"^    # ?", "    ", receivers, flags=re.MULTILINE)
    for shipped, value in own.items():
        head = head.replace(f"{shipped}: 30s", f"{shipped}: {value}")
    return head + begins + receivers


def test_every_alert_leads_to_its_section() -> None:
    headings = re.findall(r"^### `(Ser\w+)`$", OPERATE, re.MULTILINE)
    for alert in ALERTS:
        assert alert["alert"] in headings
        assert alert["annotations"]["runbook_url"] == f"docs/operate.md#{alert['alert'].lower()}"


@needs
@pytest.mark.slow
def test_alertmanager_takes_its_configuration_with_and_without_receivers(tmp_path: Path) -> None:
    checked("amtool", "check-config", "alertmanager.yml")
    (tmp_path / "alertmanager.yml").write_text(filled_in())
    checked("amtool", "check-config", tmp_path / "alertmanager.yml")
    routes = ("amtool", "config", "routes", "test", f"--config.file={tmp_path}/alertmanager.yml")
    told = {severity: checked(*routes, f"severity={severity}").strip() for severity in ("critical", "info")}
    assert told == {"critical": "people", "info": "nobody"}
    severities = {alert["labels"]["severity"] for alert in ALERTS}
    assert severities == {"critical", "warning", "info"}


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A chat that is told of alerts: its address, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()
        thread.join()


@needs
@pytest.mark.slow
def test_people_are_told_where_to_read_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with webhook() as (chat, came):
        known = yaml.safe_load(filled_in(group_wait="0s").replace("https://chat.example/hook", chat))
        (people,) = (each for each in known["receivers"] if each["name"] == "people")
        del people["email_configs"]
        (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(known))
        options = {
            "config.file": tmp_path / "alertmanager.yml",
            "storage.path": tmp_path / "data",
            "web.listen-address": f"127.0.0.1:{port}",
            "cluster.listen-address": "",
        }
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                ["prometheus-alertmanager", *(f"--{name}={value}" for name, value in options.items())],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: answers(f"{url}/-/ready"))
            post(f"{url}/api/v2/alerts", [fired("SerFeatureDrift"), fired("SerDown")])
            wait_until(lambda: came)
            post(f"{url}/api/v2/alerts", [fired("SerQueueLong"), fired("SerQueueLong", "b:5000")])
            wait_until(lambda: len(came) > 1)
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
    sent = [each for message in came for each in message["alerts"]]
    # What is no emergency is not sent, nor what follows from a server that is down.
    assert [(each["labels"]["alertname"], each["labels"]["instance"]) for each in sent] == [
        ("SerDown", "a:5000"),
        ("SerQueueLong", "b:5000"),
    ]
    assert sent[0]["annotations"]["runbook_url"] == "docs/operate.md#serdown"


def fired(name: str, instance: str = "a:5000") -> dict[str, Any]:
    """Return an alert as Prometheus sends it."""
    (rule,) = (each for each in ALERTS if each["alert"] == name)
    labels = {"alertname": name, "job": JOB, "instance": instance, **rule["labels"]}
    return {"labels": labels, "annotations": {"runbook_url": rule["annotations"]["runbook_url"]}}


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=DEADLINE_S):
            return True
    except OSError:
        return False


def post(url: str, body: object) -> None:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=DEADLINE_S) as answer:
        assert answer.status == 200


def section(heading: str) -> str:
    return DOCUMENT.partition(f"{heading}\n")[2].partition("\n## ")[0]


def test_compose_tells_prometheus_of_alertmanager() -> None:
    known = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    (manager,) = known["alerting"]["alertmanagers"]
    (target,) = manager["static_configs"][0]["targets"]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert target.rpartition(":")[0] in services
    mounts = [mount.split(":")[1] for mount in services["alertmanager"]["volumes"]]
    password = re.search(r"auth_password_file: (\S+)/mail", filled_in())
    assert password
    assert password[1] in mounts


@needs
@pytest.mark.slow
def test_without_compose_prometheus_reads_the_server_of_this_machine(tmp_path: Path) -> None:
    (command,) = re.findall(
        r"^(sed .*) > /etc/prometheus/prometheus.yml$", section("## Prometheus without Compose"), re.MULTILINE
    )
    (tmp_path / "prometheus.yml").write_text(checked("sh", "-c", command, cwd=REPOSITORY))
    shutil.copy(PROMETHEUS / "rules.yml", tmp_path)
    checked("promtool", "check", "config", tmp_path / "prometheus.yml")
    known = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
    (job,) = known["scrape_configs"]
    assert job["job_name"] == JOB
    unit = (DEPLOY / "systemd" / "ser.service").read_text()
    assert "IPAddressAllow=localhost" in unit
    targets = [job["static_configs"], known["alerting"]["alertmanagers"][0]["static_configs"]]
    assert [each[0]["targets"] for each in targets] == [["127.0.0.1:5000"], ["127.0.0.1:9093"]]


def test_the_job_of_kubernetes_is_the_one_that_the_rules_expect() -> None:
    assert {job for rule in ALERTS for job in re.findall(r'job="(\w+)"', rule["expr"])} == {JOB}
    pod = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())["spec"]["template"]
    labels, (container,) = pod["metadata"]["labels"], pod["spec"]["containers"]
    ports = {each["name"] for each in container["ports"]}
    # Who goes by these calls the job otherwise.
    assert not [name for name in pod["metadata"].get("annotations", {}) if name.startswith("prometheus.io/")]
    monitor = yaml.safe_load((DEPLOY / "kubernetes" / "monitoring" / "pod-monitor.yaml").read_text())["spec"]
    assert labels[monitor["jobLabel"]] == JOB
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert {each["port"] for each in monitor["podMetricsEndpoints"]} <= ports
    (scraped,) = yaml.safe_load((DEPLOY / "kubernetes" / "monitoring" / "scrape.yml").read_text())
    assert scraped["job_name"] == JOB
    keep = scraped["relabel_configs"][0]
    # As Prometheus joins them: a label's name has only letters, digits and underscores.
    known = {
        "__meta_kubernetes_pod_container_port_name": container["ports"][0]["name"],
        **{
            f"__meta_kubernetes_pod_label_{re.sub(r'[^A-Za-z0-9]', '_', name)}": labels[name]
            for name in labels
        },
    }
    assert keep["action"] == "keep"
    assert re.fullmatch(keep["regex"], ";".join(known[name] for name in keep["source_labels"]))


@needs
@pytest.mark.slow
def test_prometheus_takes_what_is_for_a_cluster(tmp_path: Path) -> None:
    jobs = yaml.safe_load((DEPLOY / "kubernetes" / "monitoring" / "scrape.yml").read_text())
    # Debian's Prometheus is built without Kubernetes: the rest is what it can look at.
    assert set(jobs[0].pop("kubernetes_sd_configs")[0]) == {"role", "namespaces"}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": jobs}))
    checked("promtool", "check", "config", tmp_path / "prometheus.yml")
    (made,) = re.findall(
        r"^\{\n(.*?)^\} \|", section("### Prometheus in Kubernetes"), re.MULTILINE | re.DOTALL
    )
    resource = yaml.safe_load(checked("sh", "-c", made, cwd=REPOSITORY))
    assert resource["kind"] == "PrometheusRule"
    assert resource["spec"] == RULES
