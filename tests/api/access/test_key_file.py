"""The file of keys: what is in it, and how it changes."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ser.api.access import keys
from ser.cli.main import main
from ser.errors import ConfigError

SER = Path(sys.executable).with_name("ser")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Run `ser keys` on a file."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["keys", *words, "--file", str(tmp_path / "keys")])

    return run


def name_of(file: keys.KeyFile, key: str) -> str | None:
    found = file.find(key)
    return found.name if found else None


def test_a_key_is_shown_once_and_only_its_hash_is_kept(run, tmp_path: Path) -> None:
    added = run("add", "alice")
    key = added.stdout.strip()
    assert added.exit_code == 0
    # 256 random bits, in characters that may stand in a header and in a subprotocol.
    assert len(key) == len("ser_") + 43
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    assert key not in (tmp_path / "keys").read_text()
    listed = run("list").output
    assert "alice" in listed
    assert key not in listed
    assert keys.read(tmp_path / "keys")[0].sha256 not in listed
    assert name_of(keys.KeyFile(tmp_path / "keys"), key) == "alice"


def test_the_file_is_for_its_owner_alone(run, tmp_path: Path) -> None:
    run("add", "alice")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    (tmp_path / "keys").chmod(0o644)
    run("add", "bob")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    # Nothing else is left there.
    assert [each.name for each in tmp_path.iterdir()] == ["keys"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_file_belongs_to_whom_it_belonged_to_before(run, tmp_path: Path) -> None:
    # As the folder of a service, which runs as somebody else than who makes the keys.
    os.chown(tmp_path, 1234, 1234)
    run("add", "alice")
    assert (tmp_path / "keys").stat().st_uid == 1234
    os.chown(tmp_path / "keys", 1235, 1235)
    run("add", "bob")
    assert (tmp_path / "keys").stat().st_uid == 1235


def test_a_link_stays_a_link(run, tmp_path: Path) -> None:
    (tmp_path / "keys").symlink_to(tmp_path / "real")
    assert run("add", "alice").exit_code == 0
    assert (tmp_path / "keys").is_symlink()
    assert [key.name for key in keys.read(tmp_path / "real")] == ["alice"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "alice"), "already"),
        (("add", "a b"), "is no name"),
        (("add", ""), "is no name"),
        (("add", "-x"), "No such option"),
        (("add", "a\nb"), "is no name"),
        (("add", "ä"), "is no name"),
        (("add", "a" * 65), "is no name"),
        (("revoke", "nobody"), "There is no key 'nobody'"),
    ],
)
def test_wrong_use_changes_nothing(words: tuple[str, ...], message: str, run, tmp_path: Path) -> None:
    run("add", "alice")
    before = (tmp_path / "keys").read_bytes()
    refused = run(*words)
    assert refused.exit_code == 2
    assert message in " ".join(refused.output.split())
    assert (tmp_path / "keys").read_bytes() == before


def test_the_file_must_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "SER_API_KEYS" in CliRunner().invoke(main, ["keys", "list"]).output
    monkeypatch.setenv("SER_API_KEYS", str(tmp_path / "keys"))
    assert CliRunner().invoke(main, ["keys", "add", "alice"]).exit_code == 0
    assert "alice" in CliRunner().invoke(main, ["keys", "list"]).output


def test_a_revoked_key_is_none(run, tmp_path: Path) -> None:
    alice, bob = (run("add", name).stdout.strip() for name in ("alice", "bob"))
    file = keys.KeyFile(tmp_path / "keys")
    assert run("revoke", "alice").exit_code == 0
    assert name_of(file, alice) is None
    assert name_of(file, bob) == "bob"
    run("revoke", "bob")
    assert name_of(file, bob) is None
    assert "nobody is let in" in run("list").output


def test_many_who_add_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(number: int) -> None:
        # Processes of their own, as people's are.
        command = [str(SER), "keys", "add", f"key-{number}", "--file", str(tmp_path / "keys")]
        subprocess.run(command, check=True, capture_output=True)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(12)))
    assert {key.name for key in keys.read(tmp_path / "keys")} == {f"key-{number}" for number in range(12)}


HEAD = b"# ser keys 1\n"
LINE = b"alice " + b"0" * 64 + b" 2026-11-23\n"
BROKEN = {
    "empty": b"",
    "no head": LINE,
    "cut off": HEAD + LINE[:30],
    "binary": os.urandom(300),
    "not ascii": HEAD + "älice".encode() + LINE[5:],
    "zeros": HEAD + b"\0" * 100,
    "too large": HEAD + b"#" * 1024**2,
    "no hash": HEAD + b"alice ser_thisIsAKeyThatShouldNotBeHere 2026-11-23\n",
    "twice": HEAD + LINE + LINE,
    "one hash of two": HEAD + LINE + b"bob" + LINE[5:],
    "too many words": HEAD + LINE[:-1] + b" x\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_at_the_start_and_leaves_the_old_keys_later(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys"
    alice = keys.add(path, "alice")
    file = keys.KeyFile(path)
    (tmp_path / "next").write_bytes(content)
    (tmp_path / "next").replace(path)
    for _ in range(5):
        assert name_of(file, alice) == "alice"
    (said,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "stay valid" in said.getMessage()
    assert "thisIsAKey" not in said.getMessage()
    with pytest.raises(ConfigError, match="keys") as refused:
        keys.KeyFile(path)
    assert "thisIsAKey" not in str(refused.value)
    # Nor is it overwritten.
    with pytest.raises(ConfigError):
        keys.add(path, "bob")
    assert path.read_bytes() == content


def test_a_file_that_goes_and_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    alice = keys.add(path, "alice")
    file = keys.KeyFile(path)
    path.rename(tmp_path / "away")
    assert [name_of(file, alice) for _ in range(3)] == ["alice"] * 3
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 1
    bob = keys.add(path, "bob")
    assert (name_of(file, alice), name_of(file, bob)) == (None, "bob")


def test_a_file_that_is_written_over_in_place_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    alice, bob = keys.add(path, "alice"), keys.add(path, "bob")
    file = keys.KeyFile(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "alice" not in line))
    assert (name_of(file, alice), name_of(file, bob)) == (None, "bob")


def test_a_file_is_read_only_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys"
    alice = keys.add(path, "alice")
    file = keys.KeyFile(path)
    monkeypatch.setattr(keys, "_load", lambda _: pytest.fail("it was read"))
    assert name_of(file, alice) == "alice"


def test_hashes_are_compared_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys"
    first, last = keys.add(path, "first"), [keys.add(path, f"n{i}") for i in range(3)][-1]
    file = keys.KeyFile(path)
    compared: list[str] = []
    compare = keys.hmac.compare_digest

    def counted(one: str, other: str) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(keys.hmac, "compare_digest", counted)
    for key in (first, last, "wrong", "x" * 100_000, "\udcff\u20ac"):
        compared.clear()
        name_of(file, key)
        # With all, wherever the right one is.
        assert len(compared) == 4


def test_a_key_in_place_of_the_file_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = keys.add(tmp_path / "keys", "alice")
    with pytest.raises(ConfigError) as refused:
        keys.KeyFile(Path(key))
    assert key not in str(refused.value)
    assert "ser keys add" in str(refused.value)
