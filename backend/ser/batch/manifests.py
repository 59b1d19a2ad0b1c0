"""Manifests: tables that name the recordings of a batch, as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ser.batch import remote
from ser.batch.addresses import protocol_of, shown
from ser.batch.entries import Entry, changed_at
from ser.batch.errors import BatchError

SUFFIXES = (".csv", ".parquet", ".pq")
# Column names are within so many bytes.
_HEADER_BYTES = 2**18
_REQUIRED, _OPTIONAL = ("id", "path"), ("group", "time")


def is_manifest(address: str) -> bool:
    """Return whether an input is a manifest, by its name."""
    name = address if protocol_of(address) is None else shown(address)
    return name.lower().endswith(SUFFIXES)


def read_manifest(address: str) -> Iterator[Entry]:
    """Read a manifest: the columns `id` and `path`, and where there are, `group` and `time`.

    A path that is not absolute is taken from the folder of the manifest. Times without a zone are in UTC.
    Other columns are not read. It is read in pieces.

    Args:
        address: a path or URL, which ends with one of `SUFFIXES`.

    Raises:
        BatchError: it cannot be read, has not these columns, or a row of it cannot be used.
    """
    name = shown(address)
    try:
        with _opened(address) as file:
            read = _csv_batches if name.lower().endswith(".csv") else _parquet_batches
            number = 0
            for batch in read(file, name):
                for row in batch.to_pylist():
                    number += 1
                    yield _entry(row, address, f"'{name}', row {number:,}")
    except (pa.ArrowException, OSError, ValueError, OverflowError, csv.Error) as error:
        raise BatchError(f"The manifest '{name}' cannot be read: {remote.reason(error, address)}.") from error


@contextmanager
def _opened(address: str) -> Iterator[BinaryIO]:
    if protocol_of(address) is None:
        with Path(address).open("rb") as file:
            yield file
    else:
        with remote.file_system(address).open(address, "rb") as file:
            yield file


def _csv_batches(file: BinaryIO, name: str) -> Iterator[pa.RecordBatch]:
    # A server's file may not be read twice.
    start = _read_start(file)
    header = next(csv.reader(start.decode("utf-8-sig", "replace").splitlines(keepends=True)), [])
    columns = _columns(header, name) if header else []
    with pyarrow.csv.open_csv(
        io.BufferedReader(_Joined(start, file)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        # All as text: an id such as 007 is no number. Nobody looks at the other columns.
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
        ),
    ) as reader:
        yield from reader


class _Joined(io.RawIOBase):
    """The bytes that were read of a file, and the others.

    Args:
        start: its first bytes.
        file: where the others come from.
    """

    def __init__(self, start: bytes, file: BinaryIO) -> None:
        self._start, self._file = start, file

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        content = self._start[: len(target)] or self._file.read(len(target))
        self._start = self._start[len(content) :]
        target[: len(content)] = content
        return len(content)


def _read_start(file: BinaryIO) -> bytes:
    start = b""
    while len(start) < _HEADER_BYTES and (content := file.read(_HEADER_BYTES - len(start))):
        start += content
    return start


def _parquet_batches(file: BinaryIO, name: str) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as table:
        schema = table.schema_arrow
        columns = _columns(schema.names, name)
        for each in columns:
            kind = schema.field(each).type
            if not _is_usable(each, kind):
                wanted = "times or text" if each == "time" else "text or whole numbers"
                raise BatchError(
                    f"The manifest '{name}' has {kind} in the column {each}; {wanted} can be read."
                )
        for batch in table.iter_batches(10_000, columns=columns):
            yield _in_microseconds(batch)


def _is_usable(column: str, kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return True
    if column == "time":
        return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))
    return bool(pa.types.is_integer(kind) or (column == "group" and pa.types.is_boolean(kind)))


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows with times as Python has them: it knows no nanoseconds."""
    at = batch.schema.get_field_index("time")
    if at < 0 or not pa.types.is_timestamp(batch.schema.field(at).type):
        return batch
    zone = batch.schema.field(at).type.tz
    return batch.set_column(at, "time", batch.column(at).cast(pa.timestamp("us", tz=zone), safe=False))


def _columns(names: Sequence[str], name: str) -> list[str]:
    """Return those of a manifest's columns that are read."""
    if missing := [each for each in _REQUIRED if each not in names]:
        raise BatchError(
            f"The manifest '{name}' has no column {' and no column '.join(missing)}; it has "
            f"{', '.join(names) or 'none'}."
        )
    found = [each for each in (*_REQUIRED, *_OPTIONAL) if each in names]
    if doubled := [each for each in found if list(names).count(each) > 1]:
        raise BatchError(f"The manifest '{name}' has several columns {doubled[0]}; one is read.")
    return found


def _entry(row: dict[str, Any], manifest: str, where: str) -> Entry:
    id_, path = _text(row["id"]), _text(row["path"])
    if not id_ or not path:
        raise BatchError(f"{where}: it has no {'path' if id_ else 'id'}.")
    address, problem = _address(path, manifest), None
    size_bytes = modified_at = None
    if protocol_of(address) is None:
        try:
            state = os.stat(address)  # noqa: PTH116  (a Path cannot hold all that a text can)
            size_bytes, modified_at = state.st_size, changed_at(state.st_mtime)
        except OSError:
            # A worker on another machine may find it; what it does not find is a failure there.
            pass
        except ValueError as error:
            problem = str(error)
    else:
        remote.file_system(address)
    return Entry(
        id_,
        address,
        group=_text(row.get("group")) or None,
        time=_time(row.get("time"), where),
        size_bytes=size_bytes,
        modified_at=modified_at,
        problem=problem,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _address(path: str, manifest: str) -> str:
    # A space after a comma must not make a path of an address, with all that is secret in it.
    if protocol_of(path.strip()) is not None:
        return path.strip()
    if protocol_of(manifest) is not None:
        return f"{manifest.partition('?')[0].rpartition('/')[0]}/{path.lstrip('/')}"
    return os.path.abspath(os.path.join(os.path.dirname(manifest), path))  # noqa: PTH100, PTH118, PTH120


def _time(value: object, where: str) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime):
            raise ValueError  # noqa: TRY004
        known = value if value.tzinfo else value.replace(tzinfo=UTC)
        return known.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BatchError(f"{where}: '{value}' is no time; write it like 2026-02-17T15:45:00Z.") from error
