"""The wheel: installed in an empty virtual environment, away from the checkout, it is the whole product.

`DEPLOY_PYTHONS` names further Pythons to try it with, separated by spaces; `make deploy-check` does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest

from clips import CLIPS
from server import Server, with_ser_on_the_path

REPOSITORY = Path(__file__).parents[2]
PYTHONS = [sys.executable, *os.environ.get("DEPLOY_PYTHONS", "").split()]
# What a build reads: only this is in the copy that it is made from.
SOURCES = ("backend/ser", "frontend/dist", "model", "docs/asyncapi.yaml", "pyproject.toml", "setup.py")
SOURCES += ("MANIFEST.in", "README.md", "LICENSE", "constraints.txt")
BUILD = "from setuptools import build_meta; print(build_meta.build_{}({!r}))"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source distribution, unpacked, that was made from a copy of the checkout."""
    copy = tmp_path_factory.mktemp("copy")
    for name in SOURCES:
        source, target = REPOSITORY / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    archive = copy / "out" / build("sdist", copy)
    with tarfile.open(archive) as packed:
        packed.extractall(copy / "unpacked", filter="data")
    (folder,) = (copy / "unpacked").iterdir()
    return folder


@pytest.fixture(scope="module")
def wheel(distribution: Path) -> Path:
    """A wheel made from it."""
    return distribution / "out" / build("wheel", distribution)


def build(what: str, folder: Path) -> str:
    """Build as pip does, with the setuptools that is here, and return the name of the file."""
    (folder / "out").mkdir()
    command = [sys.executable, "-c", BUILD.format(what, str(folder / "out"))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module", params=PYTHONS, ids=lambda python: Path(python).name)
def environment(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A virtual environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([request.param, "-m", "venv", folder / "venv"], check=True)
    install = ["install", "--quiet", "--no-compile", "--disable-pip-version-check", wheel]
    constraints = ["--constraint", REPOSITORY / "constraints.txt"]
    subprocess.run([folder / "venv" / "bin" / "python", "-m", "pip", *install, *constraints], check=True)
    return folder / "venv"


@pytest.fixture(scope="module")
def server(environment: Path) -> Iterator[Server]:
    server = Server(
        environment.with_name("log"), command=f"cd {environment.parent} && exec {environment}/bin/ser serve"
    )
    yield server
    assert server.stop() == 0, server.log.read_text()


def test_it_holds_the_page_and_the_default_models_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = archive.infolist()
    names = {member.filename for member in members}
    assert len(names) == len(members)
    # The type of a file on Unix; a symbolic link has 0o12.
    assert {member.external_attr >> 28 for member in members} <= {0o10}
    assert {name.partition("/")[0] for name in names} == {
        "ser",
        wheel.name.rpartition("-py3")[0] + ".dist-info",
    }
    assert not [name for name in names if name.endswith((".pyc", ".map"))]
    models = {found[1] for name in names if (found := re.match("ser/shipped/model/([^/]+)/", name))}
    assert models == {"cremad-4", "cremad-6", "voice-gender"}
    for model in models:
        manifest = json.loads((REPOSITORY / "model" / model / "model.json").read_text())
        assert manifest["restricted"] is False
        assert manifest["weights_of"] in {None, *models}
    page = {path.relative_to(REPOSITORY).as_posix() for path in files(REPOSITORY / "frontend" / "dist")}
    assert page == {name.removeprefix("ser/shipped/") for name in names if "/shipped/frontend/" in name}


def test_a_source_distribution_is_enough_to_build_it(distribution: Path) -> None:
    tops = {path.name for path in distribution.iterdir() if path.name not in ("out", "build")}
    assert {"backend", "docs", "frontend", "model", "pyproject.toml", "setup.py", "LICENSE"} <= tops
    assert not {"tests", "node_modules", ".venv"} & tops
    assert {path.name for path in (distribution / "frontend").iterdir()} == {"dist"}


def test_without_the_page_it_is_not_built(distribution: Path) -> None:
    page = distribution / "frontend" / "dist" / "index.html"
    hidden = page.rename(page.with_suffix(".away"))
    program = "import setup; setup.shipped_files()"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[1:] = ['--version']; {program}"],
        cwd=distribution,
        capture_output=True,
        text=True,
        check=False,
    )
    hidden.rename(page)
    assert (
        "frontend/dist/index.html belongs in the wheel, and is missing: run `make frontend`." in done.stderr
    )


def test_the_server_has_everything(server: Server) -> None:
    with urlopen(f"{server.url}/health") as answer:
        assert json.load(answer)["status"] == "healthy"
    with urlopen(server.url) as answer:
        page = answer.read().decode()
    assert "<title>" in page
    for asset in re.findall(r'(?:src|href)="\./([^"]+)"', page):
        with urlopen(f"{server.url}/{asset}") as answer:
            assert answer.status == 200
    with urlopen(f"{server.url}/models") as answer:
        assert {each["name"] for each in json.load(answer)["models"]} == {
            "cremad-4",
            "cremad-6",
            "voice-gender",
        }
    with urlopen(f"{server.url}/comparison") as answer:
        assert json.load(answer)
    with urlopen(f"{server.url}/asyncapi.yaml") as answer:
        assert answer.read().startswith(b"asyncapi")
    body = b'--cut\r\nContent-Disposition: form-data; name="voice_gender"\r\n\r\ntrue\r\n'
    body += b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body += CLIPS[0].path.read_bytes() + b"\r\n--cut--\r\n"
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/predict", body, {"Content-Type": "multipart/form-data; boundary=cut"})
    answer = json.load(connection.getresponse())
    assert (answer["emotion"], answer["voice_gender"]["label"]) == (CLIPS[0].emotion, "Female")


def test_the_command_line_finds_the_models(environment: Path) -> None:
    done = subprocess.run(
        [environment / "bin" / "ser", "predict", CLIPS[0].path],
        cwd=environment.parent,
        env=with_ser_on_the_path(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["emotion"] == CLIPS[0].emotion


def test_a_checkout_reads_its_own_folders() -> None:
    from ser.config import SHIPPED

    assert SHIPPED == REPOSITORY


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
