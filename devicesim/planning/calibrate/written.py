"""A calibration as a profile: TOML that scenarios name and people read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from math import inf
from pathlib import PurePath

from devicesim.planning.calibrate.calibration import Calibration
from devicesim.planning.calibrate.evidence import Errors, Estimate
from devicesim.planning.calibrate.told import missing
from devicesim.planning.measured.profile import KEYS, UNITS
from devicesim.scenario.profile import SCHEMA

NOTES = {
    "efficiency": "share of the link's TCP goodput that was filled",
    "delay": "what client and server add to each round trip",
    "per_operation": "time of a core for one call",
    "per_byte": "time of a core for each byte written",
    "ceiling": "what one client moved with no link to hold it",
}


def toml(calibration: Calibration) -> str:
    """The profile as text; the same for the same measurements, whatever directory they lie in."""
    return "\n".join(_lines(calibration)) + "\n"


def _lines(calibration: Calibration) -> Iterator[str]:
    cells = len(calibration.data.cells)
    rows = len(calibration.measurements)
    files = ", ".join(PurePath(file).name for file in calibration.files)
    yield '# Written by devicesim calibrate; a scenario names this file: profile = "lab.toml"'
    yield f"schema = {_text(SCHEMA)}"
    yield f"title = {_text(f'Fitted to {files}')}"
    yield ""
    yield "[sources]"
    told = f"{files}: {rows} rows of {cells} settings, fitted by devicesim {version('devicesim')}"
    yield f"fit = {_text(told)}"
    yield ""
    yield "[figures]"
    for estimate in calibration.evidence.estimates:
        if estimate.name in KEYS:
            yield _figure(estimate)
    cores = calibration.fit.costs.cores
    yield (
        f'"{KEYS["cores"]}" = {{ value = {cores}, unit = "vCPU", range = "exact", kind = "measured", source = "fit", '
        'note = "the number that fits best, of 1, 2 and 4" }'
    )
    yield ""
    yield "[transfer]"
    yield f"window = {calibration.fit.costs.window}"
    for line in calibration.fit.costs.lines:
        yield ""
        yield "[[line]]"
        yield f"kind = {_text(line.kind)}"
        yield f"rtt_ms = {_number(line.rtt * 1e3)}"
        yield f"bucket_bytes = {_number(line.bucket)}"
    yield from _evidence(calibration)


def _evidence(calibration: Calibration) -> Iterator[str]:
    yield ""
    yield "# Errors of the predicted time, relative: cells held out with all their repeats."
    yield "[held_out]"
    yield from _errors(calibration.evidence.errors)
    for name, errors in calibration.classes.items():
        yield ""
        yield "[[held_out.files]]"
        yield f"class = {_text(name)}"
        yield from _errors(errors)
    for cell, errors in calibration.evidence.links:
        yield ""
        yield "[[held_out.link]]"
        yield f"link_mbit = {_number(0.0 if cell.setting.link == inf else cell.setting.link * 8 / 1e6)}"
        yield f"rtt_ms = {_number(cell.setting.rtt * 1e3)}"
        yield from _errors(errors)
    for name, enough in missing(calibration):
        yield ""
        yield "[[not_identified]]"
        yield f"name = {_text(name)}"
        yield f"enough = {_text(enough)}"


def _figure(estimate: Estimate) -> str:
    unit, si = UNITS[estimate.name]
    value, low, high = (_number(each / si) for each in (estimate.value, estimate.low, estimate.high))
    note = NOTES[estimate.name]
    if not estimate.identified:
        note += "; not identified by these measurements, so close to what is assumed beforehand"
    kind = "measured" if estimate.identified else "assumed"
    return (
        f'"{KEYS[estimate.name]}" = {{ value = {value}, unit = "{unit}", range = [{low}, {high}], '
        f'kind = "{kind}", source = "fit", note = {_text(note)} }}'
    )


def _errors(errors: Errors) -> Iterator[str]:
    yield f"cells = {errors.cells}"
    for name in ("median", "worst", "bias"):
        yield f"{name} = {_number(getattr(errors, name))}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    return f"{value:.6g}"
