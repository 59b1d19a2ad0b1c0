"""The direction of imports, as the contracts in pyproject.toml state it."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]


def test_each_package_imports_only_from_the_ones_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_an_import_upwards_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    # The order turned round: what is below stands above.
    turned = settings.replace('    "cli",\n    "server",\n', "").replace(
        '    "config",\n', '    "config",\n    "server",\n    "cli",\n'
    )
    (tmp_path / "pyproject.toml").write_text(turned)
    assert lint_imports(config_filename=str(tmp_path / "pyproject.toml"), no_cache=True) != 0
    assert "ser.cli is not allowed to import ser.config" in capsys.readouterr().out
