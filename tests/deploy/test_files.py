"""What can be said of the files in deploy/ without the programs that read them.

`make deploy-check` holds them to their schemas.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ser.config import Settings

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
MANIFESTS = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
}
GATEWAY, ROUTE = yaml.safe_load_all((DEPLOY / "kubernetes" / "gateway" / "gateway.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
DOCUMENT = (REPOSITORY / "docs" / "deploy.md").read_text()
UNIT = (DEPLOY / "systemd" / "ser.service").read_text()
# An image of one version, not of whatever is the newest.
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?[a-z0-9.-]*(@sha256:[0-9a-f]{64})?")
# After the grace time, for the last answers of live streams.
ENDING_S = 6


def test_every_image_is_pinned() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    stages: list[str] = []
    # As they are written, without a variable: Dependabot updates only such lines.
    for image, stage in re.findall(r"^FROM (\S+)(?: AS (\w+))?", DOCKERFILE, re.MULTILINE):
        images += [image] if image not in stages else []
        stages.append(stage)
    assert len(images) == 7
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_every_file_that_is_mounted_is_there() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", [])]
    assert len(mounts) >= 8
    for mount in mounts:
        source = mount.partition(":")[0]
        if source.startswith("."):
            assert (DEPLOY / source).exists(), f"{source} is mounted, and is not there"
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_nothing_but_volumes_can_be_written_to() -> None:
    assert all(service["read_only"] for service in COMPOSE["services"].values())
    # The server hears voices: it reaches nothing outside, and nobody reaches it but through nginx.
    assert COMPOSE["services"]["app"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert "ports" not in COMPOSE["services"]["app"]


def test_what_certbot_writes_is_what_nginx_shows() -> None:
    mounts = dict(mount.split(":")[:2] for mount in COMPOSE["services"]["nginx"]["volumes"])
    inside = {there: (DEPLOY / here).relative_to(REPOSITORY).as_posix() for here, there in mounts.items()}
    configuration = (DEPLOY / "nginx" / "ser.conf").read_text()
    (shown,) = re.findall(r"acme-challenge/ \{\s+root (\S+);", configuration)
    assert f'--webroot-path "$PWD/{inside[shown]}"' in DOCUMENT
    for name in ("ser.key", "ser.crt"):
        (read,) = re.findall(rf"ssl_certificate(?:_key)? (\S+)/{name};", configuration)
        assert f"'$PWD/{inside[read]}/{name}'" in DOCUMENT
    (users,) = re.findall(r"auth_basic_user_file (\S+)/ser.users;", DOCUMENT)
    assert inside[users] == "deploy/nginx/certs"


def test_a_wheel_of_the_same_version_is_installed_again() -> None:
    upgrade = DOCUMENT.partition("## Upgrade without fear")[2].partition("\n## ")[0]
    assert re.search(r"pip install --no-deps --force-reinstall dist/\S+\.whl", upgrade)


def test_no_stream_is_cut_when_a_container_stops() -> None:
    grace_s = Settings().grace_s + ENDING_S
    for name in ("app", "nginx"):
        assert int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s")) > grace_s
    # Else Compose would stop nginx first, and start it anew with each new app.
    assert "depends_on" not in COMPOSE["services"]["nginx"]
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert stop
    assert int(stop[1]) > grace_s
    assert "KillMode=mixed" in UNIT
    pod = MANIFESTS["deployment"]["spec"]["template"]["spec"]
    given = values(pod["containers"][0])
    needed_s = float(given["SER_DRAIN_DELAY_S"]) + float(given["SER_GRACE_S"]) + ENDING_S
    assert pod["terminationGracePeriodSeconds"] > needed_s


def values(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["env"]}


def test_every_setting_is_one() -> None:
    known = {f"SER_{name.upper()}" for name in Settings.model_fields}
    files = [DEPLOY / "Dockerfile", DEPLOY / "nginx" / "ser.conf", REPOSITORY / "docs" / "deploy.md"]
    for path in (*files, *DEPLOY.rglob("*.y*ml"), *(REPOSITORY / ".github").rglob("*.yml")):
        assert set(re.findall(r"\bSER_[A-Z_]+\b", path.read_text())) <= known, path


def test_kubernetes_finds_what_it_is_told_of() -> None:
    pod = MANIFESTS["deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    selectors = (
        MANIFESTS["deployment"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["service"]["spec"]["selector"],
        MANIFESTS["disruption-budget"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["network-policy"]["spec"]["podSelector"]["matchLabels"],
    )
    assert all(selector.items() <= labels.items() for selector in selectors)
    (container,) = pod["spec"]["containers"]
    (port,) = container["ports"]
    assert f"EXPOSE {port['containerPort']}" in DOCKERFILE
    assert MANIFESTS["service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    user = pod["spec"]["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in DOCKERFILE
    listed = set(MANIFESTS["kustomization"]["resources"])
    assert listed == {f"{name}.yaml" for name in MANIFESTS} - {"kustomization.yaml"}
    generated = {each["name"] for each in MANIFESTS["kustomization"]["configMapGenerator"]}
    assert {each["configMapRef"]["name"] for each in container["envFrom"]} <= generated


def test_the_file_of_keys_is_where_the_server_looks_for_it() -> None:
    section = DOCUMENT.partition("## Who may use it")[2].partition("\n## ")[0]
    (mount,) = COMPOSE["services"]["app"]["volumes"]
    assert mount == "./keys:/etc/ser:ro"
    # Not by default: a server whose file is missing does not start.
    assert COMPOSE["services"]["app"]["environment"]["SER_API_KEYS"] == "${SER_API_KEYS:-}"
    assert "SER_API_KEYS=/etc/ser/keys >> deploy/.env" in section
    assert "chown 10001:10001 deploy/keys" in section
    assert "USER 10001:10001" in DOCKERFILE
    assert f"StateDirectory={Path('/var/lib/ser').name}\n" in UNIT
    assert "SER_API_KEYS=/var/lib/ser/keys" in section


def test_the_keys_of_kubernetes_reach_the_server() -> None:
    folder = DEPLOY / "kubernetes" / "keys"
    component = yaml.safe_load((folder / "kustomization.yaml").read_text())
    (patch,) = component["patches"]
    change = yaml.safe_load((folder / patch["path"]).read_text())
    target = MANIFESTS["deployment"]
    assert (change["kind"], change["metadata"]) == (target["kind"], target["metadata"])
    assert patch["target"] == {"kind": target["kind"], "name": target["metadata"]["name"]}
    pod, changed = target["spec"]["template"]["spec"], change["spec"]["template"]["spec"]
    (container,), (server,) = changed["containers"], pod["containers"]
    assert container["name"] == server["name"]
    (mounted,), (volume,) = container["volumeMounts"], changed["volumes"]
    assert mounted["name"] == volume["name"] not in {each["name"] for each in pod["volumes"]}
    # A key of the Secret is a file of the folder.
    folder_of_keys, file = Path(mounted["mountPath"]), "keys"
    assert values(container) == {"SER_API_KEYS": str(folder_of_keys / file)}
    secret = volume["secret"]
    made = f"kubectl create secret generic {secret['secretName']} --namespace voice --from-file={file}\n"
    assert made in DOCUMENT
    # Of root, and of this group.
    assert secret["defaultMode"] == 0o440
    assert changed["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_the_gateway_leads_to_the_server() -> None:
    service = MANIFESTS["service"]
    (listener,) = GATEWAY["spec"]["listeners"]
    assert ROUTE["spec"]["parentRefs"] == [{"name": GATEWAY["metadata"]["name"]}]
    assert ROUTE["spec"]["hostnames"] == [listener["hostname"]]
    secrets = [each["name"] for each in listener["tls"]["certificateRefs"]]
    assert all(f"kubectl create secret tls {secret} " in DOCUMENT for secret in secrets)
    backend = {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}
    limits: dict[str, str] = {}
    for rule in ROUTE["spec"]["rules"]:
        paths = [match["path"]["value"] for match in rule["matches"]]
        if paths == ["/metrics"]:
            # To nowhere.
            assert set(rule) == {"matches"}
            continue
        assert rule["backendRefs"] == [backend]
        assert rule["filters"][0]["requestHeaderModifier"] == {"remove": ["X-Forwarded-Host"]}
        limits |= dict.fromkeys(paths, rule["timeouts"]["request"])
    assert limits == {"/": "60s", "/analyze": "0s", "/stream": "0s"}


def test_a_page_for_another_api_is_not_what_the_wheel_takes() -> None:
    section = DOCUMENT.partition("## The page on a static host")[2].partition("\n## ")[0]
    assert "--outDir ../build/page --emptyOutDir" in section
    assert "build/page/_headers" in section
    assert "frontend/dist" not in section
    host = re.search(r"wss://(\S+);", (DEPLOY / "static-host" / "_headers").read_text())
    assert host
    assert f"s/{re.escape(host[1])}/$API/g" in section
    assert 'VITE_API_URL="https://$API"' in section


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_for_what_there_is(probe: str) -> None:
    (container,) = MANIFESTS["deployment"]["spec"]["template"]["spec"]["containers"]
    path = container[probe]["httpGet"]["path"]
    assert path == ("/health/live" if probe == "livenessProbe" else "/health/ready")


def test_one_version_is_named_everywhere() -> None:
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    assert COMPOSE["services"]["app"]["image"] == f"ser:{version}"
    assert MANIFESTS["kustomization"]["images"][0]["newTag"] == version
    assert f"version: {version}" in (REPOSITORY / "CITATION.cff").read_text()
    assert f"## {version}" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_the_lock_with_hashes_has_the_versions_of_the_constraints() -> None:
    lines = (DEPLOY / "requirements.lock").read_text().replace("\\\n", "").splitlines()
    locked = [line for line in lines if line and not line.startswith("#")]
    assert all("--hash=sha256:" in line for line in locked)
    pins = [line.partition("--hash")[0].strip() for line in locked]
    constraints = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert [pin for pin in pins if pin not in constraints] == []
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = {canonicalize_name(Requirement(pin).name) for pin in pins}
    needed = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    assert needed <= names, "run `make lock`"
