"""Goals: ``days_to_s3 < 21``, read from the scenario and judged on a run's metrics.

>>> goal = Goal(expr="ingest_mb_s >= 320 Mbit/s")
>>> goal.metric, goal.op, goal.value
('ingest_mb_s', '>=', 40.0)
>>> goal.met({"ingest_mb_s": 41.7})
True

A goal on many futures names one of their percentiles, or their mean: ``days_to_s3.p95 < 14``. One run cannot
meet or miss it.

>>> Goal(expr="days_to_s3.p95 < 2 w").quantile
0.95
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr

from devicesim import units
from devicesim.errors import BoundError, DevicesimError, UnitError, unknown
from devicesim.scenario.quantities import refusal, shown
from devicesim.units import Dimension

_DAY, _HOUR, _MEGABYTE = 86400.0, 3600.0, 1e6

METRICS: dict[str, tuple[Dimension | None, float, str]] = {
    "days_to_s3": (units.DURATION, _DAY, "days from the start until the last object is in S3"),
    "days_to_site": (units.DURATION, _DAY, "days from the start until an export has been read at the site"),
    "device_days": (units.DURATION, _DAY, "days the customer has the device"),
    "ingest_hours": (units.DURATION, _HOUR, "hours from the first byte onto the device to the last"),
    "ingest_mb_s": (units.RATE, _MEGABYTE, "mean rate onto the device in MB/s"),
    "ingest_files_s": (None, 1.0, "mean rate onto the device in files/s"),
    "cost_usd": (units.MONEY, 1.0, "the bill in US dollars"),
    "battery_swaps": (None, 1.0, "batteries changed"),
    "files_lost": (None, 1.0, "files that did not reach S3, or the site"),
    "bytes_lost": (units.SIZE, 1.0, "bytes that did not reach S3, or the site"),
    "jobs": (None, 1.0, "jobs of a fleet"),
    "fleet_tb_per_week": (None, 1.0, "terabytes a week that a fleet brings to S3"),
    "quota_days": (units.DURATION, _DAY, "days that a fleet's orders waited for quota, all jobs together"),
    "latency_p50_ms": (
        units.DURATION,
        1e-3,
        "ms that half the runs of the slowest function or instance took",
    ),
    "latency_p95_ms": (units.DURATION, 1e-3, "ms that 95 % of its runs took at most"),
    "latency_p99_ms": (units.DURATION, 1e-3, "ms that 99 % of its runs took at most"),
    "latency_max_ms": (units.DURATION, 1e-3, "ms that the slowest run took"),
    "backlog_max": (None, 1.0, "most runs or requests that waited at a time"),
    "drain_hours": (units.DURATION, _HOUR, "hours that functions ran on after the copy"),
    "runs_failed": (None, 1.0, "runs and requests that failed or were cut off"),
    "ingest_hours_lost_to_compute": (
        units.DURATION,
        _HOUR,
        "hours the copy took longer for what ran beside it",
    ),
    "ingest_mb_s_lost_to_compute": (units.RATE, _MEGABYTE, "MB/s the copy was slower for it"),
    "online_days": (units.DURATION, _DAY, "days from the start until what goes over the line is in S3"),
    "online_mb_s": (units.RATE, _MEGABYTE, "mean rate over the line while transferring in MB/s"),
    "online_share": (None, 1.0, "share of the bytes in S3 that came over the line, 0 to 1"),
    "executions": (None, 1.0, "executions of DataSync tasks"),
    "files_failed": (None, 1.0, "files that the device refused, or the import or the export failed"),
    "cluster_available": (None, 1.0, "share of the time in which a cluster could be read, in [0, 1]"),
    "cluster_read_write": (None, 1.0, "share of the time in which it took writes, in [0, 1]"),
    "repair_hours": (units.DURATION, _HOUR, "hours that a cluster spent making lost fragments anew"),
    "exposed_hours": (units.DURATION, _HOUR, "hours in which some of its data lacked a fragment"),
    "nodes_lost": (None, 1.0, "nodes of a cluster that failed for good"),
}
"""What a goal may name: the dimension its limit may be written in, the unit of the metric in SI, meaning."""

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
_EXPR = re.compile(r"\s*([A-Za-z_]\w*)(?:\.(\w+(?:\.\d+)?))?\s*(<=|>=|==|<|>)\s*(\S.*?)\s*")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
MEAN = "mean"
_NUMBER = re.compile(r"[+-]?\d[\d_]*(\.\d[\d_]*)?([eE][+-]?\d+)?")


def parse(expr: str) -> tuple[str, str, str, float]:
    """Split ``metric.statistic op value`` into its parts, the value in the metric's own unit.

    Returns:
        Metric, statistic (empty, ``mean`` or a percentile such as ``p95``), operator, value.

    Raises:
        UnknownNameError: no such metric.
        UnitError: the limit is neither a number nor a quantity of the metric's kind.
        ValueError: not of the form ``metric op value``.
    """
    match = _EXPR.fullmatch(expr)
    if match is None:
        raise ValueError(f"expected 'metric < value' such as 'days_to_s3 < 21', got {shown(expr)}")
    metric, statistic, op, limit = match[1], match[2] or "", match[3], match[4].strip("'\"")
    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    percentile = _PERCENTILE.fullmatch(statistic)
    if statistic not in ("", MEAN) and (percentile is None or float(percentile[1]) == 0):
        raise ValueError(
            f"expected a percentile such as p95, or mean, after '{metric}.', got {shown(statistic)}"
        )
    dimension, unit, _ = METRICS[metric]
    if _NUMBER.fullmatch(limit):
        return metric, statistic, op, float(limit.replace("_", ""))
    if dimension is None:
        raise UnitError(f"expected a plain number after {op!r}, got {shown(limit)}")
    return metric, statistic, op, units.parse(limit, dimension) / unit


def goal_of(expr: str) -> Goal:
    """A goal from one that the command line gives.

    Raises:
        DevicesimError: as :func:`parse` tells it.
    """
    try:
        parse(expr)
    except DevicesimError:
        raise
    except ValueError as wrong:
        raise BoundError(f"a goal: {wrong}") from None
    return Goal(expr=expr)


def _readable(expr: str) -> str:
    try:
        parse(expr)
    except ValueError as error:
        raise refusal(str(error)) from None
    except LookupError as error:
        why, _, hint = str(error).partition("; ")
        raise refusal(why, hint) from None
    return expr


class Goal(BaseModel):
    """A limit on a metric of the run; a goal missed is exit code 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expr: Annotated[
        StrictStr,
        AfterValidator(_readable),
        Field(
            description="Metric, operator, value; the value is a number in the metric's unit or a quantity. "
            "'devicesim plan' judges percentiles and means of many futures too, as days_to_s3.p95. Metrics: "
            + "; ".join(f"{name} ({meaning})" for name, (_, _, meaning) in METRICS.items())
            + ".",
            examples=["days_to_s3 < 21", "ingest_mb_s >= 40 MB/s", "files_lost == 0", "days_to_s3.p95 < 14"],
            json_schema_extra={
                "pattern": rf"^\s*({'|'.join(METRICS)})(\.(mean|p\d{{1,2}}(\.\d+)?))?\s*(<=|>=|==|<|>)\s*\S.*$"
            },
        ),
    ]
    name: StrictStr = Field(
        default="", description="What the goal is for, in words.", examples=["before harvest"]
    )

    @cached_property
    def _parts(self) -> tuple[str, str, str, float]:
        return parse(self.expr)

    @property
    def metric(self) -> str:
        """The metric's name, a key of :data:`METRICS`."""
        return self._parts[0]

    @property
    def statistic(self) -> str:
        """What of many futures is judged, ``mean`` or a percentile such as ``p95``; empty for each of them."""
        return self._parts[1]

    @property
    def quantile(self) -> float | None:
        """The percentile in (0, 1); None for a mean, and where each future is judged by itself."""
        percentile = _PERCENTILE.fullmatch(self.statistic)
        return float(percentile[1]) / 100 if percentile else None

    @property
    def op(self) -> str:
        """The comparison: ``<``, ``<=``, ``>``, ``>=`` or ``==``."""
        return self._parts[2]

    @property
    def value(self) -> float:
        """The limit in the metric's own unit (days, hours, MB/s, USD, bytes, counts)."""
        return self._parts[3]

    def met(self, metrics: Mapping[str, float]) -> bool:
        """Tell whether a run's metrics meet the goal; a metric the run has no value for does not."""
        return self.holds(metrics.get(self.metric, math.nan))

    def holds(self, value: float) -> bool:
        """Tell whether a value of the metric, or of its statistic, is on the right side of the limit."""
        return _OPERATORS[self.op](value, self.value)
