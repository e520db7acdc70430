"""The named draws of many replications at once: the same numbers as ``World.draw``, without a World.

Model
-----
A World's draw of a name is a PCG64 seeded by ``SeedSequence(seed, spawn_key=(replication, crc32(name)))``. Here the
hash of the seed sequence is computed for all replications in one go, and so are the generator's first words, where a
draw needs no more than these; elsewhere one generator is set to each state in turn, a fraction of making one.

Sources
-------
numpy's own documentation and sources of ``SeedSequence`` (after M. E. O'Neill, "C++ seeding surprises", 2015) and of
``PCG64`` (O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms", 2014), both of which
numpy promises to keep as they are (NEP 19).

Checked against
---------------
numpy itself, bit for bit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Longs = NDArray[np.uint64]
T = TypeVar("T")

POOL = 4
"""Words in the pool of a seed sequence."""
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


def states(seed: int, replications: NDArray[np.int64], names: Sequence[str]) -> list[tuple[int, int]]:
    """State and increment of the PCG64 of each pair of replication and name.

    >>> ours = states(7, np.array([3]), ["shipping"])[0]
    >>> key = (3, zlib.crc32(b"shipping"))
    >>> theirs = np.random.PCG64(np.random.SeedSequence(7, spawn_key=key)).state["state"]
    >>> ours == (theirs["state"], theirs["inc"])
    True
    """
    limbs = _limbs(seed, replications, names)
    high, low, stream_high, stream_low = (column.tolist() for column in limbs)
    return [
        ((a << 64) | b, (c << 64) | d) for a, b, c, d in zip(high, low, stream_high, stream_low, strict=True)
    ]


def words(seed: int, replications: NDArray[np.int64], names: Sequence[str], count: int) -> Longs:
    """The first so many 64-bit words of each replication's own draw of its name, shape (count, n).

    >>> ours = words(7, np.array([3]), ["shipping"], 2)[:, 0]
    >>> key = (3, zlib.crc32(b"shipping"))
    >>> theirs = np.random.PCG64(np.random.SeedSequence(7, spawn_key=key)).random_raw(2)
    >>> ours.tolist() == theirs.tolist()
    True
    """
    high, low, stream_high, stream_low = _limbs(seed, replications, names)
    made = np.empty((count, high.size), dtype=np.uint64)
    for row in made:
        high, low = _added(*_multiplied(high, low), stream_high, stream_low)
        # Both halves folded into one, turned right by the six highest bits.
        folded, turn = high ^ low, high >> np.uint64(58)
        row[:] = (folded >> turn) | (folded << ((np.uint64(64) - turn) & np.uint64(63)))
    return made


def even(word: Longs) -> NDArray[np.float64]:
    """What a generator makes of a word as a number in [0, 1)."""
    return np.asarray((word >> np.uint64(11)) * 2.0**-53)


def drawn(
    seed: int, replications: NDArray[np.int64], names: Sequence[str], take: Callable[[np.random.Generator], T]
) -> Iterator[T]:
    """What ``take`` makes of each replication's own draw of its name, in turn."""
    bits = np.random.PCG64(0)
    generator = np.random.Generator(bits)
    for state, increment in states(seed, replications, names):
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": increment},
            "has_uint32": 0,
            "uinteger": 0,
        }
        yield take(generator)


def _limbs(seed: int, replications: NDArray[np.int64], names: Sequence[str]) -> tuple[Longs, ...]:
    """State and increment of each generator, high and low 64 bits of both."""
    keys = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.uint32)
    pool = _pool(_words(seed), replications.astype(np.uint32), keys)
    made = _generated(pool, 8).astype(np.uint64)
    high, low, stream_high, stream_low = (made[1::2] << np.uint64(32)) | made[0::2]
    one = np.uint64(1)
    stream_high, stream_low = (stream_high << one) | (stream_low >> np.uint64(63)), (stream_low << one) | one
    # One step from 0 gives the increment; then the seed is added and another step taken.
    started = _added(stream_high, stream_low, high, low)
    return (*_added(*_multiplied(*started), stream_high, stream_low), stream_high, stream_low)


def _added(high: Longs, low: Longs, more_high: Longs, more_low: Longs) -> tuple[Longs, Longs]:
    """The sum of two 128-bit numbers."""
    total = low + more_low
    return high + more_high + (total < low), total


def _multiplied(high: Longs, low: Longs) -> tuple[Longs, Longs]:
    """A 128-bit number times that of the generator's step."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    top, bottom = np.uint64(_MULTIPLIER >> 64), np.uint64(_MULTIPLIER & (1 << 64) - 1)
    a, b, c, d = low >> half, low & mask, bottom >> half, bottom & mask
    middle = a * d + (b * d >> half)
    cross = b * c + (middle & mask)
    carried = a * c + (middle >> half) + (cross >> half)
    return carried + high * bottom + low * top, low * bottom


def _words(seed: int) -> list[int]:
    """A seed as the words of a seed sequence, filled up to the pool where keys follow."""
    words = []
    while seed:
        words.append(seed & 0xFFFFFFFF)
        seed >>= 32
    return (words or [0]) + [0] * (POOL - max(len(words), 1))


def _pool(seed: Sequence[int], *keys: Words) -> list[Words]:
    entropy = [np.full(keys[0].shape, word, dtype=np.uint32) for word in seed] + list(keys)
    constant = 0x43B0D7E5

    def hashed(value: Words) -> Words:
        nonlocal constant
        value = value ^ np.uint32(constant)
        constant = constant * 0x931E8875 & 0xFFFFFFFF
        value = value * np.uint32(constant)
        return np.asarray(value ^ (value >> np.uint32(16)))

    pool = [hashed(word) for word in entropy[:POOL]]
    for source in range(POOL):
        for target in range(POOL):
            if source != target:
                pool[target] = _mixed(pool[target], hashed(pool[source]))
    for word in entropy[POOL:]:
        for target in range(POOL):
            pool[target] = _mixed(pool[target], hashed(word))
    return pool


def _mixed(x: Words, y: Words) -> Words:
    result = np.uint32(0xCA01F9DD) * x - np.uint32(0x4973F715) * y
    return np.asarray(result ^ (result >> np.uint32(16)))


def _generated(pool: Sequence[Words], count: int) -> Words:
    constant, made = 0x8B51F9DD, []
    for i in range(count):
        value = pool[i % POOL] ^ np.uint32(constant)
        constant = constant * 0x58F38DED & 0xFFFFFFFF
        value = value * np.uint32(constant)
        made.append(value ^ (value >> np.uint32(16)))
    return np.array(made)
