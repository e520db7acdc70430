"""A plan as one HTML page that opens without a network, or its charts as a picture; needs the extra ``report``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devicesim.planning import pictures, stills, wording
from devicesim.planning.outlook import Outlook
from devicesim.planning.plan import Plan
from devicesim.report import phrases
from devicesim.report.html import Specs, figure, whole_page
from devicesim.report.markup import key, kind, paragraph, quantity, section, source, table, text

_MET = {
    True: '<li class="met"><span class="mark" title="met">✓</span>',
    False: '<li><span class="mark" title="missed">✗</span>',
}


def write(plan: Plan, path: Path) -> None:
    """Write the page, or its charts where the file is named ``.svg`` or ``.png``."""
    form = path.suffix.lower().removeprefix(".")
    if form == "html":
        path.write_text(page(plan), encoding="utf-8", newline="\n")
    else:
        path.write_bytes(stills.picture(plan, form))


def page(plan: Plan) -> str:
    """The whole page."""
    specs: Specs = {}
    body = "\n".join(filter(None, _sections(plan, specs)))
    title = f"{text(plan.name)}: {text(wording.headline(plan))}"
    return whole_page(title, plan.version, body, specs)


def _sections(plan: Plan, specs: Specs) -> Iterator[str]:
    first = plan.outlooks[0]
    yield _head(plan, first)
    yield _goals(first)
    yield _choice(plan)
    yield _dates(plan, first, specs)
    yield _options(plan, specs)
    yield _map(plan, specs)
    yield _percentiles(plan, first)
    yield _stock_out(first)
    yield _unknowns(first, specs)
    yield _cost(plan, first)
    yield _assumptions(plan, first)
    yield _foot(plan)
    if specs:
        yield '<noscript><p class="quiet small">Charts need JavaScript; the tables do not.</p></noscript>'


def _head(plan: Plan, first: Outlook) -> str:
    notes = "\n".join(paragraph(note, "quiet") for note in (*wording.how(plan), *plan.notes))
    return (
        f'<header>\n<p class="name">{text(plan.name)}</p>\n<h1>{text(wording.headline(plan))}</h1>\n'
        f"{paragraph(wording.subject(plan), 'quiet')}\n{notes}{_keys(plan, first)}</header>"
    )


def _keys(plan: Plan, first: Outlook) -> str:
    cells = list(_key_numbers(plan, first))
    inside = "".join(
        f"<div><dt>{name}</dt><dd>{text(number)}<span>{text(remark)}</span></dd></div>\n"
        for name, number, remark in cells
    )
    return f'<dl class="keys" style="--across:{len(cells)}">\n{inside}</dl>\n'


def _key_numbers(plan: Plan, first: Outlook) -> Iterator[tuple[str, str, str]]:
    date, cost = first.measure(first.headline), first.measure("cost_usd")
    yield "In the middle", wording.date(plan, date.p50), f"{wording.value(date.metric, date.p50)} days"
    yield "95 % by", wording.date(plan, date.p95), f"{wording.value(date.metric, date.p95)} days"
    if cost.count:
        yield "Cost", phrases.money(cost.p50), f"P95 {phrases.money(cost.p95)}"
    if first.stock_out is not None:
        yield "No device in stock", wording.share(first.stock_out.share), "of the futures"
    yield "Loses data", wording.share(first.losing[0]), "of the futures"


def _goals(first: Outlook) -> str:
    if not first.verdicts:
        return ""
    lines = "\n".join(
        f"{_MET[verdict.met]}<code>{text(verdict.expr)}</code>"
        f'<span class="value">{text(wording.came_to(verdict))}</span></li>'
        for verdict in first.verdicts
    )
    met = sum(verdict.met for verdict in first.verdicts)
    return section(f"Goals: {met} of {len(first.verdicts)} met", f'<ul class="plain goals">\n{lines}\n</ul>')


def _choice(plan: Plan) -> str:
    return section("Choice", *map(paragraph, wording.choice(plan)))


def _dates(plan: Plan, first: Outlook, specs: Specs) -> str:
    named = f"as written: {first.subject}" if len(plan.outlooks) > 1 else ""
    later = pictures.later(plan, first)
    days = "share of the futures that end on each day" + (f"; {later}" if later else "")
    fan = "the middle, half of the futures, and nine in ten of them"
    return section(
        "When",
        paragraph(named, "quiet") if named else "",
        figure(specs, pictures.calendar(plan, first), "When it is done", days),
        figure(specs, pictures.fan(plan, first), "How far it is, by date", fan),
    )


def _options(plan: Plan, specs: Specs) -> str:
    if len(plan.outlooks) < 2:
        return ""
    titles = wording.option_titles(plan)
    head = [(text(title), "number" if right else "") for title, right in titles]
    rows = [[text(cell) for cell in wording.option_row(plan, outlook)] for outlook in plan.outlooks]
    return section(
        "Options",
        table(head, rows, stack=True),
        *(paragraph(f"Worth it: {line}.") for line in (wording.front(plan) if plan.front else [])),
        figure(specs, pictures.spans(plan), "Days of each option", "from P5 to P95, the mark in the middle"),
        figure(
            specs,
            pictures.pareto(plan),
            "Cost against date",
            "on the line: no other is both cheaper and sooner",
        ),
    )


def _map(plan: Plan, specs: Specs) -> str:
    if plan.map is None:
        return ""
    remark = "the sooner road and its days in the middle, by data size and line rate"
    return section("Ship or wire", figure(specs, pictures.roads(plan.map), "Break-even", remark))


def _percentiles(plan: Plan, first: Outlook) -> str:
    rows = []
    for measure in first.measures:
        if measure.metric in wording.TITLES:
            cells = [wording.value(measure.metric, each.value) for each in measure.percentiles]
            rows.append((text(wording.TITLES[measure.metric]), *map(text, cells)))
    head = (("", ""), ("P5", "number"), ("P50", "number"), ("P95", "number"))
    said = "One future in twenty is below P5, one in twenty above P95; P50 is the middle."
    return section("How sure", paragraph(said, "quiet"), table(head, rows))


def _stock_out(first: Outlook) -> str:
    lines = [f"{line[:1].upper()}{line[1:]}." for line in wording.stock_out(first)]
    return section("When AWS has no device", *map(paragraph, lines)) if lines else ""


def _unknowns(first: Outlook, specs: Specs) -> str:
    lines = wording.unknowns(first)
    remark = "days in the middle where a figure is lowest (blue) and highest (orange)"
    return section(
        "Which unknown matters",
        *(paragraph(f"{line}.") for line in (*lines[:1], *lines[-1:])),
        figure(specs, pictures.tornado(first), "How far the unknowns move the date", remark),
    )


def _cost(plan: Plan, first: Outlook) -> str:
    rows = [(text(cost.item), kind(cost.kind), f"{cost.usd:,.2f}") for cost in first.bill]
    total = phrases.money(sum(cost.usd for cost in first.bill))
    foot = f'<tfoot><tr><td>Total</td><td></td><td class="number">{total}</td></tr></tfoot>'
    head = (("Item, in the middle", ""), ("Price is", ""), ("USD", "number"))
    found = {price.key: price for outlook in plan.outlooks for price in outlook.prices}
    prices = [
        (
            key(each.key),
            quantity(each.text),
            quantity(each.range),
            kind(each.kind),
            quantity(each.date),
            source(each.source),
        )
        for each in found.values()
    ]
    columns = (("Price", ""), ("Value", ""), ("Range", ""), ("Kind", ""), ("True in", ""), ("Source", ""))
    return section(
        "Cost",
        table(head, rows, foot) if rows else "",
        f"<p></p>{table(columns, prices, stack=True)}" if prices else "",
    )


def _assumptions(plan: Plan, first: Outlook) -> str:
    rows = [
        (key(each.key), quantity(each.value), quantity(each.range), kind(each.kind), source(each.source))
        for each in first.figures
    ]
    assumed = sum(each.kind == "assumed" for each in first.figures)
    said = (
        f"{phrases.count(len(rows), 'figure')} of the catalog are behind this, {assumed} of them assumed: nobody has "
        "published a measurement. Each future draws those with a range from it."
    )
    head = (("Figure", ""), ("Value", ""), ("Range", ""), ("Kind", ""), ("Source", ""))
    return (
        section("Assumptions and their sources", paragraph(said), table(head, rows, stack=True))
        if rows
        else ""
    )


def _foot(plan: Plan) -> str:
    repeat = f'<code class="repeat">{text(plan.repeat)}</code>\n' if plan.repeat else ""
    return (
        f"<footer>\n<h2>Repeat this plan</h2>\n{repeat}"
        f'<p class="quiet small">Seed {plan.seed}, {phrases.count(plan.replications, "future")} of each option. '
        f"devicesim {text(plan.version)}. The same scenario and seed give this page again, byte for byte.</p>\n"
        "</footer>"
    )
