"""The counters of the limits, as flask-limiter wants them."""

from __future__ import annotations

import time
from typing import Any

from limits.storage import Storage

from ser.api.access.counters import Counters

SCHEME = "ser"


class CountersStorage(Storage):
    """A storage over counters that are there already; flask-limiter finds it by its scheme.

    Args:
        uri: of no meaning.
        counters: what counts.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  (so the library has it)

    def __init__(self, uri: str, *, counters: Counters, **_: Any) -> None:
        super().__init__(uri)
        self._counters = counters

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a fault of the storage is; there are none."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter, and return its value."""
        return self._counters.add(key, amount, expiry)

    def get(self, key: str) -> int:
        """Return the value of a counter."""
        return self._counters.get(key)[0]

    def get_expiry(self, key: str) -> float:
        """Return when a counter ends, by the clock of the day."""
        return time.time() + self._counters.get(key)[1]

    def check(self) -> bool:
        """Return whether it works."""
        return True

    def reset(self) -> int | None:
        """Not needed here."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Not needed here."""
        raise NotImplementedError
