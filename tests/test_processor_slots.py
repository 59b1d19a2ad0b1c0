"""Work beside other work, where a processor is free."""

from __future__ import annotations

import threading

import pytest

from ser.processor_slots import meanwhile, processor
from ser.processors import usable_processors
from waiting import DEADLINE_S


@pytest.mark.skipif(usable_processors() < 2, reason="needs a second processor")
def test_a_free_processor_works_meanwhile() -> None:
    both = threading.Barrier(2, timeout=DEADLINE_S)
    # Each waits for the other, so neither comes first.
    with processor(), meanwhile(lambda: both.wait() and None):
        both.wait()


def test_without_a_free_processor_it_is_done_afterwards_by_the_same_thread() -> None:
    order = []
    held = [processor() for _ in range(usable_processors())]
    for each in held:
        each.__enter__()
    try:
        with meanwhile(lambda: order.append(threading.current_thread())):
            assert not order
            order.append("before")
    finally:
        for each in held:
            each.__exit__(None, None, None)
    assert order == ["before", threading.current_thread()]


@pytest.mark.parametrize("free", [True, False])
def test_what_fails_is_told_and_the_processor_is_free_again(free: bool) -> None:
    held = [processor() for _ in range(0 if free else usable_processors())]
    for each in held:
        each.__enter__()

    def fail() -> None:
        raise ValueError("the other work")

    with pytest.raises(ValueError, match="the other work"), meanwhile(fail):
        pass
    # The caller's own failure comes first.
    with pytest.raises(KeyError), meanwhile(fail):
        raise KeyError
    for each in held:
        each.__exit__(None, None, None)
    for _ in range(3 * usable_processors()):
        with processor(), meanwhile(lambda: None):
            pass
