"""docs/settings.md lists every setting, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ser.config import PREFIX, Settings

ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (Path(__file__).parents[1] / "docs" / "settings.md").read_text().splitlines()
    if line.startswith(f"| `{PREFIX}")
]
# Written in words.
NO_NUMBER = {
    "workers",
    "model_dir",
    "frontend_dir",
    "cors_origins",
    "allowed_hosts",
    "model",
    "host",
    "engine",
    "api_keys",
    "limit_requests",
    "limits_storage",
    "trusted_proxies",
}
DOCUMENTED = {
    name: default.split(",")[place].strip()
    for names, default, _ in ROWS
    for place, name in enumerate(re.findall(rf"`{PREFIX}(\w+)`", names))
}


def test_all_are_there_and_no_other() -> None:
    assert set(DOCUMENTED) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - NO_NUMBER))
def test_the_default_is_that_of_the_code(name: str) -> None:
    default = Settings.model_fields[name].default
    shown = str(default).lower() if isinstance(default, bool) else f"{default:.10g}"
    assert DOCUMENTED[name.upper()] == shown
