"""A calibration in words, for the person who ran it, and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite
from textwrap import wrap
from typing import Any

from devicesim.planning.calibrate.calibration import Calibration
from devicesim.planning.calibrate.evidence import ENOUGH, Errors, Estimate
from devicesim.planning.measured.measurement import Cell
from devicesim.planning.measured.profile import UNITS
from devicesim.planning.measured.words import link_name

SCHEMA = "devicesim.calibration/1"
WIDTH = 100
"""Columns of the text."""
GOOD_MEDIAN, GOOD_WORST = 0.10, 0.35
"""What a good calibration keeps held-out errors below."""

NAMES = {
    "efficiency": "share of the link's goodput",
    "delay": "added to a round trip",
    "per_operation": "core time of a call",
    "per_byte": "core time of a byte",
    "ceiling": "ceiling of the hosts",
    "bucket": "bucket of the shaper",
}


def name_of(name: str) -> str:
    """What people call a parameter."""
    stem, _, kind = name.partition(":")
    return NAMES[stem] + (f" ({kind})" if kind else "")


def missing(calibration: Calibration) -> list[tuple[str, str]]:
    """What could not be told apart, each with the measurement that would be enough."""
    found = [(name_of(e.name), e.enough) for e in calibration.evidence.estimates if not e.identified]
    if calibration.fit.costs.ceiling == inf:
        found.append((f"{NAMES['ceiling']} (none was seen)", ENOUGH["ceiling"]))
    return found


def text(calibration: Calibration) -> str:
    """Everything on one screen."""
    lines = list[str]()
    for line in _lines(calibration):
        # Tables stand as they are; sentences are broken.
        lines += [line] if line.startswith("  ") or not line else wrap(line, WIDTH, subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _lines(calibration: Calibration) -> Iterator[str]:
    rows, cells = len(calibration.measurements), len(calibration.data.cells)
    yield f"{rows} rows of {cells} settings on {_count(len(calibration.links), 'link')}"
    if calibration.disturbed:
        rules = calibration.rules
        yield (
            f"{calibration.disturbed} of them taken at a load average above {rules.most_load:g}: a setting's other "
            f"rows count alone; where it has none, it counts {rules.disturbed_weight:g}"
        )
    yield ""
    for estimate in calibration.evidence.estimates:
        value, low, high = (
            _quantity(estimate.name, x) for x in (estimate.value, estimate.low, estimate.high)
        )
        mark = "" if estimate.identified else "   not identified"
        yield f"  {name_of(estimate.name):<36}{value:>12}   {low} .. {high}{mark}"
    yield f"  {'cores that serve calls':<36}{calibration.fit.costs.cores:>12}"
    yield ""
    yield f"  {'error of the predicted time':<36}{'settings':>9}{'median':>9}{'worst':>9}{'bias':>9}"
    yield _errors("seen by the fit", calibration.fitted)
    yield _errors("held out", calibration.evidence.errors)
    for name, errors in calibration.classes.items():
        yield _errors(f"  {name}", errors)
    if calibration.evidence.disturbed:
        yield _errors("held out, under other load", calibration.evidence.disturbed)
    for cell, errors in calibration.evidence.links:
        yield _errors(f"{_link(cell)}, by the others", errors)
    yield ""
    yield from _verdict(calibration)
    for name, enough in missing(calibration):
        yield f"Not identified: {name}. Measure {enough}."


def _verdict(calibration: Calibration) -> Iterator[str]:
    errors = calibration.evidence.errors
    good = errors.median <= GOOD_MEDIAN and errors.worst <= GOOD_WORST
    yield (
        f"Held out, half the settings are predicted within {errors.median:.1%}, the worst within {errors.worst:.1%}"
        f"{'.' if good else f': more than the {GOOD_MEDIAN:.0%} and {GOOD_WORST:.0%} of a good calibration.'}"
    )
    for cell, found in calibration.evidence.links:
        if found.median > 2 * GOOD_MEDIAN:
            yield (
                f"No other link tells what bounds the one of {_link(cell)}: held out whole, it is predicted to "
                f"{found.median:.0%}. A link unlike those measured is as uncertain."
            )


def _errors(name: str, errors: Errors) -> str:
    return f"  {name:<36}{errors.cells:>9}{errors.median:>9.1%}{errors.worst:>9.1%}{errors.bias:>+9.1%}"


def _quantity(name: str, value: float) -> str:
    stem = name.partition(":")[0]
    if stem == "efficiency":
        return f"{value:.1%}"
    unit, si = UNITS.get(stem, ("KiB", 1024.0))
    return f"{value / si:.3g} {unit}" if isfinite(value) else "none"


def _link(cell: Cell) -> str:
    return f"{link_name(cell.setting.link)}, {cell.setting.rtt * 1e3:.2g} ms"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def document(calibration: Calibration) -> dict[str, Any]:
    """Everything as one document."""
    evidence = calibration.evidence
    return {
        "schema": SCHEMA,
        "files": list(calibration.files),
        "rows": len(calibration.measurements),
        "settings": len(calibration.data.cells),
        "disturbed_rows": calibration.disturbed,
        "parameters": [_parameter(estimate) for estimate in evidence.estimates],
        "cores": calibration.fit.costs.cores,
        "fitted": _document(calibration.fitted),
        "held_out": _document(evidence.errors),
        "held_out_disturbed": None if evidence.disturbed is None else _document(evidence.disturbed),
        "held_out_by_class": {name: _document(errors) for name, errors in calibration.classes.items()},
        "held_out_by_link": [
            {
                "link_mbit": 0.0 if cell.setting.link == inf else cell.setting.link * 8 / 1e6,
                "rtt_ms": cell.setting.rtt * 1e3,
            }
            | _document(errors)
            for cell, errors in evidence.links
        ],
        "not_identified": [{"name": name, "enough": enough} for name, enough in missing(calibration)],
    }


def _parameter(estimate: Estimate) -> dict[str, Any]:
    return {
        "name": estimate.name,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "identified": estimate.identified,
    }


def _document(errors: Errors) -> dict[str, Any]:
    return {"settings": errors.cells, "median": errors.median, "worst": errors.worst, "bias": errors.bias}
