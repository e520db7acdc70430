"""From a figure's value and range to a law: what the value may be, and how likely.

Model
-----
The catalog gives a value and the 5th and 95th percentile of what it may be. The value is taken as the median, and
each half of the law is half a normal of its own width, on a scale on which the range makes sense:

- the logarithm, where value and range are above zero;
- the logit, where a plain number and its range lie between 0 and 1: a share, a probability;
- the number itself elsewhere, as where the range begins at zero, or for decibels and degrees.

So the three percentiles are those of the catalog, exactly. A value that lies at an end of its own range is a bound:
the law is then one half of a normal, from the value on, and the other end stays its 95th (or 5th) percentile. What
is whole in value and range, and counted, is drawn whole.

Scope and limits
----------------
Figures are drawn independently of one another. Nothing lies beyond :data:`REACH` standard deviations, nor beyond zero
where the range does not, nor beyond 1 where a share's does not.

>>> from devicesim import catalog
>>> law = Law.of("nfs.client.efficiency", catalog.find("nfs.client.efficiency"))
>>> [round(float(law.quantile(p)), 4) for p in (0.05, 0.5, 0.95)]
[0.75, 0.9, 0.96]
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim import units
from devicesim.catalog import Figure
from devicesim.errors import require
from devicesim.physics.file_sizes import normal

Floats = NDArray[np.float64]
Scale = Literal["log", "logit", "plain"]

NINETY_FIVE = 1.6448536269514722
"""Standard normal quantile at 95 %."""
HALF_NINETY_FIVE = 1.959963984540054
"""The same of the half-normal: what 95 % of its values lie below."""
REACH = 3.0
"""Standard deviations beyond which nothing is drawn: one value in 740."""
DIGITS = 9
"""Significant digits of a drawn value in the catalog's unit, so that it can be written into a scenario."""
MOST = {"wifi.aggregate_limit": 1048575.0, "courier.delivery": 86399.0, "courier.cutoff": 86399.0}
"""Ends of ranges that nothing exceeds: 802.11ac's longest aggregate, and the day that a time of day is in."""
COUNTED = {"", "vCPU", "ports", "files", "instances"}
"""Units of figures that are counts, where value and range are whole."""


@dataclass(frozen=True, slots=True)
class Law:
    """What a figure may be.

    Attributes:
        key: of the figure, ``ENTRY.path``.
        unit: the catalog's, in which ``value``, ``low`` (5th percentile) and ``high`` (95th) are.
        scale: on which the halves are normal.
        whole: whether it is a whole number.
        least, most: bounds of what is drawn, in SI.
    """

    key: str
    unit: str
    value: float
    low: float
    high: float
    scale: Scale
    whole: bool
    least: float = -inf
    most: float = inf

    @classmethod
    def of(cls, key: str, figure: Figure) -> Law | None:
        """The law of a figure; None of one that is exact, or no number."""
        parts = (figure.value, figure.low, figure.high)
        if figure.exact or any(isinstance(part, bool | str | tuple) for part in parts):
            return None
        value, low, high = (float(part) for part in parts)  # type: ignore[arg-type]
        require(low <= value <= high, key, f"within its range {low:g} .. {high:g}", value)
        if low > 0:
            scale: Scale = "logit" if not figure.unit and high < 1 else "log"
        else:
            scale = "plain"
        most = MOST.get(key, inf)
        return cls(key, figure.unit, value, low, high, scale, _counts(figure), most=most)

    @property
    def usual(self) -> float:
        """The catalog's value in SI."""
        return units.si(self.value, self.unit)

    def quantile(self, probability: ArrayLike) -> Floats:
        """Values that are exceeded with the remaining probability, in the catalog's unit; any shape."""
        p = np.asarray(probability, dtype=np.float64)
        at, low, high = (self._scaled(each) for each in (self.value, self.low, self.high))
        if self.low == self.value or self.value == self.high:
            up = self.low == self.value
            half = np.minimum(normal.normal_quantile((1 + (p if up else 1 - p)) / 2), REACH)
            moved = at + half * ((high if up else low) - at) / HALF_NINETY_FIVE
        else:
            z = np.clip(normal.normal_quantile(p), -REACH, REACH) / NINETY_FIVE
            moved = at + z * np.where(z < 0, at - low, high - at)
        drawn = self._back(moved)
        if self.low >= 0:
            drawn = np.maximum(drawn, 0.0)
        if not self.unit and self.high <= 1:
            drawn = np.minimum(drawn, 1.0)
        if self.whole:
            drawn = np.clip(np.rint(drawn), self.low, self.high)
        one = units.si(1.0, self.unit)
        return rounded(np.clip(drawn, self.least / one, self.most / one))

    def si(self, values: ArrayLike) -> Floats:
        """Values in the catalog's unit as SI."""
        return np.asarray(np.asarray(values, dtype=np.float64) * units.si(1.0, self.unit))

    def written(self, si_value: float) -> str | float:
        """An SI value as ``[assume]`` takes it."""
        number = float(f"{si_value / units.si(1.0, self.unit):.{DIGITS + 3}g}")
        return f"{number!r} {self.unit}" if self.unit else number

    def _scaled(self, value: float) -> float:
        if self.scale == "log":
            return float(np.log(value))
        return float(np.log(value / (1 - value))) if self.scale == "logit" else value

    def _back(self, scaled: Floats) -> Floats:
        if self.scale == "log":
            return np.asarray(np.exp(scaled))
        return np.asarray(1 / (1 + np.exp(-scaled))) if self.scale == "logit" else scaled


def _counts(figure: Figure) -> bool:
    ends = (figure.value, figure.low, figure.high)
    whole = all(float(part).is_integer() for part in ends)  # type: ignore[arg-type]
    return whole and figure.unit in COUNTED


def rounded(values: Floats) -> Floats:
    """To :data:`DIGITS` significant digits."""
    size = np.where(values == 0, 1.0, np.abs(values))
    digits = DIGITS - 1 - np.floor(np.log10(size))
    factor = 10.0 ** np.abs(digits)
    return np.asarray(
        np.where(digits >= 0, np.rint(values * factor) / factor, np.rint(values / factor) * factor)
    )
