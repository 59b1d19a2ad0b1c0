"""Damages bytes: the same seed gives the same damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

# What lengths and counts are damaged to.
_NUMBERS = (0, 1, 2, 3, 7, 8, 15, 16, 100, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF,
            0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # fmt: skip
_FILL = (0x00, 0xFF, 0x80, 0x7F, 0x01, 0x20)
# Half of the damage is done here: this is where most formats have their lengths.
_HEAD_BYTES = 512
_MAX_BYTES = 200_000

Mutation = Callable[[bytearray, Sequence[bytes], Random], bytearray]


def mutated(content: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """Return bytes that are damaged in one to eight ways.

    Args:
        content: the bytes.
        others: what they may be spliced with.
        rng: decides how.
    """
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        damaged = rng.choice(MUTATIONS)(damaged, others, rng)[:_MAX_BYTES]
    return bytes(damaged)


def _place(content: bytearray, rng: Random) -> int:
    end = min(len(content), _HEAD_BYTES) if rng.random() < 0.5 else len(content)
    return rng.randrange(end) if end else 0


def _run(content: bytearray, rng: Random) -> tuple[int, int]:
    """Return where a run of bytes begins and ends, mostly a short one."""
    start = _place(content, rng)
    return start, min(len(content), start + rng.choice((1, 2, 4, 8, 16, 64, 256, 1024, 4096)))


def _flip_bits(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    for _bit in range(rng.choice((1, 1, 2, 4, 16, 64))):
        if content:
            content[_place(content, rng)] ^= 1 << rng.randrange(8)
    return content


def _overwrite(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start, end = _run(content, rng)
    filled = rng.random() < 0.5
    content[start:end] = bytes([rng.choice(_FILL)]) * (end - start) if filled else rng.randbytes(end - start)
    return content


def _truncate(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    return content[: _place(content, rng)]


def _splice(content: bytearray, others: Sequence[bytes], rng: Random) -> bytearray:
    other = bytearray(rng.choice(others))
    return content[: _place(content, rng)] + other[_place(other, rng) :]


def _change_number(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    size, order = rng.choice((1, 2, 3, 4, 4, 8)), rng.choice(("big", "little"))
    start = _place(content, rng)
    old = int.from_bytes(content[start : start + size], order)
    new = rng.choice((rng.choice(_NUMBERS), old + rng.choice((-1, 1)), old * 2, old // 2))
    content[start : start + size] = (new % 256**size).to_bytes(size, order)
    return content


def _duplicate(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start, end = _run(content, rng)
    return content[:end] + content[start:end] * rng.choice((1, 1, 2, 10, 100)) + content[end:]


def _remove(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start, end = _run(content, rng)
    return content[:start] + content[end:]


def _move(content: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start, end = _run(content, rng)
    moved, rest = content[start:end], content[:start] + content[end:]
    to = _place(rest, rng)
    return rest[:to] + moved + rest[to:]


def _insert(content: bytearray, others: Sequence[bytes], rng: Random) -> bytearray:
    other = bytearray(rng.choice(others))
    start, end = _run(other, rng)
    to = _place(content, rng)
    return content[:to] + other[start:end] + content[to:]


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _overwrite,
    _truncate,
    _splice,
    _change_number,
    _change_number,
    _duplicate,
    _remove,
    _move,
    _insert,
)
