"""Inputs of a command line -> the recordings they stand for, in an order that is always the same."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from fsspec.utils import glob_translate

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
# Of folders: device and number, which links share.
_Seen = set[tuple[int, int]]
# What a store says of an object.
_Known = dict[str, Any]


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
        """Yield each recording, as often as it is listed; first those of manifests, which say more of them.

        Raises:
            BatchError: an input does not exist, or cannot be listed or read.
        """
        for each in sorted(self._inputs, key=is_manifest, reverse=True):
            if is_manifest(each):
                yield from read_manifest(each)
            elif protocol_of(each) is None:
                yield from self._local(each)
            else:
                yield from self._remote(each)

    def _entry(self, base: str, address: str, **known: Any) -> Entry:
        """Return a recording that no manifest names.

        Args:
            base: the folder of the input, by whose name inputs are told apart where there are several.
            address: of the recording.
            known: see `Entry`.
        """
        base = base.rstrip("/")
        below = address.removeprefix(f"{base}/")
        name = base.rpartition("/")[2]
        id_ = f"{name}/{below}" if name and len(self._inputs) > 1 else below
        return Entry(id_of(id_), address, place=id_of(address), **known)

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
            yield self._local_entry(given, os.path.dirname(_absolute(given)))  # noqa: PTH120
        elif _MAGIC & set(given):
            yield from self._glob(given)
        else:
            raise BatchError(f"There is no file or folder '{shown(given)}'.")

    def _glob(self, pattern: str) -> Iterator[Entry]:
        """Yield the files that fit a pattern, and those of the folders that fit it."""
        found = sorted(_fitting(pattern), key=os.fsencode)
        if not found:
            raise BatchError(f"Nothing fits '{shown(pattern)}'.")
        folders = {path for path in found if os.path.isdir(path)}  # noqa: PTH112
        places: dict[str, str] = {}
        real_folder = lru_cache(maxsize=None)(os.path.realpath)
        for path in found:
            if path not in folders:
                folder, name = os.path.split(path)
                places.setdefault(os.path.join(real_folder(folder), name), path)  # noqa: PTH118
        chosen, has_depth, seen = set(places.values()), "**" in pattern.split("/"), set[tuple[int, int]]()
        base = _absolute(_before_magic(pattern))
        for path in found:
            if path in folders:
                yield from self._folder(path, base, seen, places.keys())
            # Without **, whoever names a link means it.
            elif path in chosen or not has_depth:
                yield self._local_entry(path, base)

    def _folder(
        self,
        root: str,
        base: str | None = None,
        seen: _Seen | None = None,
        taken: Collection[str] = frozenset(),
    ) -> Iterator[Entry]:
        """Yield the files of a folder and of those within, but those whose real paths are `taken`."""
        base = _absolute(root) if base is None else base
        for folder, children in _folders(root, set() if seen is None else seen):
            if isinstance(children, OSError):
                yield self._entry(base, _absolute(folder), problem=f"Folder: {children.strerror or children}")
                continue
            real = os.path.realpath(folder) if taken else ""
            for child in children:
                if _is_folder(child) or (taken and os.path.join(real, child.name) in taken):  # noqa: PTH118
                    continue
                if not self._is_left_out(child.name):
                    yield self._local_entry(child.path, base)

    def _local_entry(self, path: str, base: str) -> Entry:
        address = _absolute(path)
        try:
            state = os.stat(path)  # noqa: PTH116
        except OSError:
            return self._entry(base, address)
        problem = None if stat.S_ISREG(state.st_mode) else "It is not a regular file"
        modified_at = changed_at(state.st_mtime)
        return self._entry(base, address, size_bytes=state.st_size, modified_at=modified_at, problem=problem)

    def _remote(self, address: str) -> Iterator[Entry]:
        files = remote.file_system(address)
        if protocol_of(address) in ("http", "https"):
            if shown(address).endswith("/"):
                raise BatchError(
                    f"'{shown(address)}' is a page: over HTTP, only files and manifests can be read."
                )
            # An address of the web has no folder: it may be a query alone.
            yield Entry(id_of(address), address, place=id_of(address))
            return
        try:
            yield from self._stored(files, address)
        except FileNotFoundError as error:
            raise BatchError(f"There is no '{shown(address)}'.") from error
        except BatchError:
            raise
        except Exception as error:
            raise _unlisted(address, error) from error

    def _stored(self, files: Any, address: str) -> Iterator[Entry]:
        """Yield the objects of a bucket under an address, or that fit its pattern."""
        try:
            known = files.info(address)
        except FileNotFoundError:
            if not _MAGIC & set(address):
                raise
            base = _before_magic(address)
            matches = {each["name"]: each for each in _matching(files, address) if each["type"] == "file"}
            if not matches:
                raise
            for name in sorted(matches):
                yield self._stored_entry(files, matches[name], base)
            return
        base = files.unstrip_protocol(known["name"])
        if known["type"] != "directory":
            yield self._stored_entry(files, known, base.rpartition("/")[0])
            return
        for each in _stored_below(files, known["name"], hidden=False):
            name = each["name"].rpartition("/")[2]
            if each["type"] == "file" and not name.startswith(".") and not self._is_left_out(name):
                yield self._stored_entry(files, each, base)

    def _stored_entry(self, files: Any, known: _Known, base: str) -> Entry:
        # Each store has its own word for it.
        changed = next((known[key] for key in ("LastModified", "updated", "mtime") if known.get(key)), None)
        if isinstance(changed, str):
            changed = datetime.fromisoformat(changed)
        return self._entry(
            base,
            files.unstrip_protocol(known["name"]),
            size_bytes=known.get("size"),
            modified_at=changed.astimezone(UTC) if isinstance(changed, datetime) else None,
        )


def _matching(files: Any, address: str) -> Iterator[_Known]:
    """Yield the objects and folders of a store that fit a pattern.

    `glob` and `walk` of fsspec leave out what cannot be listed, without a word.
    """
    pattern = files._strip_protocol(address)
    root = _before_magic(pattern)
    if not root:
        raise BatchError(f"'{shown(address)}' names no bucket.")
    depth = None if "**" in pattern else pattern[len(root) + 1 :].count("/") + 1
    fits = re.compile(glob_translate(pattern)).match
    yield from (each for each in _stored_below(files, root, depth) if fits(each["name"]))


def _stored_below(
    files: Any, root: str, depth: int | None = None, *, hidden: bool = True
) -> Iterator[_Known]:
    """Yield what is in a folder of a store, and in those within, `depth` levels deep.

    Raises:
        BatchError: one of those within cannot be listed.
        Exception: the folder cannot be listed.
    """
    waiting = [(root.rstrip("/"), 1)]
    while waiting:
        folder, level = waiting.pop()
        try:
            listed = files.ls(folder, detail=True)
        except Exception as error:
            if level == 1:
                raise
            raise _unlisted(files.unstrip_protocol(folder), error) from error
        # A folder that was made in a console is an empty object of its name.
        within = (each for each in listed if each["name"].rstrip("/") != folder)
        found: list[_Known] = sorted(within, key=lambda each: str(each["name"]))
        yield from found
        if depth is None or level < depth:
            for each in reversed(found):
                path = each["name"].rstrip("/")
                if each["type"] == "directory" and (hidden or not path.rpartition("/")[2].startswith(".")):
                    waiting.append((path, level + 1))


def _unlisted(address: str, error: Exception) -> BatchError:
    return BatchError(f"'{shown(address)}' cannot be listed: {remote.reason(error, address)}.")


def _fitting(pattern: str, seen: tuple[_Seen, ...] = ()) -> Iterator[str]:
    """Yield the files and folders that fit a pattern.

    `glob` follows links for `**`, also in circles: here, each `**` reads a folder once.
    """
    parts = pattern.split("/")
    if "**" not in parts:
        yield from glob.glob(pattern)  # noqa: PTH207
        return
    at = parts.index("**")
    head, tail = "/".join(parts[:at]), "/".join(part for part in parts[at + 1 :] if part)
    own, others = (seen[0], seen[1:]) if seen else (set(), tuple(set() for _ in range(parts.count("**"))))
    for base in sorted(glob.glob(head + "/"), key=os.fsencode) if at else ["."]:  # noqa: PTH207
        root = base if not at else base.rstrip("/") or "/"
        for folder, children in _folders(root, own):
            if isinstance(children, OSError):
                # To be said when it is read.
                yield folder
            elif tail:
                inner = os.path.join(glob.escape(folder), tail)  # noqa: PTH118
                yield from (_plain(path) for path in _fitting(inner, others))
            else:
                yield from (_plain(child.path) for child in children if not _is_folder(child))


def _plain(path: str) -> str:
    return path.removeprefix("./")


def _folders(root: str, seen: _Seen) -> Iterator[tuple[str, list[os.DirEntry[str]] | OSError]]:
    """Yield a folder and those within, with what is in each; each once, also where links lead back.

    Args:
        root: the folder.
        seen: those that were read, and are not read again.
    """
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            state = os.stat(folder)  # noqa: PTH116
            if (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            with os.scandir(folder) as found:
                visible = (child for child in found if not child.name.startswith("."))
                children = sorted(visible, key=lambda child: os.fsencode(child.name))
        except OSError as error:
            yield folder, error
            continue
        yield folder, children
        waiting += [child.path for child in reversed(children) if _is_folder(child)]


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100


def _is_folder(child: os.DirEntry[str]) -> bool:
    try:
        return child.is_dir()
    except OSError:
        return False


def _before_magic(pattern: str) -> str:
    """Return the folder of a pattern in which the search begins; nothing where that is this one."""
    return os.path.dirname(pattern[: min(pattern.index(sign) for sign in _MAGIC if sign in pattern)])  # noqa: PTH120
