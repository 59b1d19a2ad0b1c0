"""How much a server gets done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter


def answers_per_second(ask: Callable[[], object], *, clients: int, seconds: float) -> float:
    """Return the answers per second of clients that ask again as soon as they have their answer.

    Args:
        ask: sends a request and waits for the answer; from several threads at once.
        clients: how many there are.
        seconds: for how long they begin new requests.
    """
    started_s = perf_counter()

    def ask_all(_: int) -> int:
        count = 0
        while perf_counter() < started_s + seconds:
            ask()
            count += 1
        return count

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(ask_all, range(clients))) / (perf_counter() - started_s)
