"""Values of the uncertain figures, one of each for every replication, spread evenly over their laws.

Model
-----
Each figure has a sequence of its own, keyed by seed and name: the base-2 radical inverse of the replication's number,
its digits scrambled and the numbers shuffled, both after Owen. Any 2^k replications that begin at a multiple of 2^k
fill the 2^k strata of every figure once, so that what adds up over figures is told as if by a Latin hypercube; and
between figures the sequences are as good as independent.

A value depends on seed, name and number only. So options that share a figure share its values (common random
numbers), a range may be computed in parts, and more replications change none of those before.

Sources
-------
Padded scrambled sequences: T. Kollig, A. Keller, "Efficient multidimensional sampling", Computer Graphics Forum 21
(2002); the hash that scrambles, S. Laine, T. Karras, "Stratified sampling for stochastic transparency", EGSR 2011, in
the form of B. Burley, "Practical hash-based Owen scrambling", Journal of Computer Graphics Techniques 9 (2020).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.planning.laws import Law, rounded
from devicesim.scenario import Scenario

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]

ORDERED = (
    ("thermal.throttle_start", "thermal.throttle_end"),
    ("thermal.disk_resume", "thermal.disk_stop"),
    ("power.disk_idle", "power.disk_active"),
    ("power.wifi_idle", "power.wifi_active"),
    ("battery.shutdown", "battery.warn"),
    ("cache.background", "cache.dirty_limit"),
    ("segment.low", "segment.mean"),
    ("segment.mean", "segment.high"),
    ("frame.low", "frame.high"),
)
"""Figures of one entry of which the first is below the second: where the draws cross, it is taken down to it."""


BELOW = 0.999
"""As close as it then comes."""


def laws(figures: Figures) -> dict[str, Law]:
    """The laws of all figures that a run has read and that may be another value, by key in alphabetical order."""
    found = {}
    for key, figure in sorted(figures.used.items()):
        law = Law.of(key, figure)
        if law is not None:
            found[key] = law
    for lower, upper in ORDERED:
        # What is known for certain bounds what is not.
        for key, figure in figures.used.items():
            entry = key.removesuffix(figure.path)
            one, other = f"{entry}{lower}", f"{entry}{upper}"
            if figure.path == upper and one in found and other not in found:
                found[one] = replace(found[one], most=min(found[one].most, float(BELOW * figure.si)))
            if figure.path == lower and other in found and one not in found:
                found[other] = replace(found[other], least=max(found[other].least, float(figure.si / BELOW)))
    return found


def uniforms(seed: int, name: str, numbers: NDArray[np.int64]) -> Floats:
    """Numbers in (0, 1) of that name, by replication, shape of ``numbers``.

    >>> sorted((8 * uniforms(7, "any.name", np.arange(8))).astype(int).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    child = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(f"figure/{name}".encode()),))
    shuffling, scrambling = child.generate_state(2, np.uint32)
    # The digits of a shuffled number, read backwards, are those of its radical inverse.
    shuffled = _reversed(_hashed(_reversed(numbers.astype(np.uint32)), shuffling))
    inverse = _reversed(_hashed(_reversed(_reversed(shuffled)), scrambling))
    return np.asarray((inverse + 0.5) / 2.0**32)


def _hashed(words: Words, key: np.uint32) -> Words:
    """Scramble each digit by those below it."""
    with np.errstate(over="ignore"):
        x = words + key
        x ^= x * np.uint32(0x6C50B47C)
        x ^= x * np.uint32(0xB82F1E52)
        x ^= x * np.uint32(0xC7AFE638)
        x ^= x * np.uint32(0x8D22F6E6)
    return x


def _reversed(words: Words) -> Words:
    """The 32 binary digits of each, backwards."""
    x = words
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        x = ((x >> np.uint32(shift)) & np.uint32(mask)) | ((x & np.uint32(mask)) << np.uint32(shift))
    return (x >> np.uint32(16)) | (x << np.uint32(16))


def draw(seed: int, known: Mapping[str, Law], numbers: NDArray[np.int64]) -> dict[str, Floats]:
    """Values of figures in SI, by key, each of the shape of ``numbers``."""
    drawn = {key: law.quantile(uniforms(seed, key, numbers)) for key, law in known.items()}
    for lower, upper in ORDERED:
        for key in drawn:
            above = f"{key.removesuffix(lower)}{upper}"
            if key.endswith(f".{lower}") and above in drawn:
                # The two may be written in different units, as MB and GB.
                most = known[above].si(drawn[above]) / float(known[key].si(1.0))
                drawn[key] = np.minimum(drawn[key], rounded(BELOW * most))
    return {key: known[key].si(values) for key, values in drawn.items()}


def told(story: Scenario, known: Mapping[str, Law], values: Mapping[str, float]) -> Scenario:
    """The scenario with drawn values in its ``[assume]``, as ``devicesim run`` would take it."""
    written = {key: known[key].written(value) for key, value in values.items()}
    return story.model_copy(update={"assume": {**story.assume, **written}})


def keys(known: Mapping[str, Law], columns: Mapping[str, Floats], row: int) -> dict[str, float]:
    """One replication's values."""
    return {key: float(columns[key][row]) for key in known}


__all__: Sequence[str] = ("draw", "keys", "laws", "told", "uniforms")
