"""Aims, verdicts, the front and break-even, on futures made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from devicesim.errors import BoundError, DevicesimError, UnknownNameError
from devicesim.planning import Futures
from devicesim.planning.breakeven import Map, Row, crossing, told
from devicesim.planning.choice import choose, front, read_aim
from devicesim.planning.outlook import Outlook, judge, measured
from devicesim.planning.sensitivity import Sensitivity, Share
from devicesim.planning.wording import unknowns
from devicesim.scenario import goal_of

N = 100


def futures(**columns) -> Futures:
    made = {name: np.asarray(column, dtype=float) for name, column in columns.items()}
    return Futures(1, np.arange(N), made, np.zeros(N, dtype=np.int64), ("complete",), np.zeros(N, dtype=bool))


def outlook(name: str, cost: float, days) -> Outlook:
    told_of = futures(cost_usd=np.full(N, cost), days_to_s3=days)
    parts = tuple(measured(metric, told_of.metric(metric)) for metric in ("days_to_s3", "cost_usd"))
    return Outlook(name, None, told_of, "", "days_to_s3", parts, (), None, (), (), (), (0.0, 0.0, 0.04))


DAYS = np.arange(1.0, N + 1)  # P50 is 50, P95 is 95


@pytest.mark.parametrize(
    ("expr", "value", "chance", "met", "close"),
    [
        ("days_to_s3.p95 < 96", 95.0, None, True, True),
        ("days_to_s3.p95 < 95", 95.0, None, False, True),
        ("days_to_s3.p50 < 80", 50.0, None, True, False),
        ("days_to_s3.mean <= 50.5", 50.5, None, True, True),
        ("days_to_s3 <= 95", None, 0.95, True, True),
        ("days_to_s3 < 95", None, 0.94, False, True),
        ("days_to_s3 < 50", None, 0.49, False, False),
        ("ingest_mb_s.p50 > 3", math.nan, None, False, False),
        ("ingest_mb_s > 3", None, 0.0, False, False),
    ],
)
def test_worked_verdicts(expr, value, chance, met, close):
    verdict = judge(goal_of(expr), futures(days_to_s3=DAYS))
    assert verdict.value == pytest.approx(value, nan_ok=True) if value is not None else verdict.value is None
    assert (verdict.chance, verdict.met, verdict.close) == (chance, met, close)


def test_worked_never_is_late():
    days = np.where(np.arange(N) < 10, math.inf, 12.0)
    verdict = judge(goal_of("days_to_s3.p95 < 14"), futures(days_to_s3=days))
    assert (verdict.value, verdict.met) == (math.inf, False)
    assert judge(goal_of("days_to_s3.p90 < 14"), futures(days_to_s3=days)).met


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("min cost", ("cost_usd", 0.5, False, [])),
        ("max ingest_mb_s.p5", ("ingest_mb_s", 0.05, True, [])),
        ("minimise days.p95 subject to cost < 300 USD", ("days_to_s3", 0.95, False, ["cost_usd < 300 USD"])),
        (
            "min cost.mean subject to days_to_s3.p95 < 2 w, files_lost == 0",
            ("cost_usd", None, False, ["days_to_s3.p95 < 2 w", "files_lost == 0"]),
        ),
    ],
)
def test_worked_aims(text, seen):
    aim = read_aim(text)
    assert (aim.metric, aim.quantile, aim.largest, [goal.expr for goal in aim.goals]) == seen


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (
            "cheapest",
            BoundError,
            "must be an aim such as 'min cost subject to days_to_s3.p95 < 14', got 'cheapest'",
        ),
        ("min", BoundError, "must be an aim"),
        ("min price", UnknownNameError, "unknown metric 'price'"),
        (
            "min cost.q95",
            BoundError,
            "must have a percentile such as p95, or mean, after cost_usd., got 'q95'",
        ),
        ("min cost subject to days", DevicesimError, "a goal: expected 'metric < value'"),
        ("min cost subject to days.p95 < 3 MB", DevicesimError, "'MB' is a size"),
    ],
)
def test_worked_aims_that_are_none(text, kind, why):
    with pytest.raises(kind) as caught:
        read_aim(text)
    assert why in str(caught.value)


OPTIONS = (outlook("parcel", 120, DAYS), outlook("line", 300, DAYS / 10), outlook("both", 310, DAYS / 9))


def test_worked_the_cheapest_that_meets_the_conditions_is_chosen():
    made = choose(read_aim("min cost subject to days_to_s3.p95 < 14"), OPTIONS)
    assert (made.best, made.value, made.runner_up, made.margin) == ("line", 300, "both", 10)
    assert choose(read_aim("min cost"), OPTIONS).best == "parcel"
    assert choose(read_aim("max cost"), OPTIONS).best == "both"


def test_worked_where_none_meets_them_the_nearest_is_named():
    made = choose(read_aim("min cost subject to days_to_s3.p95 < 5 and cost < 400"), OPTIONS)
    assert (made.best, made.nearest) == (None, "line")
    (reach,) = made.reach
    assert (reach.expr, reach.option, reach.value) == ("days_to_s3.p95 < 5", "line", 9.5)


def test_worked_what_to_measure_next_is_told_in_words():
    made = Sensitivity("days_to_s3", (Share("a.figure", 0.62, 0.8, -2.0, 9.04),), 0.38, N)
    assert unknowns(replace(OPTIONS[0], unknowns=made)) == [
        "Measure a.figure next: it is 62 % of your uncertainty",
        "a.figure: 62.0 %; −2.0 days where it is lowest, +9.0 where it is highest",
        "chance, and what figures do only together: 38.0 %",
    ]
    assert unknowns(OPTIONS[0]) == []


def test_worked_the_front_has_those_that_no_other_beats_in_both():
    assert front(OPTIONS) == ("parcel", "line")


def test_worked_break_even_is_where_the_line_becomes_sooner():
    rates = ("10 Mbit/s", "100 Mbit/s")
    rows = (Row(1e12, 1, 10.0, (12.0, 1.2)), Row(1e14, 15, 20.0, (math.inf, 120.0)))
    assert [crossing(row, rates) for row in rows] == ["100 Mbit/s", ""]
    assert list(told(Map("SNC1_HDD", rates, rows))) == [
        "1 TB: from 100 Mbit/s on the line is sooner than the parcel's 10.0 days",
        "100 TB: the parcel, 20.0 days, is sooner at every rate",
    ]
