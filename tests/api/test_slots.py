from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from ser.api.live.slots import Slots


def test_there_are_so_many_and_no_more() -> None:
    slots = Slots(3)
    taken = [slots.take() for _ in range(4)]
    assert [place is not None for place in taken] == [True, True, True, False]
    taken[1]()
    assert slots.take() is not None
    assert slots.take() is None


def test_threads_share_them() -> None:
    slots = Slots(50)
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: slots.take(), range(80)))
    assert sum(place is not None for place in taken) == 50


def test_processes_share_them_and_what_a_dead_one_held_is_free_again() -> None:
    slots = Slots(3)
    mine = slots.take()
    assert mine is not None
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        taken = [slots.take() for _ in range(3)]
        os.write(writer, bytes([sum(place is not None for place in taken)]))
        signal.pause()
    try:
        assert os.read(reader, 1) == bytes([2])
        assert slots.take() is None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert slots.take() is not None
    assert slots.take() is not None
    assert slots.take() is None
