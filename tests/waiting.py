"""How long tests wait for what must happen."""

from __future__ import annotations

import time
from collections.abc import Callable

# Over only where something hangs: a machine may be slow, and busy with other work.
DEADLINE_S = 120.0


def wait_until(condition: Callable[[], object], *, deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as a condition holds.

    Raises:
        AssertionError: it does not, and something hangs.
    """
    over_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < over_s, "it did not happen"
        time.sleep(0.02)
