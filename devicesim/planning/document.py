"""A plan as a JSON document, schema ``devicesim.plan/1``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from devicesim.planning.outlook import SHOWN, Measure, Outlook
from devicesim.planning.plan import Plan

SCHEMA = "devicesim.plan/1"


def document(plan: Plan) -> dict[str, Any]:
    """All that a plan says but the single futures, which :meth:`Plan.columns` has. What is never is infinite."""
    return {
        "schema": SCHEMA,
        "name": plan.name,
        "start": plan.start,
        "seed": plan.seed,
        "repeat": plan.repeat,
        "version": plan.version,
        "replications": plan.replications,
        "precision": {"asked": plan.precision, "reached": plan.reached},
        "options": [_outlook(each) for each in plan.outlooks],
        "front": list(plan.front),
        "choice": _choice(plan),
        "break_even": asdict(plan.map) if plan.map else None,
        "goals_met": plan.met,
        "notes": list(plan.notes),
    }


def _outlook(outlook: Outlook) -> dict[str, Any]:
    futures = outlook.futures
    ends = {name: int((futures.outcome == code).sum()) for code, name in enumerate(futures.outcomes)}
    stock = outlook.stock_out
    return {
        "name": outlook.name,
        "subject": outlook.subject,
        "headline": outlook.headline,
        "metrics": {each.metric: _measure(each) for each in outlook.measures},
        "goals": [asdict(verdict) for verdict in outlook.verdicts],
        "goals_met": outlook.met,
        "stock_out": stock
        and {
            "share": stock.share,
            "low": stock.low,
            "high": stock.high,
            "within": stock.within and _measure(stock.within),
            "without": stock.without and _measure(stock.without),
        },
        "unknowns": outlook.unknowns and asdict(outlook.unknowns) | {"sentence": outlook.unknowns.sentence},
        "loses_data": dict(zip(("share", "low", "high"), outlook.losing, strict=True)),
        "outcomes": {name: count for name, count in ends.items() if count},
        "bill": [cost._asdict() for cost in outlook.bill],
        "prices": [asdict(price) for price in outlook.prices],
        "computed": [asdict(way) for way in futures.told],
    }


def _measure(measure: Measure) -> dict[str, Any]:
    named = {f"p{round(100 * q)}": asdict(found) for q, found in zip(SHOWN, measure.percentiles, strict=True)}
    return named | {"futures": measure.count}


def _choice(plan: Plan) -> dict[str, Any] | None:
    made = plan.choice
    if made is None:
        return None
    return {
        "aim": made.aim.text,
        "best": made.best,
        "value": made.value,
        "runner_up": made.runner_up or None,
        "margin": made.margin,
        "nearest": made.nearest,
        "reach": [asdict(each) for each in made.reach],
    }
