"""The wire: windows that do not overlap, tasks that can be, data sets with one road each."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from devicesim import catalog
from devicesim.scenario import rooms
from devicesim.scenario.checks import roads
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.datasets import expected_count
from devicesim.scenario.findings import Finding
from devicesim.scenario.places import Path


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what does not fit together on the online road."""
    yield from _windows(draft)
    yield from _line(draft)
    yield from _job(draft)
    yield from _names(draft)
    yield from _roads(draft)
    yield from _agent(draft)
    yield from _limits(draft)
    yield from _hybrid(draft)
    yield from _company(draft)


def _company(draft: Draft) -> Iterator[Finding]:
    """What the online road is not told together with."""
    others = [name for name in ("fleet", "cluster") if isinstance(draft.document.get(name), dict)]
    if draft.table("job").get("type") == "EXPORT":
        others.append("job of type EXPORT")
    for other in others:
        hint = "tell the one and the other in scenarios of their own"
        for index, _ in draft.tables("task"):
            yield Finding(("task", index), f"tasks are not modelled beside a {other}", hint)
        if "hybrid" in draft.document:
            yield Finding(("hybrid",), f"a hybrid plan is not modelled beside a {other}", hint)
        for index, _ in roads.online(draft):
            yield Finding(("dataset", index, "route"), f"going online is not modelled beside a {other}", hint)


# The line.


def _windows(draft: Draft) -> Iterator[Finding]:
    """What is wrong with the line's windows; few lines have any, and what reads them waits for one that does."""
    if draft.table("site", "wan").get("window"):
        yield from rooms.windows_of(draft)


def _line(draft: Draft) -> Iterator[Finding]:
    if not isinstance(draft.document.get("site"), dict) or "wan" in draft.table("site"):
        return
    hint = '[site.wan] with up = "100 Mbit/s"'
    for index, _ in draft.tables("task"):
        yield Finding(("task", index), "a task needs [site.wan], which is missing", hint)
    if "hybrid" in draft.document:
        yield Finding(("hybrid",), "sending part of the data online needs [site.wan], which is missing", hint)
    names = roads.sent(draft, "site") | roads.sent(draft, "device")
    for index, table in roads.online(draft):
        if roads.name_of(table) not in names:
            path: Path = ("dataset", index, "route")
            yield Finding(path, "going online needs [site.wan], which is missing", hint)


def _job(draft: Draft) -> Iterator[Finding]:
    if "job" in draft.document or roads.wire_only(draft):
        return
    hint = "add [job] with what is ordered, or send every data set online by a [[task]]"
    yield Finding(("job",), "is missing", hint)


# The tasks.


def _names(draft: Draft) -> Iterator[Finding]:
    known = [t["name"] for _, t in draft.tables("dataset") if isinstance(t.get("name"), str)]
    names: dict[str, int] = {}
    senders: dict[str, int] = {}
    for index, task in draft.tables("task"):
        name = task.get("name")
        if isinstance(name, str):
            if name in names:
                yield Finding(
                    ("task", index, "name"), f"must be unique, got {name!r}, which task[{names[name]}] has"
                )
            names.setdefault(name, index)
        path: Path = ("task", index, "dataset")
        for dataset in roads.named(task.get("dataset")):
            if dataset not in known:
                near = get_close_matches(dataset, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
                yield Finding(path, f"no dataset is named {dataset!r}", hint)
            elif dataset in senders:
                yield Finding(path, f"dataset {dataset!r} is sent by task[{senders[dataset]}] already")
            senders.setdefault(dataset, index)


def _roads(draft: Draft) -> Iterator[Finding]:
    """One road for each data set, and a source that has it."""
    tables = {t["name"]: (n, t) for n, t in draft.tables("dataset") if isinstance(t.get("name"), str)}
    copied = roads.copied(draft)
    for index, task in draft.tables("task"):
        path: Path = ("task", index, "dataset")
        device = task.get("source", "site") == "device"
        for name in roads.named(task.get("dataset")):
            if name not in tables:
                continue
            if tables[name][1].get("route") == "ship":
                yield Finding(path, f"dataset {name!r} is to be shipped: its route is 'ship'")
            if device and name not in copied:
                hint = 'add a [[client]] for it, or write source = "site"'
                yield Finding(
                    path, f"nobody copies dataset {name!r} onto the device that is to send it", hint
                )
            if not device and name in copied:
                hint = 'write source = "device", or take it from the client'
                yield Finding(
                    path, f"dataset {name!r} is copied onto the device and sent from the site", hint
                )
    if isinstance(draft.document.get("dataset"), list) and "hybrid" not in draft.document:
        for name, (index, table) in tables.items():
            if table.get("route") == "ship" and name not in copied and draft.tables("client"):
                yield Finding(("dataset", index, "route"), "is to be shipped, and no client copies it")


def _agent(draft: Draft) -> Iterator[Finding]:
    """An agent on the device: it needs the NFS service, and an instance's processors and memory."""
    for index, task in draft.tables("task"):
        if task.get("source", "site") != "device":
            continue
        path: Path = ("task", index, "source")
        job = draft.table("job")
        if "job" in draft.document and job.get("type", "IMPORT") != "IMPORT":
            yield Finding(
                path,
                f"an agent on the device needs its NFS service, and job.type is {job.get('type')!r}",
                'write type = "IMPORT", or source = "site"',
            )
        agent, entry = draft.figures.text("datasync.instance"), catalog.entry(draft.device)
        if "instance_types" in entry.lists and agent in entry.listing("instance_types"):
            yield from _room_for_agent(draft, path, draft.device)
        else:
            hint = 'write source = "site": the agent then stands on premises'
            yield Finding(
                path, f"an agent comes with Snowcones, as an {agent}, and not with {draft.device}", hint
            )
        return


def _room_for_agent(draft: Draft, path: Path, device: str) -> Iterator[Finding]:
    """Whether the device has room for the agent beside the scenario's instances."""
    figures = draft.figures
    vcpus = figures.si(f"{device}.cpu.vcpus")
    wanted = figures.si("datasync.agent.vcpus")
    taken = 0.0
    for _, instance in draft.tables("instance"):
        size = str(instance.get("type", "")).rpartition(".")[2]
        count = instance.get("count", 1)
        try:
            each = figures.si(f"{device}.instances.{size}.vcpus")
        except LookupError:
            continue
        taken += each * (count if isinstance(count, int) else 1)
    if taken and taken + wanted > vcpus:
        agent = figures.text("datasync.instance")
        yield Finding(
            path,
            f"the agent is an {agent} of {wanted:.0f} vCPUs, and instances take {taken:.0f} of the device's "
            f"{vcpus:.0f}",
            'take the instances away, or write source = "site"',
        )


def _limits(draft: Draft) -> Iterator[Finding]:
    """How many files a task may have, where that is known before the run."""
    counts = {}
    for index, dataset in draft.datasets.items():
        listing = draft.listings.get(index)
        if listing is not None:
            counts[dataset.name] = listing.count
        elif dataset.manifest is None and dataset.directory is None:
            counts[dataset.name] = expected_count(dataset, draft.figures)
    for index, task in draft.tables("task"):
        device = task.get("source", "site") == "device"
        most = int(draft.figures.si("datasync.max_files" if device else "datasync.site_max_files"))
        files = sum(counts.get(name, 0) for name in set(roads.named(task.get("dataset"))))
        if files > most and task.get("split") is not True:
            where = "on a Snowcone" if device else "on premises"
            yield Finding(
                ("task", index, "dataset"),
                f"a task {where} has at most {most:,} files, got {files:,}",
                f"write split = true to make {-(-files // most):,} tasks of it",
            )


def _hybrid(draft: Draft) -> Iterator[Finding]:
    if "hybrid" not in draft.document:
        return
    copied, sent = roads.copied(draft), roads.sent(draft, "site") | roads.sent(draft, "device")
    free = [
        table
        for _, table in draft.tables("dataset")
        if table.get("route") is None and roads.name_of(table) not in sent
    ]
    if not free:
        yield Finding(
            ("hybrid",), "has nothing to part: every data set has its road", "leave a data set's route out"
        )
    for index, table in draft.tables("dataset"):
        if table in free and roads.name_of(table) not in {"", *copied}:
            path: Path = ("dataset", index, "name")
            yield Finding(
                path, "may be shipped by [hybrid], and no client copies it", "add a [[client]] for it"
            )
