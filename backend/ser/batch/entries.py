"""One recording of an archive, before it is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ser.batch.addresses import id_of, protocol_of, shown


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a recording before it is read.

    Attributes:
        id: of the manifest; elsewhere, its path below the input that it was found in (`Plan.extend` gives it
            another one where that is taken).
        address: its absolute path (other bytes than UTF-8 as `os.fsdecode` gives them), or its URL.
        group: of the manifest, to compare; None where there is none.
        time: of the manifest, in UTC; None where there is none.
        size_bytes: when it was listed; None where that is not known.
        modified_at: the same, in UTC.
        problem: why it could not be listed; None where it could.
        place: what it is known by where no manifest names it: its address, with a hash in place of what is
            secret in that; None of a manifest, whose ids tell recordings apart.
    """

    id: str
    # Not in what libraries write of arguments: it may hold a secret.
    address: str = field(repr=False)
    group: str | None = None
    time: datetime | None = None
    size_bytes: int | None = None
    modified_at: datetime | None = None
    problem: str | None = None
    place: str | None = None

    @property
    def path(self) -> str:
        """Its path or URL, as it may be printed and written."""
        return shown(self.address)

    @property
    def key(self) -> bytes:
        """16 bytes that are the same for the same recording; no part of them is secret."""
        if self.place is not None:
            return digest(self.place)
        # Of a path, all bytes count: two names may be shown as the same text.
        place = self.address if protocol_of(self.address) is None else shown(self.address)
        return digest(self.id, place)

    @property
    def place_key(self) -> bytes:
        """16 bytes that are the same for the same file, whoever names it.

        Of one that no manifest names, they are its key.
        """
        return digest(id_of(self.address) if self.place is None else self.place)

    @property
    def state(self) -> int:
        """A number that is another one once the file has changed, as far as its size and time tell."""
        return hash((self.size_bytes, self.modified_at and self.modified_at.timestamp()))


def changed_at(timestamp_s: float) -> datetime | None:
    """Return the time of a file's last change; None where a file system says what no calendar has."""
    try:
        return datetime.fromtimestamp(timestamp_s, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def digest(*texts: str) -> bytes:
    """Return 16 bytes for texts, others for other texts."""
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        found.update(len(content).to_bytes(8, "big") + content)
    return found.digest()
