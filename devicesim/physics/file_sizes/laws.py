"""The distributions that file sizes follow, each before truncation.

Model
-----
Three functions a law: the quantile F^-1(p), the share of files F(x), and the bytes B(x) = E[X; X <= x] that
the files up to a size hold, per file of any size. Everything about a truncated mixture follows from them.

Scope and limits
----------------
Sizes in bytes as real numbers; the sampler rounds. A normal law reaches below zero until it is truncated.

Sources
-------
Textbook forms; B(x) of the lognormal law is its mean times the normal share of ln(x/median)/sigma - sigma.

Checked against
---------------
Numerical integrals of the quantile function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from devicesim.errors import require
from devicesim.physics.file_sizes.normal import Floats, normal_quantile, normal_share

LARGEST = 2.0**62
"""Upper end of a component that names none [bytes]: half of what a signed 64-bit size holds."""


class Law(Protocol):
    """A distribution of sizes."""

    def quantile(self, p: Floats) -> Floats:
        """Sizes [bytes] that shares ``p`` [1] of the files do not exceed."""

    def files_below(self, size: float) -> float:
        """Share [1] of the files of at most ``size`` [bytes]."""

    def bytes_below(self, size: float) -> float:
        """Bytes in files of at most ``size`` [bytes], per file of any size [bytes/file]."""


def _positive(**values: float) -> None:
    for name, value in values.items():
        require(0 < value < math.inf, name, "> 0", value)


@dataclass(frozen=True)
class Lognormal:
    """Size whose logarithm is normal about ln ``median`` [bytes] with deviation ``sigma`` [1]."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _positive(median=self.median, sigma=self.sigma)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        z = normal_quantile(p)
        z *= self.sigma
        z += math.log(self.median)
        with np.errstate(over="ignore"):
            return np.exp(z, out=z)

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        return normal_share(self._depth(size))

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        mean = self.median * math.exp(self.sigma**2 / 2)
        return mean * normal_share(self._depth(size) - self.sigma)

    def _depth(self, size: float) -> float:
        return math.log(size / self.median) / self.sigma if size > 0 else -math.inf


@dataclass(frozen=True)
class Normal:
    """Size normal about ``mean`` [bytes] with ``deviation`` [bytes]."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        _positive(mean=self.mean, deviation=self.deviation)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        return self.mean + self.deviation * normal_quantile(p)

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        return normal_share((size - self.mean) / self.deviation)

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        z = (size - self.mean) / self.deviation
        density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) if abs(z) < 40 else 0.0
        return self.mean * normal_share(z) - self.deviation * density


@dataclass(frozen=True)
class Pareto:
    """Size with P(X > x) = (``minimum`` / x)^``exponent`` above ``minimum`` [bytes]."""

    minimum: float
    exponent: float

    def __post_init__(self) -> None:
        _positive(minimum=self.minimum, exponent=self.exponent)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.minimum * (1.0 - p) ** (-1.0 / self.exponent), dtype=np.float64)

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        return -math.expm1(-self.exponent * self._depth(size))

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        depth = self._depth(size)
        rest = (1.0 - self.exponent) * depth
        # (e^rest - 1) / (1 - exponent), which goes to the depth itself as the exponent goes to 1.
        return self.minimum * self.exponent * depth * (math.expm1(rest) / rest if rest else 1.0)

    def _depth(self, size: float) -> float:
        return math.log(size / self.minimum) if size > self.minimum else 0.0


@dataclass(frozen=True)
class Uniform:
    """Size anywhere from ``low`` to ``high`` [bytes]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require(0 <= self.low < self.high < math.inf, "low", f"in [0, {self.high:g})", self.low)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        return self.low + p * (self.high - self.low)

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        return (self._inside(size) - self.low) / (self.high - self.low)

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        return self.files_below(size) * (self.low + self._inside(size)) / 2

    def _inside(self, size: float) -> float:
        return min(max(size, self.low), self.high)


@dataclass(frozen=True)
class Fixed:
    """Every file of one ``size`` [bytes]."""

    size: float

    def __post_init__(self) -> None:
        require(0 <= self.size <= LARGEST, "size", f"in [0, {LARGEST:g}]", self.size)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        return np.full_like(p, self.size)

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        return 1.0 if size >= self.size else 0.0

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        return self.size * self.files_below(size)


@dataclass(frozen=True)
class Empirical:
    """Sizes once seen [bytes], each with its weight [1], or all alike."""

    sizes: Sequence[float]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        sizes, weights = np.asarray(self.sizes, dtype=np.float64), self._weights
        require(sizes.size > 0, "sizes", "at least one", sizes.size)
        require((sizes >= 0) & (sizes <= LARGEST), "sizes", f"in [0, {LARGEST:g}]", sizes)
        require(weights.shape == sizes.shape, "weights", f"{sizes.size} numbers", weights.size)
        require((weights > 0) & np.isfinite(weights), "weights", "> 0", weights)

    def quantile(self, p: Floats) -> Floats:
        """Sizes at shares ``p``."""
        sizes, ends, _ = self._steps
        return sizes[np.minimum(np.searchsorted(ends, p, side="right"), sizes.size - 1)]

    def files_below(self, size: float) -> float:
        """Share of files up to ``size``."""
        sizes, ends, _ = self._steps
        count = int(np.searchsorted(sizes, size, side="right"))
        return float(ends[count - 1]) if count else 0.0

    def bytes_below(self, size: float) -> float:
        """Bytes in files up to ``size``."""
        sizes, _, held = self._steps
        count = int(np.searchsorted(sizes, size, side="right"))
        return float(held[count - 1]) if count else 0.0

    @property
    def _weights(self) -> Floats:
        return np.asarray(
            np.ones(len(self.sizes)) if self.weights is None else self.weights, dtype=np.float64
        )

    @cached_property
    def _steps(self) -> tuple[Floats, Floats, Floats]:
        """Sizes in order, the share of files and the bytes up to each."""
        sizes = np.asarray(self.sizes, dtype=np.float64)
        order = np.argsort(sizes, kind="stable")
        shares = self._weights[order] / self._weights.sum()
        ends = np.cumsum(shares)
        return sizes[order], ends / ends[-1], np.cumsum(shares * sizes[order])


LAWS: Mapping[str, Callable[..., Law]] = {
    "lognormal": Lognormal,
    "normal": Normal,
    "pareto": Pareto,
    "uniform": Uniform,
    "fixed": Fixed,
    "empirical": Empirical,
}
"""The laws by the name that data gives them."""
