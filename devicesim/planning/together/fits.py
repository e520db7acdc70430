"""Columns known at some rows, fitted over what they depend on, so that any row can be told.

Model
-----
A quadratic of the inputs, or the logarithm as one of their logarithms: whichever holds better at the quarter of the
rows that it is not fitted to. Where something close to the column is known everywhere, the quotient to it is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A column over its inputs.

    Attributes:
        logs: whether logarithms were fitted.
        middle, width: of the inputs, which are scaled by them, shape (inputs,) each.
        weights: of the terms.
        quotient: whether it is of the quotient to a known column.
        error: by how much it fails where it was not fitted, relative.
    """

    logs: bool
    middle: Floats
    width: Floats
    weights: Floats
    quotient: bool
    error: float

    @classmethod
    def of(cls, x: Floats, rows: NDArray[np.int64], y: Floats, known: Floats) -> Fit:
        """Fit a column.

        Args:
            x: inputs, shape (n, inputs).
            rows: at which the column is known. y: it, shape (rows,).
            known: what it is close to, shape (n,).
        """
        quotient = bool(known.min() > 0 and np.ptp(y) > 0)
        if quotient:
            y = y / known[rows]
        tries = [cls._tried(x, rows, y, logs, quotient) for logs in (False, True) if not logs or _above(x, y)]
        return min(tries, key=lambda tried: tried.error)

    @classmethod
    def _tried(cls, x: Floats, rows: NDArray[np.int64], y: Floats, logs: bool, quotient: bool) -> Fit:
        inputs, target = (np.log(x), np.log(y)) if logs else (x, y)
        middle, width = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-300)
        terms = _terms((inputs - middle) / width)[rows]
        if np.ptp(y) == 0:
            same = np.zeros(terms.shape[1])
            same[0] = target[0]
            return cls(logs, middle, width, same, quotient, 0.0)
        test = np.arange(rows.size) % 4 == 0
        told = terms @ np.linalg.lstsq(terms[~test], target[~test], rcond=None)[0]
        tried = np.exp(told) if logs else told
        error = float(np.max(np.abs(tried - y)[test]) / np.abs(y).mean())
        weights = np.asarray(np.linalg.lstsq(terms, target, rcond=None)[0], dtype=np.float64)
        return cls(logs, middle, width, weights, quotient, error)

    def at(self, x: Floats, known: Floats) -> Floats:
        """The column at other rows, shape (n,), by their inputs and what it is close to."""
        inputs = np.log(x) if self.logs else x
        found: Floats = _terms((inputs - self.middle) / self.width) @ self.weights
        column = np.exp(found) if self.logs else found
        return np.asarray(column * known if self.quotient else column)


def _above(x: Floats, y: Floats) -> bool:
    return bool(x.min() > 0 and y.min() > 0)


def _terms(scaled: Floats) -> Floats:
    count = scaled.shape[1]
    pairs = [scaled[:, i] * scaled[:, j] for i in range(count) for j in range(i, count)]
    return np.stack([np.ones(scaled.shape[0]), *scaled.T, *pairs], axis=1)
