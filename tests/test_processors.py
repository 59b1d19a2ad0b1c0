from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ser import processors
from ser.processors import usable_processors

PROCESSORS = os.cpu_count() or 1


def test_no_more_than_there_are() -> None:
    assert 1 <= usable_processors() <= PROCESSORS


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_the_affinity_counts_and_with_it_the_servers_workers() -> None:
    one = min(os.sched_getaffinity(0))
    program = (
        f"import os; os.sched_setaffinity(0, {{{one}}})\n"
        "from ser.config import load_settings; from ser.processors import usable_processors\n"
        "print(usable_processors(), load_settings().workers)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        pytest.param("0::/a/b\n", {"a/b/cpu.max": "100000 100000\n"}, 1, id="one"),
        pytest.param("0::/a/b\n", {"a/cpu.max": "150000 100000", "a/b/cpu.max": "max"}, 2, id="parent"),
        pytest.param("0::/\n", {"cpu.max": "50000 100000\n"}, 1, id="half"),
        pytest.param("0::/of/the/host\n", {"cpu.max": "200000 100000"}, 2, id="a path that is not here"),
        pytest.param("0::/../x\n", {"cpu.max": "200000 100000"}, 2, id="a path above"),
        pytest.param("0::/\n", {"cpu.max": "max 100000\n"}, 64, id="no quota"),
        pytest.param("0::/\n", {"cpu.max": "-1 0\n"}, 64, id="zero"),
        pytest.param("0::/\n", {"cpu.max": "three 100000\n"}, 64, id="words"),
        pytest.param("0::/\n", {"cpu.max": ""}, 64, id="empty"),
        pytest.param("3:cpu,cpuacct:/a\n2:memory:/b",
                     {"cpu/a/cpu.cfs_quota_us": "300000", "cpu/a/cpu.cfs_period_us": "100000"}, 3, id="v1"),
        pytest.param("3:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, 64,
                     id="v1 without a quota"),
        pytest.param("nonsense\n", {}, 64, id="nonsense"),
        pytest.param(None, {}, 64, id="no cgroups"),
    ],
)  # fmt: skip
def test_the_quota_of_a_container_counts(
    own: str | None, files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr(processors, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(processors, "_OWN_CGROUP", tmp_path / "own")
    if own is not None:
        (tmp_path / "own").write_text(own)
    for name, text in files.items():
        (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroup" / name).write_text(text)
    assert usable_processors() == expected
