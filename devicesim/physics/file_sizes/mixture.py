"""Mixtures of truncated laws: their samples, means and medians.

Model
-----
See the package: one uniform number makes one file. With ``stratified``, the numbers are one from each of n
equal stretches of [0, 1), in random order, so that even a thousand files hold the right share of large ones.

Scope and limits
----------------
Sizes are rounded to whole bytes; a component must keep a measurable part (1e-12) of its law.

Sources
-------
The closed forms of :mod:`devicesim.physics.file_sizes.laws`; medians by bisection of them.

Checked against
---------------
Samples, and the published check values of the desktops of 1998 and 2004.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.physics.file_sizes.laws import LARGEST, LAWS, Law
from devicesim.physics.file_sizes.normal import Floats

_CHUNK = 1 << 14  # files worked on at a time, so that the temporaries stay in the processor's cache


@dataclass(frozen=True)
class Component:
    """One part of a mixture.

    Parameters
    ----------
    share : float
        Weight among the components [1]; the sampler divides by their sum.
    law : Law
        Distribution before truncation.
    low, high : float
        Smallest and largest size [bytes]; the law is conditioned on what lies between, ends included.

    Raises
    ------
    BoundError
        For a weight that is not positive, bounds out of order, or bounds that leave nothing of the law.
    """

    share: float
    law: Law
    low: float = 0.0
    high: float = LARGEST

    def __post_init__(self) -> None:
        require(0 < self.share < math.inf, "share", "> 0", self.share)
        require(0 <= self.low <= self.high, "low", f"in [0, {self.high:g}]", self.low)
        require(self.high <= LARGEST, "high", f"<= {LARGEST:g}", self.high)
        require(
            self._kept >= 1e-12, "low .. high", "where the law has files", f"{self.low:g} .. {self.high:g}"
        )

    @property
    def _before(self) -> float:
        """The size just below ``low``, so that files of exactly ``low`` are kept."""
        return math.nextafter(self.low, -math.inf)

    @property
    def _kept(self) -> float:
        return self.law.files_below(self.high) - self.law.files_below(self._before)

    def quantile(self, p: Floats) -> Floats:
        """Sizes [bytes] that shares ``p`` [1] of this component's files do not exceed."""
        start = self.law.files_below(self._before)
        sizes = self.law.quantile(start + p * self._kept)
        return np.clip(sizes, self.low, self.high, out=sizes)

    def files_below(self, size: float) -> float:
        """Share [1] of this component's files of at most ``size`` [bytes]."""
        below = self.law.files_below(min(size, self.high)) - self.law.files_below(self._before)
        return min(max(below / self._kept, 0.0), 1.0)

    def bytes_below(self, size: float) -> float:
        """Bytes in files of at most ``size``, per file of this component [bytes/file]."""
        below = self.law.bytes_below(min(size, self.high)) - self.law.bytes_below(self._before)
        return max(below / self._kept, 0.0)


Mixture = Sequence[Component | Mapping[str, Any]]
"""Components, or mappings of their parts: share, distribution, the law's own parameters, low, high."""


def mixture(parts: Mixture) -> tuple[Component, ...]:
    """Make components of plain mappings; components pass as they are.

    Parameters
    ----------
    parts : sequence of Component or mapping
        A mapping has ``distribution`` (a key of ``LAWS``), the parameters of that law, and maybe ``share``
        [1], ``low`` and ``high`` [bytes].

    Returns
    -------
    tuple of Component

    Raises
    ------
    BoundError
        For no component at all, an unknown law, or a missing or unknown part.

    Examples
    --------
    >>> mixture([{"distribution": "fixed", "size": 4096.0}])
    (Component(share=1.0, law=Fixed(size=4096.0), low=0.0, high=4.611686018427388e+18),)
    """
    require(len(parts) > 0, "components", "at least one", len(parts))
    return tuple(part if isinstance(part, Component) else _component(part) for part in parts)


def _component(part: Mapping[str, Any]) -> Component:
    name = part.get("distribution")
    require(name in LAWS, "distribution", f"one of {', '.join(LAWS)}", name)
    law, parameters = LAWS[str(name)], _parameters(str(name))
    own = {key: value for key, value in part.items() if key in parameters}
    missing = [key for key, p in parameters.items() if p.default is p.empty and key not in own]
    unknown = sorted(part.keys() - parameters.keys() - {"distribution", "share", "low", "high"})
    require(not missing and not unknown, f"{name} component", f"of {', '.join(parameters)}", dict(part))
    bounds = {key: float(part[key]) for key in ("low", "high") if key in part}
    return Component(float(part.get("share", 1.0)), law(**own), **bounds)


@cache
def _parameters(name: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(LAWS[name]).parameters


def _weights(components: Sequence[Component]) -> Floats:
    shares = np.array([component.share for component in components], dtype=np.float64)
    shares /= shares.sum()
    return shares


def sizes_at(components: Mixture, uniforms: ArrayLike) -> NDArray[np.int64]:
    """Turn uniform numbers into file sizes, one each.

    Parameters
    ----------
    components : sequence of Component or mapping
        The mixture.
    uniforms : array_like, shape (n,)
        Numbers in [0, 1) [1].

    Returns
    -------
    ndarray of int64, shape (n,)
        Sizes [bytes].

    Raises
    ------
    BoundError
        For a number outside [0, 1).

    Examples
    --------
    >>> halves = [{"distribution": "fixed", "size": 10}, {"distribution": "uniform", "low": 100, "high": 200}]
    >>> sizes_at(halves, [0.1, 0.4, 0.5, 0.75]).tolist()
    [10, 10, 100, 150]
    """
    parts = mixture(components)
    numbers = np.asarray(uniforms, dtype=np.float64)
    require((numbers >= 0) & (numbers < 1), "uniforms", "in [0, 1)", numbers)
    weights = _weights(parts)
    starts = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    sizes = np.empty(numbers.shape, dtype=np.int64)
    for first in range(0, numbers.size, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        sizes[chunk] = np.rint(_draw(parts, starts, weights, numbers[chunk]))
    return sizes


def _draw(parts: tuple[Component, ...], starts: Floats, weights: Floats, numbers: Floats) -> Floats:
    if len(parts) == 1:
        return parts[0].quantile(numbers)
    which = np.searchsorted(starts, numbers, side="right") - 1
    sizes = np.empty_like(numbers)
    for index, part in enumerate(parts):
        here = np.nonzero(which == index)[0]
        if here.size:
            places = (numbers[here] - starts[index]) / weights[index]
            sizes[here] = part.quantile(np.minimum(places, 1.0))
    return sizes


def sample(
    components: Mixture, count: int, rng: np.random.Generator, *, stratified: bool = False
) -> NDArray[np.int64]:
    """Draw the file sizes of a dataset.

    Parameters
    ----------
    components : sequence of Component or mapping
        The mixture.
    count : int
        Number of files.
    rng : numpy.random.Generator
        Source of ``count`` uniform numbers, and of their order if stratified.
    stratified : bool
        Spread the numbers evenly: shares and totals then come out closer to their expectation than those of
        independent files.

    Returns
    -------
    ndarray of int64, shape (count,)
        Sizes [bytes].

    Raises
    ------
    BoundError
        For a negative count.

    Examples
    --------
    >>> frames = [{"distribution": "uniform", "low": 20e6, "high": 30e6}]
    >>> sizes = sample(frames, 1000, np.random.default_rng(1), stratified=True)
    >>> sizes.size, f"{sizes.mean() / 1e6:.2f} MB"
    (1000, '25.00 MB')
    """
    require(count >= 0, "count", ">= 0", count)
    numbers = rng.random(count)
    if stratified:
        numbers = np.minimum((rng.permutation(count) + numbers) / max(count, 1), np.nextafter(1.0, 0.0))
    return sizes_at(components, numbers)


def files_below(components: Mixture, size: float) -> float:
    """Give the share [1] of the files of at most ``size`` [bytes]."""
    parts = mixture(components)
    return float(sum(w * part.files_below(size) for w, part in zip(_weights(parts), parts, strict=True)))


def bytes_below(components: Mixture, size: float) -> float:
    """Give the share [1] of the bytes that are in files of at most ``size`` [bytes]."""
    parts = mixture(components)
    total = _held(parts, LARGEST)
    return _held(parts, size) / total if total else 1.0


def mean(components: Mixture) -> float:
    """Give the mean size [bytes/file], truncation included, in closed form.

    Parameters
    ----------
    components : sequence of Component or mapping
        The mixture.

    Returns
    -------
    float
        Expected size of one file [bytes].

    Examples
    --------
    >>> round(mean([{"distribution": "lognormal", "median": 40e3, "sigma": 0.9}]))    # 40 kB * e^0.405
    59972
    """
    return _held(mixture(components), LARGEST)


def _held(parts: tuple[Component, ...], size: float) -> float:
    return float(sum(w * part.bytes_below(size) for w, part in zip(_weights(parts), parts, strict=True)))


def median(components: Mixture) -> float:
    """Give the size [bytes] that half of the files do not exceed.

    Examples
    --------
    >>> round(median([{"distribution": "lognormal", "median": 40e3, "sigma": 0.9}]))
    40000
    """
    parts = mixture(components)
    return _half(parts, lambda size: files_below(parts, size))


def byte_median(components: Mixture) -> float:
    """Give the size [bytes] up to which files hold half of the bytes.

    Examples
    --------
    >>> round(byte_median([{"distribution": "lognormal", "median": 40e3, "sigma": 0.9}]))   # 40 kB * e^0.81
    89916
    """
    parts = mixture(components)
    return _half(parts, lambda size: bytes_below(parts, size))


def _half(parts: tuple[Component, ...], share: Callable[[float], float]) -> float:
    low, high = 0.0, max(part.high for part in parts)
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= 0.5 else (middle, high)
    return high
