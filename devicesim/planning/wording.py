"""The wording of a plan that its text and its page share: what a manager reads aloud."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from devicesim.planning.breakeven import Row
from devicesim.planning.choice import Reach
from devicesim.planning.outlook import Measure, Outlook, Price, Verdict
from devicesim.planning.plan import Plan
from devicesim.planning.replicate import FEW
from devicesim.report import phrases
from devicesim.units import format_duration, format_size

DAY = 86400.0
TITLES = {
    "days_to_s3": "Days to S3",
    "days_to_site": "Days to the site",
    "ingest_hours": "Copying",
    "online_days": "Days over the line",
    "device_days": "Days with a device",
    "cost_usd": "Cost, USD",
    "bytes_lost": "Data lost",
}
"""Metrics of the first table, as people call them."""
_DONE = {
    "days_to_s3": "in S3",
    "days_to_site": "at the site",
    "device_days": "done with",
}
PRICES_SHOWN = 8
UNKNOWNS = 3
"""Uncertain figures that are named."""


def value(metric: str, amount: float) -> str:
    """A value in a table whose row tells the unit."""
    if math.isnan(amount):
        return "-"
    if math.isinf(amount):
        return "never"
    if metric in ("days_to_s3", "days_to_site", "device_days", "online_days"):
        return f"{amount:,.1f}"
    if metric == "ingest_hours":
        return format_duration(amount * 3600)
    if metric == "cost_usd":
        return f"{amount:,.0f}"
    return format_size(amount) if metric == "bytes_lost" else phrases.number(amount)


def date(plan: Plan, days: float) -> str:
    """The local date after so many days: ``'Fri 15 May'``, with the year where it is another."""
    if not math.isfinite(days):
        return "never" if days > 0 else "-"
    start = datetime.fromisoformat(plan.start)
    at = start + timedelta(days=days)
    year = f" {at.year}" if at.year != start.year else ""
    return f"{phrases.day_time(at)[:3]} {phrases.day(at)}{year}"


def headline(plan: Plan) -> str:
    """When it is over, in the middle and for nineteen futures in twenty."""
    first = plan.outlooks[0]
    told = first.measure(first.headline)
    done = _DONE[first.headline]
    if not math.isfinite(told.p50):
        return f"Most futures never have the data {done}"
    middle = f"Half of the futures have the data {done} by {date(plan, told.p50)} ({told.p50:,.1f} days)"
    if first.headline == "device_days":
        return (
            f"Half of the futures have the device for {told.p50:,.1f} days, 95 % for {told.p95:,.1f} at most"
        )
    if not math.isfinite(told.p95):
        return f"{middle}; more than 5 % never do"
    return f"{middle}, 95 % by {date(plan, told.p95)} ({told.p95:,.1f} days)"


def subject(plan: Plan) -> str:
    """What was told, how often, and how exactly it is known."""
    first = plan.outlooks[0]
    each = " of each of " + phrases.count(len(plan.outlooks), "option") if len(plan.outlooks) > 1 else ""
    exact = ""
    if math.isfinite(plan.reached):
        exact = f"; P50 and P95 of the days are known to ±{phrases.number(100 * plan.reached)} %"
        if plan.precision is not None and plan.reached > plan.precision:
            how = "--replications computes on" if plan.most else "--precision computes on"
            exact += f", not {phrases.number(100 * plan.precision)} %: {how}"
    else:
        how = "--replications computes" if plan.most else "--precision or --replications compute"
        exact = "; too few to bound P95" + (f": {how} on" if plan.precision is not None else "")
    what = phrases.plain(first.subject)
    return f"{what}: {phrases.count(plan.replications, 'future')}{each}{exact}."


def option_titles(plan: Plan) -> list[tuple[str, bool]]:
    """Titles of the options table, and whether a column is of numbers."""
    days = TITLES[plan.outlooks[0].headline]
    titles = [("Option", False), (f"{days} P50", True), ("P95", True), ("Cost P50", True), ("P95", True)]
    if any(_has(each, "ingest_hours") for each in plan.outlooks):
        titles.append(("Copying", True))
    if any(_has(each, "device_days") for each in plan.outlooks):
        titles.append(("Device days", True))
    titles.append(("Loses data", True))
    if plan.outlooks[0].verdicts:
        titles.append(("Goals", False))
    return titles


def option_row(plan: Plan, outlook: Outlook) -> list[str]:
    """The cells of one option."""
    days, cost = outlook.measure(outlook.headline), outlook.measure("cost_usd")
    mark = ""
    if plan.choice is not None and plan.choice.nearest == outlook.name:
        mark = "→ " if plan.choice.best else "≈ "
    row = [
        mark + phrases.plain(outlook.name),
        value(days.metric, days.p50),
        value(days.metric, days.p95),
        value("cost_usd", cost.p50),
        value("cost_usd", cost.p95),
    ]
    for metric in ("ingest_hours", "device_days"):
        if any(_has(each, metric) for each in plan.outlooks):
            row.append(value(metric, outlook.measure(metric).p50))
    row.append(share(outlook.losing[0]))
    if plan.outlooks[0].verdicts:
        row.append("".join("✓" if verdict.met else "✗" for verdict in outlook.verdicts))
    return row


def _has(outlook: Outlook, metric: str) -> bool:
    return outlook.measure(metric).count > 0


def share(part: float) -> str:
    """A share of the futures: ``'0.4 %'``."""
    return (
        "0 %"
        if part == 0
        else "100 %"
        if part == 1
        else f"{100 * part:.2g} %"
        if part < 0.1
        else f"{100 * part:.1f} %"
    )


def verdicts(outlook: Outlook) -> Iterator[tuple[bool, str]]:
    """Each goal: whether it is met, and how nearly."""
    for verdict in outlook.verdicts:
        name = f" ({phrases.plain(verdict.name)})" if verdict.name else ""
        close = "; a close call, more futures might turn it" if verdict.close else ""
        yield verdict.met, f"{phrases.plain(verdict.expr)}{name}: {came_to(verdict)}{close}"


def came_to(verdict: Verdict) -> str:
    """What a goal came to, with its interval."""
    if verdict.chance is not None and verdict.asked is not None:
        low, high = 100 * verdict.low, 100 * verdict.high
        return f"in {share(verdict.chance)} of the futures ({low:.1f} to {high:.1f} %), {share(verdict.asked)} asked"
    metric = verdict.expr.partition(".")[0].strip()
    if verdict.value is None or math.isnan(verdict.value):
        return "no value"
    if math.isinf(verdict.value):
        return "never"
    told = phrases.value(metric, verdict.value)
    if math.isnan(verdict.low) or verdict.low == verdict.high:
        return told
    ends = [
        phrases.value(metric, end) if math.isfinite(end) else ("any" if end < 0 else "never")
        for end in (verdict.low, verdict.high)
    ]
    return f"{told} (between {ends[0]} and {ends[1]})"


def stock_out(outlook: Outlook) -> list[str]:
    """The tail of futures in which no device is in stock, apart."""
    stock = outlook.stock_out
    if stock is None:
        return []
    if not stock.share:
        return ["no future waits for a device"]
    low, high = 100 * stock.low, 100 * stock.high
    lines = [f"in {share(stock.share)} of the futures ({low:.1f} to {high:.1f} %) AWS has no device at first"]
    if stock.within is not None and stock.without is not None:
        lines.append(
            f"then P50 is {_days(stock.within.p50)} and P95 {_days(stock.within.p95)}; "
            f"otherwise {_days(stock.without.p50)} and {_days(stock.without.p95)}"
        )
    return lines


def _days(number: float) -> str:
    return phrases.days(number) if math.isfinite(number) else "never"


def unknowns(outlook: Outlook) -> list[str]:
    """What to measure next, and how far the largest unknowns move the middle of the date."""
    told = outlook.unknowns
    if told is None:
        return []
    sentence = told.sentence
    lines = [f"{sentence[:1].upper()}{sentence[1:]}"]
    lines += [
        f"{each.key}: {share(each.share)}; {phrases.signed(each.low)} days where it is lowest, "
        f"{phrases.signed(each.high)} where it is highest"
        for each in told.shares[:UNKNOWNS]
        if each.share > 0
    ]
    return [*lines, f"chance, and what figures do only together: {share(told.chance)}"]


def losing(outlook: Outlook) -> str:
    """How often data is lost, and how much."""
    part, low, high = outlook.losing
    if part == 0:
        return f"nothing in any future (less than {100 * high:.2g} % of all there might be)"
    lost = outlook.measure("bytes_lost")
    worst = f"; P95 {format_size(lost.p95)}" if lost.p95 else ""
    return f"something in {share(part)} of the futures ({100 * low:.1f} to {100 * high:.1f} %){worst}"


def bill(outlook: Outlook) -> list[str]:
    """The items of the future in the middle."""
    parts = [
        f"{phrases.plain(cost.item)} {cost.usd:,.2f}{' (assumed)' if cost.kind == 'assumed' else ''}"
        for cost in outlook.bill
    ]
    total = sum(cost.usd for cost in outlook.bill)
    return [f"{phrases.money(total)} in the middle: {'; '.join(parts)}"]


def prices(plan: Plan) -> list[str]:
    """The prices that bills rest on, each with its date."""
    found: dict[str, Price] = {}
    for outlook in plan.outlooks:
        for price in outlook.prices:
            found.setdefault(price.key, price)
    shown = list(found.values())
    lines = [
        f"{each.key} {each.text} ({each.kind}, {each.date or 'undated'})" for each in shown[:PRICES_SHOWN]
    ]
    if rest := len(shown) - PRICES_SHOWN:
        lines += [phrases.count(rest, "more price")] if rest > 0 else []
    return lines


def choice(plan: Plan) -> list[str]:
    """What an aim chose, or the nearest that can be had."""
    made = plan.choice
    if made is None:
        return []
    aim = made.aim
    what = f"{aim.metric}{'.mean' if aim.quantile is None else f'.p{100 * aim.quantile:g}'}"
    if made.best is not None:
        line = f"{phrases.plain(made.best)}: {what} {phrases.value(aim.metric, made.value)}"
        if made.runner_up:
            worse = "less" if aim.largest else "more"
            line += (
                f"; next is {phrases.plain(made.runner_up)}, {phrases.value(aim.metric, made.margin)} {worse}"
            )
        return [f"{line} (of: {phrases.plain(aim.text)})"]
    lines = [f"no option meets: {phrases.plain(aim.text)}"]
    lines.append(f"nearest is {phrases.plain(made.nearest)}, {what} {phrases.value(aim.metric, made.value)}")
    lines += [reachable(each) for each in made.reach]
    return lines


def reachable(reach: Reach) -> str:
    """How near a goal can be come to."""
    metric = reach.expr.replace(".", " ").split()[0]
    shown = (
        "never"
        if reach.value is None or not math.isfinite(reach.value)
        else phrases.value(metric, reach.value)
    )
    chance = f", it holds in {share(reach.chance)} of the futures" if reach.chance is not None else ""
    nearest = f"the nearest that can be had is {shown}, by {phrases.plain(reach.option)}"
    return f"{phrases.plain(reach.expr)}: {nearest}{chance}"


def front(plan: Plan) -> list[str]:
    """The options that no other beats in both cost and date."""
    parts = []
    for name in plan.front:
        outlook = plan.outlook(name)
        cost, days = outlook.measure("cost_usd"), outlook.measure(outlook.headline)
        parts.append(f"{phrases.plain(name)} ({cost.p50:,.0f} USD, P95 {_days(days.p95)})")
    return ["; ".join(parts) + ": no other is both cheaper and sooner"]


def amount(row: Row) -> str:
    """An amount of data, and on how many devices a parcel takes it."""
    many = f", {row.devices} devices" if row.devices > 1 else ""
    return f"{format_size(row.size)}{many}"


def sooner(row: Row, line: float) -> str:
    """The sooner road and its days: ``'wire 3.2 d'``."""
    road, days = ("wire", line) if line < row.parcel else ("ship", row.parcel)
    if not math.isfinite(days):
        return "neither"
    return f"{road} {days:,.1f} d" if days >= 1 else f"{road} {format_duration(max(days, 1 / 1440) * DAY)}"


def how(plan: Plan) -> Iterator[str]:
    """How the futures were computed, where that is worth a line."""
    worst = max((way.error for each in plan.outlooks for way in each.futures.told), default=0.0)
    if worst:
        yield f"copies are computed from samples, to {100 * worst:.2g} % of their length"
    alone = dict[str, list[str]]()
    for each in plan.outlooks:
        whys = [way.why for way in each.futures.told if way.name == "world"]
        if whys and all(way.name == "world" for way in each.futures.told) and len(each.futures) >= FEW:
            alone.setdefault(whys[0], []).append(phrases.plain(each.name))
    for why, names in alone.items():
        of = f" of {', '.join(names)}" if len(plan.outlooks) > 1 else ""
        yield f"each future{of} is a run of its own, which takes long, since {why}"


def interval_text(measure: Measure) -> str:
    """P5 to P95 in words."""
    return f"{value(measure.metric, measure.p5)} to {value(measure.metric, measure.p95)}"
