"""The folder of a batch: which run it belongs to, and which parts are finished."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ser import timestamps
from ser.batch.errors import BatchError
from ser.batch.files import remove_unfinished, stopping, write_whole
from ser.batch.options import Options
from ser.batch.plan import Plan
from ser.batch.tables import SCHEMA_VERSION, TABLES

RUN_FILE = "run.json"
_LOCK_FILE = ".lock"
_ROW_GROUP = 100_000
# Failures that another try may not meet: the file or the server was not there, or the memory.
RETRIED = ("unreadable", "worker_died")


class BatchFolder:
    """What `--out` holds.

    A part is finished once `files/` has it: that one is renamed last.

    Args:
        path: the folder.

    Attributes:
        plan: the recordings.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan = Plan(path / "plan")

    @contextmanager
    def held(self, options: Options) -> Iterator[None]:
        """Make the folder, or go on with it, and keep other runs out of it meanwhile.

        Args:
            options: of the run.

        Raises:
            BatchError: it belongs to another run, or another program.
            BatchStopped: it cannot be written to.
        """
        with stopping(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise BatchError(f"'{self.path}' is no folder.")
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / _LOCK_FILE).open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BatchError(f"Another `ser batch` is at work in '{self.path}'.") from error
            self._begin(options)
            yield

    def _begin(self, options: Options) -> None:
        remove_unfinished(self.path)
        known = self.read()
        others = sorted(path.name for path in self.path.iterdir() if path.name != _LOCK_FILE)
        if known is None and others:
            raise BatchError(
                f"'{self.path}' holds other files ('{others[0]}') and no batch; take a new folder."
            )
        # Without a recording, its inputs were wrong: nothing was begun.
        if known is None or self.plan.is_empty:
            body = {
                "schema_version": SCHEMA_VERSION,
                "begun_at": timestamps.now(),
                "options": options.deciding,
            }
            write_whole(self.path / RUN_FILE, json.dumps(body, indent=2).encode())
        else:
            self._require_same(known, options.deciding)
        with stopping(self.path):
            for name in TABLES:
                (self.path / name).mkdir(exist_ok=True)
                remove_unfinished(self.path / name)

    def read(self) -> dict[str, Any] | None:
        """Return what `run.json` says; None where there is none.

        Raises:
            BatchError: it cannot be read.
        """
        path = self.path / RUN_FILE
        try:
            known = json.loads(path.read_bytes())
            if known["schema_version"] != SCHEMA_VERSION:
                raise BatchError(
                    f"'{path}' was written by another version of ser, whose ids and columns are others. Take "
                    "another --out, or go on with that version."
                )
            dict(known["options"]["facts"])
            return dict(known)
        except FileNotFoundError:
            return None
        except (ValueError, LookupError, TypeError, OSError) as error:
            raise BatchError(f"'{path}' cannot be read: {error}.") from error

    def _require_same(self, known: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        before, now = _flat(known["options"]), _flat(json.loads(json.dumps(options)))
        if differing := [name for name in now if before.get(name) != now[name]]:
            said = "; ".join(f"{name}: {before.get(name)!r}, now {now[name]!r}" for name in differing)
            raise BatchError(
                f"The batch in '{self.path}' was begun otherwise ({said}). Give the same options, or another "
                "--out."
            )

    def finished(self) -> set[int]:
        """Return the numbers of the finished parts."""
        return {int(path.stem.partition("-")[2]) for path in self.files("files")}

    def files(self, table: str) -> list[Path]:
        """Return the files of a table, in order; of parts that are not finished, there may be some."""
        return sorted((self.path / table).glob("part-*.parquet"))

    def counts(self) -> tuple[int, int]:
        """Return how many recordings of the finished parts were analysed, and how many failed."""
        names = [path.name for path in self.files("files")]
        analysed, failed = (
            sum(pq.read_metadata(self.path / table / name).num_rows for name in names)
            for table in ("files", "failures")
        )
        return analysed, failed

    def failed(self, codes: Collection[str]) -> dict[int, set[str]]:
        """Return the finished parts with failures of these codes, and the ids of those."""
        found: dict[int, set[str]] = {}
        for number in sorted(self.finished()):
            table = pq.read_table(self._path("failures", number), columns=["id", "code"])
            if ids := {row["id"] for row in table.to_pylist() if row["code"] in codes}:
                found[number] = ids
        return found

    def tables(self, part: int) -> dict[str, pa.Table]:
        """Return the results of a finished part."""
        return {name: pq.read_table(self._path(name, part)) for name in TABLES}

    def _path(self, table: str, part: int) -> Path:
        return self.path / table / f"part-{part:06}.parquet"

    def write(self, part: int, tables: Mapping[str, pa.Table]) -> None:
        """Write the results of a part; with the last file it is finished.

        Results that it had are replaced: it is unfinished meanwhile, as a restart must not take one table of
        before with another of now.

        Raises:
            BatchStopped: they cannot be written.
        """
        with stopping(self.path):
            self._path("files", part).unlink(missing_ok=True)
        for name in reversed(TABLES):
            table = tables[name].combine_chunks()
            content = pa.BufferOutputStream()
            pq.write_table(table, content, compression="zstd", row_group_size=_ROW_GROUP)
            write_whole(self._path(name, part), memoryview(content.getvalue()))


def _flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options without levels; the hash of the manifest says all of the model but its name."""
    facts = options["facts"]
    of_model = {"model": facts["name"], "manifest": facts["manifest_sha256"][:12]}
    return {**{name: value for name, value in options.items() if name != "facts"}, **of_model}
