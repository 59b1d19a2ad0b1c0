"""What the processes of a server share of its keys and limits."""

from __future__ import annotations

from dataclasses import dataclass

from ser.api.access.counters import SharedCounters, require_redis
from ser.api.access.keys import KeyFile
from ser.config import Settings


@dataclass(frozen=True)
class Shared:
    """What all processes of a server share: make it before the fork.

    Attributes:
        keys: who may use the server; None for everybody.
        counters: of the limits.
    """

    keys: KeyFile | None
    counters: SharedCounters

    @classmethod
    def of(cls, settings: Settings) -> Shared:
        """Return what these settings ask for.

        Raises:
            ConfigError: there is no usable file of keys, or no client for Redis.
        """
        if settings.limits_storage.get_secret_value():
            require_redis()
        return cls(KeyFile(settings.api_keys) if settings.api_keys else None, SharedCounters())
