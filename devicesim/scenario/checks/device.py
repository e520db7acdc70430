"""Whether the device that is ordered can do what the story asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devicesim import catalog
from devicesim.jobs import JobType
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.findings import Finding


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what the device ordered does not have or do."""
    if isinstance(draft.document.get("job"), dict):
        yield from _job_type(draft)
        yield from _capacity(draft)
    yield from _instance_types(draft)
    yield from _radio(draft)
    yield from _battery(draft)


def _either(names: Sequence[str]) -> str:
    """Names in quotes, as a hint offers them."""
    quoted = [f'"{name}"' for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _job_type(draft: Draft) -> Iterator[Finding]:
    kind = draft.table("job").get("type", str(JobType.IMPORT))
    known = catalog.entry(draft.device).listing("job_types")
    if kind in tuple(JobType) and kind not in known:
        why = f"{kind} is not offered on {draft.device}, which takes {' and '.join(known)} jobs"
        yield Finding(("job", "type"), why, f"write {_either(known)}")


def _capacity(draft: Draft) -> Iterator[Finding]:
    device, given = draft.device, draft.table("job").get("capacity", catalog.NO_PREFERENCE)
    known, region = catalog.capacities(device), draft.table("site").get("region")
    if isinstance(given, str) and given not in (*known, catalog.NO_PREFERENCE):
        yield Finding(
            ("job", "capacity"),
            f"{device} comes as {' and '.join(known)}, not as {given}",
            f"write {_either(known)}",
        )
    elif isinstance(region, str) and region in catalog.regions():
        if not catalog.offered(device, region):
            offered = catalog.entry(device).listing("regions")
            yield Finding(
                ("job", "device"), f"{device} is not offered in {region}", f"it is in {', '.join(offered)}"
            )
        elif not catalog.offered(device, region, draft.capacity):
            others = [name for name in known if catalog.offered(device, region, name)]
            yield Finding(
                ("job", "capacity"), f"{device} comes as {' and '.join(others)} in {region}, not as {given}"
            )


def _instance_types(draft: Draft) -> Iterator[Finding]:
    known = list(catalog.instance_types(draft.device))
    for index, instance in draft.tables("instance"):
        kind = instance.get("type")
        if not isinstance(kind, str) or kind in known:
            continue
        if known:
            yield Finding(
                ("instance", index, "type"),
                f"{draft.device} has no instance type {kind!r}",
                f"it has {', '.join(known)}",
            )
        else:
            yield Finding(("instance", index), f"{draft.device} runs no instances")


def _radio(draft: Draft) -> Iterator[Finding]:
    if draft.figures.flag(f"{draft.device}.wifi.fitted"):
        return
    if draft.table("job").get("wifi") is True:
        yield Finding(("job", "wifi"), f"{draft.device} has no Wi-Fi", "leave job.wifi out")
    for index, client in draft.tables("client"):
        if client.get("link") == "wifi":
            yield Finding(
                ("client", index, "link"), f"{draft.device} has no Wi-Fi", 'write link = "ethernet"'
            )


def _battery(draft: Draft) -> Iterator[Finding]:
    given = draft.table("site", "power").get("source")
    if given == "battery" and not catalog.has(f"{draft.device}.battery.capacity"):
        yield Finding(
            ("site", "power", "source"),
            f"{draft.device} runs on mains only: it has no battery",
            'write source = "mains"',
        )
