"""What a fault needs of a story to befall it: mains, a cable, a client on Wi-Fi, a device that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devicesim import catalog
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.findings import Finding

Bar = tuple[str, str, str]
"""The key at fault, why it cannot be, and what to write instead."""

Rule = Callable[[Draft, Mapping[str, Any]], Iterator[Bar]]


def check(draft: Draft) -> Iterator[Finding]:
    """Yield the faults that cannot befall this story."""
    for index, fault in draft.tables("fault"):
        for key, why, hint in bars(draft, fault):
            yield Finding(("fault", index, key), why, hint)


def bars(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """Why one fault cannot befall a story; nothing where it can."""
    kind = fault.get("kind")
    for rule in RULES.get(kind, ()) if isinstance(kind, str) else ():
        yield from rule(draft, fault)


def single(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """It befalls a device that works by itself, not one of a cluster."""
    kind = fault["kind"]
    hint = 'in a cluster: kind = "power-cut"' if kind == "blackout" else ""
    article = "an" if kind[0] in "aeiou" else "a"
    if "cluster" in draft.document:
        yield "kind", f"{article} {kind} befalls a device that works by itself", hint


def jobs(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """Only a fleet has several jobs of which one has that number."""
    if "fleet" not in draft.document and fault.get("number") not in (None, 1):
        yield "number", f"must be 1 where there is no [fleet], got {fault['number']!r}", ""


def mains(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """There are mains that may fail."""
    if draft.table("site", "power").get("source") == "battery":
        kind = fault["kind"]
        yield (
            "kind",
            f"a {kind} is of the mains, and the device runs on a battery",
            'write kind = "power-cut"',
        )


def parts(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """Only an export has several devices one after the other."""
    if draft.table("job").get("type") != "EXPORT" and fault.get("part", 1) != 1:
        yield "part", "only an EXPORT has parts", ""


def _link(draft: Draft, fault: Mapping[str, Any], kind: str, words: str) -> Iterator[Bar]:
    clients = [client for _, client in draft.tables("client")]
    there = [client.get("name") for client in clients if client.get("link", "ethernet") == kind]
    named = fault.get("client")
    if not there:
        yield "kind", f"no client is on {words}", f'add a [[client]] with link = "{kind}"'
    elif named is not None and named not in there:
        yield (
            "client",
            f"must be a client on {words}, got {named!r}",
            f"there is {', '.join(map(str, there))}",
        )


def wifi(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """A client is on Wi-Fi."""
    yield from _link(draft, fault, "wifi", "Wi-Fi")


def cable(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """A client is on a cable."""
    yield from _link(draft, fault, "ethernet", "a cable")


def battery(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """The device runs on a battery."""
    if draft.table("site", "power").get("source", "mains") != "battery":
        yield (
            "kind",
            "no battery can die: the device runs on mains",
            'a [site] with power.source = "battery" has one',
        )


def shingled(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """The drive could be a shingled one: the catalog has a sustained rate of it."""
    if not catalog.has(f"{draft.device}.disk.smr_rate"):
        yield (
            "kind",
            f"the catalog knows no shingled drive in {draft.device}",
            'device = "SNC1_HDD" may have one',
        )


def imported(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """AWS imports what is on the device."""
    if (kind := draft.table("job").get("type", "IMPORT")) != "IMPORT":
        yield "kind", f"a {fault['kind']} shows at an import, and job.type is {kind!r}", ""


def copied(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """Somebody copies."""
    if not draft.document.get("client"):
        yield "kind", "nobody copies anything", "add a [[client]]"


def ships(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """A device is ordered, and so many of them that one has that number."""
    kind, number = fault["kind"], fault.get("number", 1)
    fleet, job = draft.table("fleet"), draft.table("job")
    if "job" not in draft.document or job.get("ordered") is False:
        yield "kind", f"no device is ordered that a {kind} could befall", "add a [job]"
    elif number != 1 and not (draft.table("cluster") or fleet or job.get("type") == "EXPORT"):
        yield "number", f"must be 1 where one device is ordered, got {number!r}", ""


def imports(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """AWS imports what is on the device."""
    if (kind := draft.table("job").get("type", "IMPORT")) != "IMPORT" or "cluster" in draft.document:
        yield "kind", f"{fault['kind']} is of an import, and job.type is {kind!r}", ""


def names(draft: Draft, fault: Mapping[str, Any]) -> Iterator[Bar]:
    """Something in the story needs AWS to come to its buckets."""
    if draft.table("job").get("type", "IMPORT") == "LOCAL_USE" and not draft.document.get("task"):
        yield "kind", f"{fault['kind']} befalls what goes to S3 or comes from there, and nothing does", ""


RULES: Mapping[str, tuple[Rule, ...]] = {
    "blackout": (single, mains, parts, jobs),
    "power-cut": (jobs, parts),
    "battery-dead": (single, battery, parts, jobs),
    "brown-out": (single, parts, jobs),
    "overheating": (single, parts, jobs),
    "slow-disk": (single, parts, jobs),
    "full-disk": (single, imported, parts, jobs),
    "smr-cliff": (single, shingled, parts, jobs),
    "wifi-roam": (single, wifi, parts, jobs),
    "wifi-outage": (single, wifi, parts, jobs),
    "cable-pulled": (single, cable, parts, jobs),
    "corrupted-file": (single, imported, parts, jobs),
    "file-changed": (single, imported, copied, parts, jobs),
    "symbolic-link": (single, imported, parts, jobs),
    "bad-name": (single, imported, parts, jobs),
    "parcel-lost": (ships,),
    "parcel-damaged": (ships,),
    "customs-hold": (ships,),
    "wrong-label": (ships,),
    "stock-out": (ships,),
    "import-failures": (ships, imports),
    "role-revoked": (names,),
    "key-revoked": (names,),
    "s3-throttled": (names,),
}
"""What each kind asks of a story; of nodes in a cluster, :mod:`~devicesim.scenario.checks.cluster` knows."""
