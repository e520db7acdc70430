"""The named draws of many replications at once: the same numbers as ``World.draw``, without a World.

Model
-----
A World's draw of a name is a PCG64 seeded by ``SeedSequence(seed, spawn_key=(replication, crc32(name)))``. Here the
hash of the seed sequence is computed for all replications in one go, and one generator is set to each state in turn,
which costs a fraction of making one.

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
T = TypeVar("T")

POOL = 4
"""Words in the pool of a seed sequence."""
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_MASK = (1 << 128) - 1


def states(seed: int, replications: NDArray[np.int64], names: Sequence[str]) -> list[tuple[int, int]]:
    """State and increment of the PCG64 of each pair of replication and name.

    >>> ours = states(7, np.array([3]), ["shipping"])[0]
    >>> key = (3, zlib.crc32(b"shipping"))
    >>> theirs = np.random.PCG64(np.random.SeedSequence(7, spawn_key=key)).state["state"]
    >>> ours == (theirs["state"], theirs["inc"])
    True
    """
    keys = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.uint32)
    pool = _pool(_words(seed), replications.astype(np.uint32), keys)
    made = _generated(pool, 8).astype(np.uint64)
    pairs = (made[1::2] << np.uint64(32)) | made[0::2]
    found = []
    for high, low, stream_high, stream_low in zip(*(row.tolist() for row in pairs), strict=True):
        increment = ((((stream_high << 64) | stream_low) << 1) | 1) & _MASK
        # One step from 0 gives the increment; then the seed is added and another step taken.
        state = ((increment + ((high << 64) | low)) * _MULTIPLIER + increment) & _MASK
        found.append((state, increment))
    return found


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
