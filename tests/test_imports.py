"""The direction of imports, as the contracts in pyproject.toml state it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(settings: Path) -> subprocess.CompletedProcess[str]:
    """Check the imports in a process of their own: the linter keeps the standard output it first saw."""
    command = [LINT, "--config", settings, "--no-cache"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_package_imports_only_from_the_ones_below_it() -> None:
    found = lint(ROOT / "pyproject.toml")
    assert found.returncode == 0, found.stdout


def test_an_import_upwards_is_found(tmp_path: Path) -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    # The order turned round: what is below stands above.
    turned = settings.replace('    "cli",\n    "server",\n', "").replace(
        '    "config",\n', '    "config",\n    "server",\n    "cli",\n'
    )
    (tmp_path / "pyproject.toml").write_text(turned)
    found = lint(tmp_path / "pyproject.toml")
    assert found.returncode != 0
    assert "ser.cli is not allowed to import ser.config" in " ".join(found.stdout.split())
