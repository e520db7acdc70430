"""A plan as tables for a notebook: HTML without scripts, and without the extra ``report``."""

from __future__ import annotations

from devicesim.planning import wording
from devicesim.planning.plan import Plan
from devicesim.report.markup import Column, paragraph, table, text


def tables(plan: Plan) -> str:
    """The headline, the percentiles of the scenario as written, and its options beside it."""
    first = plan.outlooks[0]
    head: list[Column] = [("", ""), ("P5", "number"), ("P50", "number"), ("P95", "number")]
    rows = [
        [
            text(wording.TITLES[measure.metric]),
            *(text(wording.value(measure.metric, each.value)) for each in measure.percentiles),
        ]
        for measure in first.measures
        if measure.metric in wording.TITLES
    ]
    parts = [f"<h3>{text(wording.headline(plan))}</h3>", paragraph(wording.subject(plan)), table(head, rows)]
    if len(plan.outlooks) > 1:
        columns = [(text(title), "number" if right else "") for title, right in wording.option_titles(plan)]
        cells = [[text(cell) for cell in wording.option_row(plan, outlook)] for outlook in plan.outlooks]
        parts.append(table(columns, cells))
    goals = [f"{'✓' if met else '✗'} {line}" for met, line in wording.verdicts(first)]
    return "\n".join([*parts, *map(paragraph, goals)])
