"""One fault that is asked for while a World runs: the same members, told as text, and the same refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from devicesim.errors import BoundError, VerbError, unknown
from devicesim.scenario.checks import Draft
from devicesim.scenario.checks.cluster import check as cluster
from devicesim.scenario.checks.faults import bars
from devicesim.scenario.faults import KINDS, FaultTable
from devicesim.scenario.findings import findings
from devicesim.scenario.models import Scenario


def read(story: Scenario, kind: str, members: Mapping[str, Any]) -> FaultTable:
    """Read a fault as a scenario would have it.

    Args:
        story: what it is to befall.
        kind: of the fault.
        members: as in ``[[fault]]``; ``at`` counts from now, and is now if not given.

    Raises:
        UnknownNameError: no such kind.
        BoundError: a member that is missing, unknown or out of its bounds.
        VerbError: it cannot befall that story.
    """
    if kind not in KINDS:
        raise unknown("kind of fault", kind, KINDS)
    table = {"at": "0 s", **members, "kind": kind}
    model = KINDS[kind]
    try:
        fault = model.model_validate(table)
    except ValidationError as error:
        found = next(iter(findings(error.errors(include_url=False), table, model)))
        hint = f" ({found.hint})" if found.hint else ""
        name = ".".join(map(str, found.path))
        raise BoundError(f"{name} {_bound(found.why)}{hint}") from None
    document = {**story.to_dict(), "fault": [table]}
    for _, why, hint in bars(Draft(document), table):
        raise VerbError(f"{kind} cannot befall this job: {why}{f' ({hint})' if hint else ''}")
    for finding in cluster(Draft(document)):
        if finding.path[0] == "fault":
            raise VerbError(f"{kind} cannot befall this job: {finding.why}")
    return fault


def _bound(why: str) -> str:
    """A finding in the dialect of misuse."""
    if why == "is missing":
        return "must be given, got nothing"
    if why == "unknown key":
        return "must be a member of this kind of fault"
    return why if why.startswith("must be") else f"must be a quantity: {why}"
