"""A plan as text: the date with its uncertainty first, then goals, options, what it costs and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from devicesim.errors import require
from devicesim.planning import wording
from devicesim.planning.breakeven import Map
from devicesim.planning.outlook import Outlook
from devicesim.planning.plan import Plan
from devicesim.report import phrases
from devicesim.report.paper import Paper

LEAST_WIDTH = 60
NAME_WIDTH = 28
"""Columns that an option's name has before it is folded."""
_GOOD, _BAD, _DIM = "green", "red", "dim"


def render(plan: Plan, width: int = 100, color: bool = False) -> str:
    """The plan as text.

    Args:
        plan: what to tell.
        width: columns of the terminal; only the repeat line may be wider, so that it can be copied.
        color: with ANSI colours.

    Returns:
        Lines without trailing spaces, the last one ended.
    """
    require(width > 0, "width", "> 0", width)
    console = Paper(max(width, LEAST_WIDTH), color)
    first = plan.outlooks[0]
    console.print(Text(phrases.plain(plan.name), style=_DIM))
    console.print(Text(wording.headline(plan), style="bold"))
    console.print(Text(wording.subject(plan)))
    console.print()
    console.print(_percentiles(plan, first))
    if len(plan.outlooks) > 1:
        console.print()
        console.print(_options(plan))
    if plan.map is not None:
        console.print()
        console.print(_map(plan.map))
    console.print()
    console.print(_facts(plan, first))
    console.print(Text.assemble(("Seed        ", _DIM), f"{plan.seed}, devicesim {plan.version}"))
    if plan.repeat:
        console.print(Text.assemble(("Repeat      ", _DIM), phrases.plain(plan.repeat)), soft_wrap=True)
    return console.text()


def _percentiles(plan: Plan, outlook: Outlook) -> Table:
    """The percentiles of the scenario as written."""
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False, header_style=_DIM, pad_edge=False)
    table.add_column("" if len(plan.outlooks) == 1 else phrases.plain(outlook.name), no_wrap=True)
    for title in ("P5", "P50, the middle", "P95"):
        table.add_column(title, justify="right", no_wrap=True)
    for measure in outlook.measures:
        if measure.metric in wording.TITLES:
            cells = [wording.value(measure.metric, each.value) for each in measure.percentiles]
            table.add_row(wording.TITLES[measure.metric], *cells)
        if measure.metric == outlook.headline:
            dates = [wording.date(plan, each.value) for each in measure.percentiles]
            table.add_row(Text("  on", style=_DIM), *(Text(each, style=_DIM) for each in dates))
            stock = outlook.stock_out
            if stock is not None and stock.within is not None and stock.without is not None:
                for title, part in (("  device in stock", stock.without), ("  out of stock", stock.within)):
                    cells = [wording.value(part.metric, each.value) for each in part.percentiles]
                    table.add_row(Text(title, style=_DIM), *(Text(cell, style=_DIM) for cell in cells))
    return table


def _options(plan: Plan) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style=_DIM, pad_edge=False)
    widest = max(len(outlook.name) for outlook in plan.outlooks) + 2
    for title, right in wording.option_titles(plan):
        least = min(widest, NAME_WIDTH) if title == "Option" else None
        table.add_column(title, justify="right" if right else "left", overflow="fold", min_width=least)
    best = plan.choice.best if plan.choice else None
    for outlook in plan.outlooks:
        style = "bold" if outlook.name == best else ""
        table.add_row(*wording.option_row(plan, outlook), style=style)
    return table


def _map(found: Map) -> Table:
    """Ship or wire: the sooner road and its days in the middle, by data size and line rate."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style=_DIM, pad_edge=False)
    table.add_column("Ship or wire", no_wrap=True)
    for rate in found.rates:
        table.add_column(rate, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(wording.amount(row), *(wording.sooner(row, days) for days in row.line))
    return table


def _facts(plan: Plan, first: Outlook) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10, style=_DIM)
    table.add_column(overflow="fold")
    for title, lines in _sections(plan, first):
        for index, line in enumerate(lines):
            table.add_row("" if index else title, line)
    return table


def _sections(plan: Plan, first: Outlook) -> Iterator[tuple[str, Sequence[Text]]]:
    if plan.choice is not None:
        yield (
            "Choice",
            [Text(line, style=_GOOD if plan.choice.best else _BAD) for line in wording.choice(plan)],
        )
    if plan.front:
        yield "Worth it", [Text(line) for line in wording.front(plan)]
    if first.verdicts:
        yield "Goals", [_verdict(verdict) for verdict in wording.verdicts(first)]
    if stock := wording.stock_out(first):
        yield "Stock-out", [Text(line) for line in stock]
    if unknowns := wording.unknowns(first):
        yield "Unknowns", [Text(line) for line in unknowns]
    yield "Lost", [Text(wording.losing(first))]
    if first.bill:
        yield "Cost", [Text(line) for line in wording.bill(first)]
        yield "Prices", [Text(line) for line in wording.prices(plan)]
    if notes := [*wording.how(plan), *map(phrases.plain, plan.notes)]:
        yield "Notes", [Text(line) for line in notes]


def _verdict(told: tuple[bool, str]) -> Text:
    met, line = told
    return Text.assemble(("✓ ", _GOOD) if met else ("✗ ", _BAD), line)
