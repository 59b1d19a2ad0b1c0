"""Inputs of a command line -> the recordings they stand for, in an order that is always the same."""

from __future__ import annotations

import glob
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from ser.batch import remote
from ser.batch.addresses import id_of, protocol_of, shown
from ser.batch.entries import Entry, changed_at
from ser.batch.errors import BatchError
from ser.batch.manifests import is_manifest, read_manifest

# Containers that are read, by the names they go by; only folders are searched by name.
AUDIO_SUFFIXES = frozenset(
    [
        ".wav",
        ".wave",
        ".rf64",
        ".mp3",
        ".ogg",
        ".oga",
        ".opus",
        ".flac",
        ".webm",
        ".weba",
        ".mka",
        ".mkv",
        ".m4a",
        ".m4b",
        ".mp4",
        ".m4v",
        ".mov",
        ".3gp",
        ".3g2",
    ]
)
_MAGIC = frozenset("*?[")


class Inputs:
    """The recordings that the inputs of a command line stand for.

    Args:
        inputs: folders, globs, files, manifests and URLs.

    Attributes:
        left_out: suffix -> how many files of folders were left out because of their names.
    """

    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self.left_out: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Entry]:
        """Yield each recording, as often as it is listed.

        Raises:
            BatchError: an input does not exist, or cannot be listed or read.
        """
        for each in self._inputs:
            if is_manifest(each):
                yield from read_manifest(each)
            elif protocol_of(each) is None:
                yield from self._local(each)
            else:
                yield from self._remote(each)

    def _is_left_out(self, name: str) -> bool:
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in AUDIO_SUFFIXES and not name.startswith("."):
            return False
        self.left_out[suffix if suffix and not name.startswith(".") else "others"] += 1
        return True

    def _local(self, given: str) -> Iterator[Entry]:
        # Not a Path: a name may be any bytes, and a pattern any text.
        if os.path.isdir(given):  # noqa: PTH112
            yield from self._folder(given)
        elif os.path.lexists(given):
            yield _local_entry(given)
        elif _MAGIC & set(given):
            found = sorted(glob.glob(given, recursive=True), key=os.fsencode)  # noqa: PTH207
            if not found:
                raise BatchError(f"Nothing fits '{shown(given)}'.")
            for path in found:
                if os.path.isdir(path):  # noqa: PTH112
                    # With **, its files are among the matches.
                    if "**" not in given:
                        yield from self._folder(path)
                else:
                    yield _local_entry(path)
        else:
            raise BatchError(f"There is no file or folder '{shown(given)}'.")

    def _folder(self, root: str) -> Iterator[Entry]:
        """Yield the files of a folder and of those within; each is read once, also where links lead back."""
        seen: set[tuple[int, int]] = set()
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            try:
                state = os.stat(folder)  # noqa: PTH116
                if (state.st_dev, state.st_ino) in seen:
                    continue
                seen.add((state.st_dev, state.st_ino))
                with os.scandir(folder) as found:
                    children = sorted(found, key=lambda child: os.fsencode(child.name))
            except OSError as error:
                yield Entry(
                    id_of(_absolute(folder)), _absolute(folder), problem=f"Folder: {error.strerror or error}"
                )
                continue
            folders = []
            for child in children:
                if child.name.startswith("."):
                    continue
                if _is_folder(child):
                    folders.append(child.path)
                elif not self._is_left_out(child.name):
                    yield _local_entry(child.path)
            waiting += reversed(folders)

    def _remote(self, address: str) -> Iterator[Entry]:
        files = remote.file_system(address)
        if protocol_of(address) in ("http", "https"):
            if shown(address).endswith("/"):
                raise BatchError(
                    f"'{shown(address)}' is a page: over HTTP, only files and manifests can be read."
                )
            yield Entry(id_of(address), address)
            return
        try:
            yield from self._stored(files, address)
        except FileNotFoundError as error:
            raise BatchError(f"There is no '{shown(address)}'.") from error
        except BatchError:
            raise
        except Exception as error:
            raise BatchError(f"'{shown(address)}' cannot be listed: {remote.reason(error)}.") from error

    def _stored(self, files: Any, address: str) -> Iterator[Entry]:
        """Yield the objects of a bucket under an address, or that fit its pattern."""
        try:
            known = files.info(address)
        except FileNotFoundError:
            if not _MAGIC & set(address):
                raise
            matches = files.glob(address, detail=True)
            if not matches:
                raise
            for name in sorted(matches):
                if matches[name]["type"] == "file":
                    yield _stored_entry(files, name, matches[name])
            return
        if known["type"] != "directory":
            yield _stored_entry(files, known["name"], known)
            return
        for _, folders, found in files.walk(address, detail=True):
            for name in [name for name in folders if name.startswith(".")]:
                del folders[name]
            for name in sorted(found):
                # A folder that was made in a console is an empty object of its name.
                if name and not name.startswith(".") and not self._is_left_out(name):
                    yield _stored_entry(files, found[name]["name"], found[name])


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100


def _is_folder(child: os.DirEntry[str]) -> bool:
    try:
        return child.is_dir()
    except OSError:
        return False


def _local_entry(path: str) -> Entry:
    address = _absolute(path)
    try:
        state = os.stat(path)  # noqa: PTH116
    except OSError:
        return Entry(id_of(address), address)
    problem = None if stat.S_ISREG(state.st_mode) else "It is not a regular file"
    modified_at = changed_at(state.st_mtime)
    return Entry(id_of(address), address, size_bytes=state.st_size, modified_at=modified_at, problem=problem)


def _stored_entry(files: Any, name: str, known: dict[str, Any]) -> Entry:
    address = files.unstrip_protocol(name)
    # Each store has its own word for it.
    changed = next((known[key] for key in ("LastModified", "updated", "mtime") if known.get(key)), None)
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed)
    return Entry(
        id_of(address),
        address,
        size_bytes=known.get("size"),
        modified_at=changed.astimezone(UTC) if isinstance(changed, datetime) else None,
    )
