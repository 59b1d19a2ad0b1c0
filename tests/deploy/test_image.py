"""deploy/Dockerfile, executed step by step where no container engine runs.

Each stage is a chroot: what its steps write lies in a folder over this machine's own files, as a layer lies
over its base image. Only files that the steps put there can be where the steps look for them. This machine's
Python and Node.js stand in for the base images. `DEPLOY_CHECK=1` also installs and builds the page, for which
the checkout's own is taken otherwise.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from string import Template
from urllib.request import urlopen

import pytest

from clips import CLIPS, DATA
from server import Server

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
EVERYTHING = "DEPLOY_CHECK" in os.environ
# Unpacked, as the registry shows it: the base image is not here.
BASE_IMAGE_MB = 125
MAX_IMAGE_MB = 500
# Enters a stage; its arguments are: its layer, a place to work, rw or ro, the uid, and the command. Nobody
# else sees the mounts.
ENTER = """
set -e
layer=$1 work=$2 mode=$3 user=$4
shift 4
root=${layer%/*}/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer,workdir=$work" "$root"
if [ "$mode" = rw ]; then
  mkdir -p "$root$CACHE"
  mount --bind "$CACHE" "$root$CACHE"
else
  mount -o remount,ro "$root"
fi
for kernel in proc dev sys; do mount --rbind /$kernel "$root/$kernel"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
if [ -n "$PYTHON_FOLDER" ]; then mount --bind "$PYTHON_FOLDER" "$root/usr/local"; fi
exec chroot --userspec="$user" "$root" \\
  /usr/bin/env -u PYTHON_FOLDER -u CACHE sh -c 'cd "$WORKDIR" && unset WORKDIR && exec "$@"' sh "$@"
"""
TRY = """
cd "$1" && mkdir upper work root &&
  mount -t overlay overlay -o "lowerdir=/,upperdir=upper,workdir=work" root && chroot root true
"""


def can_enter() -> bool:
    """Return whether this machine lets us make a stage."""
    with tempfile.TemporaryDirectory() as place:
        line = ["unshare", "--mount", "sh", "-c", TRY, "sh", place]
        found = shutil.which("unshare") and subprocess.run(line, capture_output=True, check=False)
    return bool(found) and found.returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_enter(), reason="making mounts needs root; the image is built in CI"),
]


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return the word and the rest of each instruction."""
    lines = [line for line in dockerfile.splitlines() if not re.match(r"\s*(#|$)", line)]
    return [
        (word, rest.strip())
        for word, _, rest in (
            line.partition(" ") for line in "\n".join(lines).replace("\\\n", "").split("\n")
        )
    ]


@dataclass
class Stage:
    """What a stage is after some of its steps; `layer` is what they wrote."""

    layer: Path
    image: str
    environment: dict[str, str]
    workdir: str = "/"
    user: str = "0:0"
    words: dict[str, str] = field(default_factory=dict)

    def entry(self, command: list[str], *, read_only: bool = False) -> tuple[list[str], dict[str, str]]:
        """Return the command line that runs a command in it, and its environment."""
        # The settings of this machine's registries, but nothing of the virtual environment of the tests.
        own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL", "SER_", "COV"))}
        environment = own | self.environment
        environment |= {
            "PYTHON_FOLDER": sys.base_prefix if self.image.startswith("python") else "",
            # Where this Python was installed, the image's user may not look for its library.
            "LD_LIBRARY_PATH": "/usr/local/lib",
            "CACHE": str(Path.home() / ".cache"),
            "WORKDIR": self.workdir,
        }
        # What was downloaded once need not be downloaded again.
        environment.pop("PIP_NO_CACHE_DIR", None)
        work = tempfile.mkdtemp(dir=self.layer.parent)
        mode = "ro" if read_only else "rw"
        line = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.layer), work, mode, self.user]
        return [*line, *command], environment

    def run(self, command: list[str], *, read_only: bool = False) -> str:
        line, environment = self.entry(command, read_only=read_only)
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def absolute(self, path: str) -> str:
        return str(Path(self.workdir) / path) + ("/" if path.endswith("/") else "")


class Build:
    """Executes a Dockerfile.

    Args:
        place: where the layers are put.
        context: the folder that COPY takes files from.
    """

    def __init__(self, place: Path, context: Path) -> None:
        self.place, self.context = place, context
        self.stages: dict[str, Stage] = {}
        self.stage: Stage | None = None

    def execute(self, dockerfile: str) -> Stage:
        """Execute each step in turn, and return the last stage."""
        for word, rest in instructions(dockerfile):
            getattr(self, f"_{word.lower()}")(rest)
        assert self.stage is not None
        return self.stage

    def _from(self, rest: str) -> None:
        image, _, name = rest.partition(" AS ")
        layer = self.place / f"layer-{len(self.stages)}"
        if image in self.stages:
            before = self.stages[image]
            # Its layer is never changed again.
            shutil.copytree(before.layer, layer, symlinks=True, copy_function=os.link)
            self.stage = replace(before, layer=layer, environment=dict(before.environment))
        else:
            layer.mkdir()
            path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            self.stage = Stage(layer, image, {"PATH": path})
        self.stages[name or "final"] = self.stage

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = rest
        if rest != "/tmp":
            (self.stage.layer / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            self.stage.environment[name] = Template(value).substitute(self.stage.environment)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        origin, copy = self.context, shutil.copy2
        if sources[0].startswith("--from="):
            # As above.
            origin, copy = self.stages[sources.pop(0).partition("=")[2]].layer, os.link
        place = self.stage.layer / self.stage.absolute(target).lstrip("/")
        for source in sources:
            path = origin / source.strip("/")
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, copy_function=copy)
            else:
                file = place / path.name if target.endswith("/") else place
                file.parent.mkdir(parents=True, exist_ok=True)
                copy(path, file)

    def _run(self, rest: str) -> None:
        if rest.startswith("npm") and not EVERYTHING:
            self._npm(rest)
        else:
            self.stage.run(["sh", "-c", rest])

    def _npm(self, rest: str) -> None:
        if rest.startswith("npm ci"):
            lock = self.stage.layer / "build" / "frontend" / "package-lock.json"
            assert lock.read_bytes() == (REPOSITORY / "frontend" / "package-lock.json").read_bytes()
        else:
            built = self.stage.layer / "build" / "frontend" / "dist"
            shutil.copytree(REPOSITORY / "frontend" / "dist", built)

    def _cmd(self, rest: str) -> None:
        self.stage.words["CMD"] = rest

    def _healthcheck(self, rest: str) -> None:
        self.stage.words["HEALTHCHECK"] = rest.partition("CMD ")[2]

    def _note(self, rest: str) -> None:
        """Nothing that can be executed."""

    _label = _expose = _stopsignal = _note


def sent_to_the_engine(place: Path) -> Path:
    """Copy what .dockerignore leaves of the repository."""
    rules = []
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.lstrip("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(f"{pattern}(?:/.*)?"), not line.startswith("!")))
    for folder, folders, files in os.walk(REPOSITORY):
        # Left out by the rules, too; to walk through them takes long.
        folders[:] = [name for name in folders if name not in (".git", ".venv", "node_modules")]
        for name in files:
            path = (Path(folder) / name).relative_to(REPOSITORY)
            decisions = [leave for rule, leave in rules if rule.fullmatch(path.as_posix())]
            if not (decisions and decisions[-1]):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / path, place / path)
    return place


@pytest.fixture(scope="module")
def image() -> Iterator[Stage]:
    """The last stage of the Dockerfile, built."""
    # Not pytest's own folder, which other users may not enter.
    place = Path(tempfile.mkdtemp(prefix="ser-image-"))
    place.chmod(0o755)
    (place / "root").mkdir()
    try:
        yield Build(place, sent_to_the_engine(place / "context")).execute(DOCKERFILE.read_text())
    finally:
        # Thousands of files: quicker than `shutil.rmtree`.
        subprocess.run(["rm", "-rf", place], check=True)


@pytest.fixture(scope="module")
def server(image: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The image's own command as its own user, on a file system that cannot be written to."""
    line, environment = image.entry(json.loads(image.words["CMD"]), read_only=True)
    environment = {name: value for name, value in environment.items() if name != "SER_PORT"}
    server = Server(
        tmp_path_factory.mktemp("image") / "log",
        command=f"exec {shlex.join(line)}",
        **environment | {"SER_HOST": "127.0.0.1"},
    )
    yield server
    assert server.stop() == 0, server.log.read_text()


def test_a_clip_is_predicted_by_a_user_without_rights_on_a_read_only_disk(
    image: Stage, server: Server
) -> None:
    with (Path("/proc") / str(server.process.pid) / "status").open() as status:
        uid = next(line.split()[1] for line in status if line.startswith("Uid:"))
    assert uid == image.user.partition(":")[0] != "0"
    body = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body += CLIPS[0].path.read_bytes() + b"\r\n--cut--\r\n"
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/predict", body, {"Content-Type": "multipart/form-data; boundary=cut"})
    answer = json.load(connection.getresponse())
    assert answer["emotion"] == CLIPS[0].emotion, answer


def test_the_page_and_the_models_are_in_the_image(server: Server) -> None:
    with urlopen(server.url) as page:
        assert b"<title>" in page.read()
    with urlopen(f"{server.url}/models") as listed:
        names = [model["name"] for model in json.load(listed)["models"]]
    assert names == ["cremad-4", "cremad-6", "voice-gender"]


def test_nothing_in_the_image_can_be_written_by_its_user(image: Stage) -> None:
    uid = int(image.user.partition(":")[0])
    files = [path for path in image.layer.rglob("*") if not path.is_symlink()]
    assert not [path for path in files if path.stat().st_uid == uid or path.stat().st_mode & 0o002]
    with pytest.raises(AssertionError, match="Read-only file system"):
        image.run(["sh", "-c", "echo > /tmp/can && echo > /srv/ser/cannot"], read_only=True)


def test_the_health_check_tells_a_server_from_none(image: Stage, server: Server) -> None:
    check = json.loads(image.words["HEALTHCHECK"])
    there = replace(image, environment=image.environment | {"SER_PORT": str(server.port)})
    there.run(check, read_only=True)
    # Nothing listens on this port.
    nowhere = replace(image, environment=image.environment | {"SER_PORT": "1"})
    with pytest.raises(AssertionError, match="refused"):
        nowhere.run(check, read_only=True)


def test_it_is_small_and_has_no_tensorflow(image: Stage) -> None:
    sizes = {path.lstat().st_ino: path.lstat().st_blocks * 512 for path in image.layer.rglob("*")}
    size_mb = sum(sizes.values()) / 1e6
    print(f"{size_mb:.0f} MB over the base image of {BASE_IMAGE_MB} MB")
    assert size_mb + BASE_IMAGE_MB <= MAX_IMAGE_MB
    (packages,) = image.layer.glob("srv/ser/lib/python3*/site-packages")
    assert not {"tensorflow", "keras", "librosa", "pip"} & {path.name for path in packages.iterdir()}


def test_nothing_private_is_sent_to_the_engine(tmp_path: Path) -> None:
    sent = sent_to_the_engine(tmp_path / "context")
    tops = {path.name for path in sent.iterdir()}
    assert tops == {
        "LICENSE", "MANIFEST.in", "README.md", "backend", "deploy", "docs", "frontend", "model",
        "pyproject.toml", "setup.py",
    }  # fmt: skip
    assert not (sent / "frontend" / "dist").exists()
    assert not (sent / DATA.relative_to(REPOSITORY)).exists()
