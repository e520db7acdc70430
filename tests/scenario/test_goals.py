"""Goals: a metric, a comparison and a limit in the metric's unit or any other of its kind."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from devicesim.scenario import METRICS, Goal


@pytest.mark.parametrize(
    ("expr", "metric", "op", "value"),
    [
        ("days_to_s3 < 21", "days_to_s3", "<", 21),
        ("days_to_s3<3 w", "days_to_s3", "<", 21),
        ("ingest_hours <= 1 d 12 h", "ingest_hours", "<=", 36),
        ("ingest_mb_s >= 1 Gbit/s", "ingest_mb_s", ">=", 125),
        ("ingest_mb_s > '40 MB/s'", "ingest_mb_s", ">", 40),
        ("cost_usd < 200 USD", "cost_usd", "<", 200),
        ("files_lost == 0", "files_lost", "==", 0),
        ("bytes_lost <= 1.5 GB", "bytes_lost", "<=", 1.5e9),
        ("ingest_files_s > 1_000", "ingest_files_s", ">", 1000),
    ],
)
def test_worked_expressions(expr, metric, op, value):
    goal = Goal(expr=expr)
    assert (goal.metric, goal.op) == (metric, op)
    assert goal.value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("expr", "statistic", "quantile"),
    [
        ("days_to_s3.p95 < 14", "p95", 0.95),
        ("days_to_s3.p99.9 <= 3 w", "p99.9", 0.999),
        ("cost_usd.mean < 200 USD", "mean", None),
        ("cost_usd < 200", "", None),
    ],
)
def test_worked_statistics_of_many_futures(expr, statistic, quantile):
    goal = Goal(expr=expr)
    assert (goal.statistic, goal.quantile) == (statistic, pytest.approx(quantile) if quantile else None)


@pytest.mark.parametrize(
    ("expr", "why", "hint"),
    [
        ("days_to_s3", "expected 'metric < value' such as 'days_to_s3 < 21', got 'days_to_s3'", ""),
        ("days_to_s3 => 3", "expected 'metric < value' such as 'days_to_s3 < 21', got 'days_to_s3 => 3'", ""),
        ("cost_eur < 3", "unknown metric 'cost_eur'", "did you mean 'cost_usd'?"),
        (
            "days_to_s3 < 3 MB",
            "expected a duration such as '36 h', got '3 MB': 'MB' is a size",
            "",
        ),
        ("files_lost < 3 d", "expected a plain number after '<', got '3 d'", ""),
        (
            "days_to_s3.p0 < 3",
            "expected a percentile such as p95, or mean, after 'days_to_s3.', got 'p0'",
            "",
        ),
        ("cost_usd.max < 3", "expected a percentile such as p95, or mean, after 'cost_usd.', got 'max'", ""),
        ("files_lost < nan", "expected a plain number after '<', got 'nan'", ""),
    ],
)
def test_worked_refusals(expr, why, hint):
    with pytest.raises(ValidationError) as caught:
        Goal(expr=expr)
    (error,) = caught.value.errors()
    assert (error["ctx"]["why"], error["ctx"]["hint"]) == (why, hint)


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [("<", True, False, False), ("<=", True, True, False), (">", False, False, True),
     (">=", False, True, True), ("==", False, True, False)],
)  # fmt: skip
def test_worked_comparisons(op, below, at, above):
    goal = Goal(expr=f"cost_usd {op} 100")
    assert [goal.met({"cost_usd": value}) for value in (99.0, 100.0, 101.0)] == [below, at, above]


@given(st.sampled_from(list(METRICS)), st.sampled_from(["<", "<=", ">", ">=", "=="]), st.floats(0, 1e12))
def test_law_a_metric_without_a_value_meets_no_goal(metric, op, limit):
    goal = Goal(expr=f"{metric} {op} {limit!r}")
    assert not goal.met({})
    assert not goal.met({metric: math.nan})
    assert goal.met({metric: limit}) == (op in ("<=", ">=", "=="))
