"""Predictions beside measurements, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

import numpy as np

from devicesim.planning.measured.measurement import Measurement, Setting, cells
from devicesim.planning.measured.words import link_name, size_name

SCHEMA = "devicesim.prediction/1"

Wall = Callable[[Setting], float]
"""How long a setting is predicted to take [s]."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement and what was predicted for it.

    Attributes:
        measurement: what somebody has timed.
        predicted: how long it should have taken [s].
        disturbed: whether other work on the machine makes the measurement doubtful.
    """

    measurement: Measurement
    predicted: float
    disturbed: bool

    @property
    def error(self) -> float:
        """Relative: above 0 where the prediction is too slow."""
        return self.predicted / self.measurement.wall - 1


@dataclass(frozen=True, slots=True)
class Summary:
    """Errors over rows, and over settings by the median of their repeats."""

    rows: int
    median: float
    worst: float
    settings: int
    median_of_settings: float
    worst_of_settings: float


def against(measurements: Sequence[Measurement], wall: Wall, most_load: float) -> list[Row]:
    """Predict every measurement."""
    predict = cache(wall)
    return [Row(m, predict(m.setting), m.disturbed(most_load)) for m in measurements]


def summary(rows: Sequence[Row]) -> Summary:
    """Errors in a few figures."""
    each = np.abs([row.error for row in rows])
    predicted = {row.measurement.setting: row.predicted for row in rows}
    settings = np.abs(
        [
            predicted[cell.setting] / float(np.median([m.wall for m in cell.repeats])) - 1
            for cell in cells(row.measurement for row in rows)
        ]
    )
    return Summary(
        len(rows),
        float(np.median(each)),
        float(each.max()),
        len(settings),
        float(np.median(settings)),
        float(settings.max()),
    )


def document(rows: Sequence[Row], model: str) -> dict[str, Any]:
    """Rows and summaries as one document."""
    sound = [row for row in rows if not row.disturbed]
    return {
        "schema": SCHEMA,
        "model": model,
        "rows": [_row(row) for row in rows],
        "summary": _summary(rows),
        "summary_undisturbed": _summary(sound) if sound else None,
    }


def _summary(rows: Sequence[Row]) -> dict[str, Any]:
    told = summary(rows)
    return {name: getattr(told, name) for name in Summary.__slots__}


def _row(row: Row) -> dict[str, Any]:
    setting = row.measurement.setting
    return {
        "place": row.measurement.place,
        "link_mbit": 0.0 if setting.link == inf else setting.link * 8 / 1e6,
        "rtt_ms": setting.rtt * 1e3,
        "streams": setting.streams,
        "wsize": setting.wsize,
        "file_count": setting.files,
        "file_bytes": setting.size,
        "predicted_s": row.predicted,
        "measured_s": row.measurement.wall,
        "error": row.error,
        "disturbed": row.disturbed,
    }


def text(rows: Sequence[Row], model: str) -> str:
    """The table for people, and below it the errors in a few figures."""
    lines = [
        f"Predicted by {model}",
        "",
        f"{'link':>12} {'RTT':>8} {'streams':>7} {'wsize':>8} {'files':>16} "
        f"{'predicted':>10} {'measured':>10} {'error':>8}",
    ]
    lines += [_line(row) for row in rows]
    lines.append("")
    lines += _words(rows, "")
    sound = [row for row in rows if not row.disturbed]
    if sound and len(sound) < len(rows):
        lines += _words(sound, " that other load (*) did not disturb")
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    setting = row.measurement.setting
    link = link_name(setting.link)
    files = f"{setting.files:,} x {size_name(setting.size)}"
    return (
        f"{link:>12} {setting.rtt * 1e3:>5.3g} ms {setting.streams:>7} {size_name(setting.wsize):>8} {files:>16} "
        f"{row.predicted:>8.2f} s {row.measurement.wall:>8.2f} s {row.error:>+8.1%}{' *' if row.disturbed else ''}"
    )


def _words(rows: Sequence[Row], which: str) -> list[str]:
    told = summary(rows)
    count = f"{told.rows} row{'' if told.rows == 1 else 's'}{which}"
    settings = f"{told.settings} setting{'' if told.settings == 1 else 's'}"
    return [
        f"{count}: median error {told.median:.1%}, worst {told.worst:.1%}; by the median of repeats, "
        f"{settings}: median {told.median_of_settings:.1%}, worst {told.worst_of_settings:.1%}"
    ]
