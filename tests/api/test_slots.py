from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ser.api.live.slots import Slots
from ser.errors import TooManyRequests


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


def test_one_holder_gets_no_more_than_its_share() -> None:
    slots = Slots(5)
    mine = [slots.take("me", 2) for _ in range(2)]
    with pytest.raises(TooManyRequests, match="2 live streams"):
        slots.take("me", 2)
    others = [slots.take("you", 2) for _ in range(2)]
    assert all(others)
    mine[0]()
    assert slots.take("me", 2) is not None
    # All are taken but one; nobody has a share of more than there are.
    assert slots.take("they", 2) is not None
    assert slots.take("they", 2) is None


def test_the_share_counts_over_processes_and_those_of_a_dead_one_do_not() -> None:
    slots = Slots(5)
    assert slots.take("me", 3) is not None
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        taken = [slots.take("me", 3) for _ in range(2)]
        try:
            slots.take("me", 3)
        except TooManyRequests:
            os.write(writer, bytes([sum(place is not None for place in taken)]))
        signal.pause()
    try:
        assert os.read(reader, 1) == bytes([2])
        with pytest.raises(TooManyRequests):
            slots.take("me", 3)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert slots.take("me", 3) is not None
    assert slots.take("me", 3) is not None


def test_processes_that_take_places_at_once_keep_to_the_share() -> None:
    slots = Slots(40)
    reader, writer = os.pipe()
    children = []
    for _ in range(4):
        child = os.fork()
        if not child:
            got = 0
            for _ in range(10):
                with suppress(TooManyRequests):
                    got += slots.take("me", 7) is not None
            os.write(writer, bytes([got]))
            signal.pause()
        children.append(child)
    try:
        assert sum(os.read(reader, 1)[0] for _ in children) == 7
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
