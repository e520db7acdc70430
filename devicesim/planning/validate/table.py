"""The validation as text, as the README's table, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devicesim.planning.validate.rows import Row, groups

SCHEMA = "devicesim.validation/1"


def text(rows: Sequence[Row], every: bool) -> str:
    """Groups, the rows that fail, and every row if asked for."""
    lines = []
    if every:
        lines += [f"{'row':<58}{'prediction':>12}{'truth':>12}  {'unit':<9}{'error':>8}  {'kind':<8} verdict"]
        lines += [_line(row) for row in rows] + [""]
    lines += [f"{'':<34}{'rows':>5}  {'kind':<8}{'median':>8}{'worst':>9}{'allowed':>9}  fail"]
    for group in groups(rows):
        worst = group.worst
        lines.append(
            f"{group.what:<34}{len(group.rows):>5}  {group.kind:<8}{group.median:>8.1%}{worst.error:>+9.1%}"
            f"{worst.tolerance:>9.0%}  {group.failed or ''}".rstrip()
        )
    failed = [row for row in rows if not row.passed]
    if failed:
        lines += ["", f"{len(failed)} of {len(rows)} rows fail:"]
        for row in failed:
            lines.append(_failure(row))
        for excuse in dict.fromkeys(row.excuse for row in failed if row.excuse):
            lines.append(f"  known: {excuse}")
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    return (
        f"{f'{row.group}.{row.case}':<58}{_number(row.prediction):>12}{_number(row.truth.value):>12}  "
        f"{row.truth.unit:<9}{row.error:>+8.1%}  {row.kind:<8} {row.verdict}"
    )


def _failure(row: Row) -> str:
    return (
        f"  {row.group}.{row.case}: {_number(row.prediction)} {row.truth.unit}, in truth {_number(row.truth.value)} "
        f"({row.error:+.0%}, {row.kind}){'' if row.excuse else '  UNEXPECTED'}"
    )


def _number(value: object) -> str:
    assert isinstance(value, int | float)
    return f"{value:,.4g}"


def markdown(rows: Sequence[Row]) -> str:
    """The README's table: a line for each group."""
    lines = [
        "| what | rows | kind | median error | worst | allowed | fail |",
        "|---|---|---|---|---|---|---|",
    ]
    for group in groups(rows):
        worst = group.worst
        lines.append(
            f"| {group.what} | {len(group.rows)} | {group.kind} | {group.median:.1%} | {worst.error:+.1%} | "
            f"{worst.tolerance:.0%} | {group.failed or '-'} |"
        )
    return "\n".join(lines) + "\n"


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """Every row as one document."""
    return {
        "schema": SCHEMA,
        "failed": sum(not row.passed for row in rows),
        "unexpected": sum(not row.passed and not row.excuse for row in rows),
        "rows": [
            {
                "group": row.group,
                "case": row.case,
                "prediction": row.prediction,
                "truth": row.truth.value,
                "low": row.truth.low,
                "high": row.truth.high,
                "unit": row.truth.unit,
                "error": row.error,
                "allowed": row.tolerance,
                "kind": row.kind,
                "passed": row.passed,
                "known_failure": row.excuse or None,
                "source": row.truth.source,
            }
            for row in rows
        ],
    }
