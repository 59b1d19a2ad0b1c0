"""Which recordings a batch has, and which are one part: kept on disk, so that a restart knows them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ser.batch.addresses import protocol_of, shown
from ser.batch.entries import Entry, digest
from ser.batch.errors import BatchError
from ser.batch.files import remove_unfinished, stopping

# A part is so many recordings or so many bytes: what is lost at most, for each worker, when a run is killed.
MAX_ENTRIES = 64
MAX_BYTES = 128 * 2**20
# Of a recording whose size is not known.
ASSUMED_BYTES = 4 * 2**20
_TIME = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        # Bytes: a file may have any name.
        ("address", pa.binary()),
        ("is_whole", pa.bool_()),
        ("group", pa.string()),
        ("time", _TIME),
        ("size_bytes", pa.int64()),
        ("modified_at", _TIME),
        ("problem", pa.string()),
        ("place", pa.string()),
    ]
)


@dataclass
class Found:
    """What the inputs of a run hold.

    Attributes:
        listed: how many different recordings.
        added: how many of them were not known before.
        duplicates: how many times a recording was listed again, whoever named it.
        changed: how many known ones have another size or time of change than when they were listed.
    """

    listed: int = 0
    added: int = 0
    duplicates: int = 0
    changed: int = 0


@dataclass
class Plan:
    """The parts of a batch; each is a row group of the files in its folder.

    What is secret in an address is not written: it is known only while the inputs name it.

    Args:
        folder: where it is kept.
    """

    folder: Path
    _addresses: dict[bytes, str] = field(default_factory=dict)

    def extend(self, entries: Iterable[Entry]) -> Found:
        """Add the recordings that are not known, in parts of their own.

        A file that a manifest names, too, is one recording. A recording that no manifest names, and whose id
        is taken, gets its address as its id.

        Args:
            entries: all recordings of the inputs.

        Raises:
            BatchError: one id stands for two recordings.
            BatchStopped: the folder cannot be written to.
        """
        with stopping(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_unfinished(self.folder)
        states, ids = dict[bytes, int](), dict[bytes, bytes]()
        # The places of what manifests name; the place of anything else is its key.
        named: set[bytes] = set()
        for entry in (entry for _, part in self.parts() for entry in part):
            states[entry.key], ids[digest(entry.id)] = entry.state, entry.key
            if entry.place is None:
                named.add(entry.place_key)
        seen: set[bytes] = set()
        found = Found()

        def new() -> Iterator[Entry]:
            for entry in entries:
                key, place = entry.key, entry.place_key
                is_named = entry.place is None
                known_otherwise = (place in seen or place in states) if is_named else place in named
                if key in seen or (key not in states and known_otherwise):
                    found.duplicates += 1
                    continue
                if key not in states:
                    if entry.place is not None and digest(entry.id) in ids:
                        entry = replace(entry, id=entry.place)
                    if ids.setdefault(digest(entry.id), key) != key:
                        raise BatchError(
                            f"The id '{entry.id}' stands for two recordings; one of them is '{entry.path}'."
                        )
                seen.add(key)
                if is_named:
                    named.add(place)
                if not _is_whole(entry):
                    self._addresses[key] = entry.address
                if key not in states:
                    found.added += 1
                    yield entry
                elif states[key] != entry.state:
                    found.changed += 1

        self._write(new())
        found.listed = len(seen)
        return found

    def parts(self, skip: Iterable[int] = ()) -> Iterator[tuple[int, list[Entry]]]:
        """Yield the number and the recordings of each part, in order, except of those to `skip`."""
        for number, part in self._parts(skip):
            yield number, [entry for entry, _ in part]

    def _parts(self, skip: Iterable[int]) -> Iterator[tuple[int, list[tuple[Entry, bool]]]]:
        """Yield also whether each recording can be read: whether all of its address is known."""
        skipped, number = frozenset(skip), 0
        for path in self._paths():
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    if number not in skipped:
                        rows = file.read_row_group(group).to_pylist()
                        yield number, [self._entry(row) for row in rows]
                    number += 1

    def lacking(self, skip: Iterable[int] = ()) -> dict[int, int]:
        """Return of which parts, but those to `skip`, recordings cannot be read, and of how many.

        Their addresses have a query or a password, which is not kept, and no input of this run names them.
        """
        counts = {number: sum(not is_known for _, is_known in part) for number, part in self._parts(skip)}
        return {number: count for number, count in counts.items() if count}

    def readable(self, ids: Mapping[int, AbstractSet[str]]) -> dict[int, set[str]]:
        """Return those of a part's recordings that were listed without a problem, and whose address is known.

        Args:
            ids: number of a part -> ids of recordings.
        """
        found: dict[int, set[str]] = {}
        others = set(range(len(self.sizes()))) - ids.keys() if ids else set()
        for number, part in self._parts(others) if ids else ():
            known = {entry.id for entry, is_known in part if is_known and entry.problem is None}
            if usable := known & ids[number]:
                found[number] = usable
        return found

    def sizes(self) -> list[int]:
        """Return how many recordings each part has."""
        sizes: list[int] = []
        for path in self._paths():
            known = pq.read_metadata(path)
            sizes += [known.row_group(group).num_rows for group in range(known.num_row_groups)]
        return sizes

    @property
    def is_empty(self) -> bool:
        """Whether there is no recording in it."""
        return not self._paths()

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def _write(self, entries: Iterator[Entry]) -> None:
        """Write a further file with these recordings, if there are any."""
        first = next(entries, None)
        if first is None:
            return
        path = self.folder / f"{len(self._paths()):06}.parquet"
        temporary = path.with_name(f".{path.name}.tmp")
        with stopping(self.folder):
            try:
                with pq.ParquetWriter(temporary, _SCHEMA, compression="zstd") as writer:
                    for part in _parts_of(_joined(first, entries)):
                        writer.write_table(pa.Table.from_pylist([_row(each) for each in part], _SCHEMA))
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def _entry(self, row: dict[str, object]) -> tuple[Entry, bool]:
        address, is_whole = row.pop("address"), row.pop("is_whole")
        assert isinstance(address, bytes)  # noqa: S101
        entry = Entry(address=os.fsdecode(address), **row)  # type: ignore[arg-type]
        if is_whole:
            return entry, True
        known = self._addresses.get(entry.key)
        values = {name: getattr(entry, name) for name in Entry.__slots__}
        return (Entry(**values | {"address": known}), True) if known else (entry, False)


def _is_whole(entry: Entry) -> bool:
    return protocol_of(entry.address) is None or shown(entry.address) == entry.address


def _joined(first: Entry, others: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from others


def _row(entry: Entry) -> dict[str, object]:
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    is_whole = _is_whole(entry)
    return values | {
        "address": os.fsencode(entry.address) if is_whole else entry.path.encode(),
        "is_whole": is_whole,
    }


def _parts_of(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    yield from grouped(entries, MAX_ENTRIES, MAX_BYTES)


def grouped(entries: Iterable[Entry], max_entries: int, max_bytes: int) -> Iterator[list[Entry]]:
    """Yield recordings in lists of up to so many recordings and bytes, or of a single larger one."""
    group: list[Entry] = []
    group_bytes = 0
    for entry in entries:
        size_bytes = ASSUMED_BYTES if entry.size_bytes is None else entry.size_bytes
        if group and (len(group) == max_entries or group_bytes + size_bytes > max_bytes):
            yield group
            group, group_bytes = [], 0
        group.append(entry)
        group_bytes += size_bytes
    if group:
        yield group
