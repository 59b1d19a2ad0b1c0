"""A file of keys: who may use the server. It holds hashes; a key itself is shown once, when it is made.

    # ser keys 1: made by `ser keys`
    alice 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef 2026-11-23

A key is 256 random bits, so SHA-256 is enough: nobody can try all keys, however fast the hash is. Slow hashes
protect passwords, which people choose from few. Here one would only make each request slow.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from ser.errors import ConfigError

logger = logging.getLogger(__name__)

PREFIX = "ser_"
_RANDOM_BYTES = 32
# No key of ours is longer: what is, is not even hashed.
_MAX_KEY = 128
_MAX_FILE_BYTES = 1024**2
# Without it, a file that was emptied by accident would be a list of no keys.
_HEAD = "# ser keys 1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# What of a file changes when its content does.
_State = tuple[int, ...]


@dataclass(frozen=True)
class Key:
    """What the file holds of a key.

    Attributes:
        name: of it.
        sha256: its hash, in hexadecimal digits.
        made: on which day, as 2026-11-23.
    """

    name: str
    sha256: str
    made: str

    def __str__(self) -> str:
        return f"{self.name} {self.sha256} {self.made}"


class KeyFile:
    """The keys of a file, which is read again as soon as it is another one.

    Args:
        path: of the file.

    Raises:
        ConfigError: it is missing, or no list of keys.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._fault = ""
        self._state, self._keys = _load(path)
        self._names = {key.name: key for key in self._keys}

    def find(self, key: str) -> Key | None:
        """Return what the file holds of a key; None if it is not in it."""
        self.refresh()
        # Each hash is compared, and each in full: how long it takes tells nothing of them.
        digest = _hash(key) if len(key) <= _MAX_KEY else ""
        found = None
        for each in self._keys:
            if hmac.compare_digest(each.sha256, digest):
                found = each
        return found

    def holds(self, key: Key) -> bool:
        """Return whether a key that was found was still in the file at the last `refresh`."""
        return self._names.get(key.name) == key

    def refresh(self) -> None:
        """Read the file again if it has changed. One that cannot be used is logged, and changes nothing."""
        if _state_of(self._path) == self._state:
            return
        with self._lock:
            seen = _state_of(self._path)
            if seen == self._state:
                return
            try:
                self._state, self._keys = _load(self._path)
                self._names = {key.name: key for key in self._keys}
            except ConfigError as error:
                # As it was seen: it is looked at again once it has changed.
                self._state = seen
                if self._fault != str(error):
                    self._fault = str(error)
                    logger.error("The keys of before stay valid: %s", error)
                return
            self._fault = ""
            logger.info("keys read", extra={"keys": len(self._keys)})


def read(path: Path) -> list[Key]:
    """Return the keys of a file.

    Raises:
        ConfigError: it is missing, or no list of keys.
    """
    return list(_load(path)[1])


def add(path: Path, name: str) -> str:
    """Make a key, add it to the file, which is made if there is none, and return the key.

    Raises:
        ConfigError: the name is taken or malformed, or the file cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name: 1 to 64 letters, digits and any of . _ @ -, of which none comes first."
        )
    key = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    made = Key(name, _hash(key), datetime.now(UTC).date().isoformat())

    def added(keys: Sequence[Key]) -> list[Key]:
        if any(each.name == name for each in keys):
            raise ConfigError(f"There is a key '{name}' already; revoke it first, or take another name.")
        return [*keys, made]

    _change(path, added, may_be_missing=True)
    return key


def revoke(path: Path, name: str) -> None:
    """Remove a key from the file.

    Raises:
        ConfigError: there is none of this name, or the file cannot be used.
    """

    def removed(keys: Sequence[Key]) -> list[Key]:
        left = [each for each in keys if each.name != name]
        if len(left) == len(keys):
            raise ConfigError(f"There is no key {name!r}; `ser keys list` shows all.")
        return left

    _change(path, removed)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _state_of(path: Path) -> _State:
    try:
        return _as_state(path.stat())
    except OSError as error:
        return (error.errno or 0,)


def _as_state(found: os.stat_result) -> _State:
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev)


def _load(path: Path) -> tuple[_State, tuple[Key, ...]]:
    if path.name.startswith(PREFIX) and not path.exists():
        # Not with the value: it may be somebody's key.
        raise ConfigError(
            "SER_API_KEYS names a file of keys, and is no key itself; `ser keys add` makes one."
        )
    try:
        with path.open("rb") as file:
            # Of the opened file: another one may take its place meanwhile.
            state = _as_state(os.fstat(file.fileno()))
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        hint = "; `ser keys add NAME --file FILE` makes it" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"The file of keys '{path}' cannot be read: {error.strerror}{hint}.") from error
    return state, tuple(_parse(content, path))


def _parse(content: bytes, path: Path) -> Iterator[Key]:
    # Messages hold no content: somebody may have put a key itself there.
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError:
        lines = []
    if len(content) > _MAX_FILE_BYTES or not lines or not lines[0].startswith(_HEAD):
        raise ConfigError(f"'{path}' is no file of keys: `ser keys add NAME --file FILE` makes one.")
    names, hashes = set(), set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split()
        patterns = (_NAME, _HASH, _DATE)
        if len(parts) != len(patterns) or not all(map(re.fullmatch, patterns, parts)):
            raise ConfigError(f"'{path}', line {number}: expected a name, a SHA-256 hash and a date.")
        key = Key(*parts)
        if key.name in names or key.sha256 in hashes:
            raise ConfigError(f"'{path}', line {number}: the key is listed twice.")
        names.add(key.name)
        hashes.add(key.sha256)
        yield key


def _change(
    path: Path, change: Callable[[Sequence[Key]], list[Key]], *, may_be_missing: bool = False
) -> None:
    # Not the link, which would be replaced by a file.
    path = path.resolve()
    try:
        with _locked(path.parent):
            is_new = may_be_missing and not path.exists()
            keys = change([] if is_new else read(path))
            _write(path, keys)
    except OSError as error:
        raise ConfigError(f"The file of keys '{path}' cannot be written: {error.strerror}.") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep others from changing the file; the lock is that of its folder, as the file itself is replaced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file at once. It belongs to whom it belonged to before, or else to the folder's owner."""
    owned_by = path if path.exists() else path.parent
    owner = owned_by.stat()
    written = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            if os.geteuid() == 0:
                # The server runs as somebody else, as a rule.
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write("\n".join([f"{_HEAD}: made by `ser keys`", *map(str, keys), ""]))
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
