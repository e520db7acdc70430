"""Compute on the device: images and instances that must fit it, functions that it must offer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from devicesim import catalog
from devicesim.errors import UnitError
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.findings import Finding
from devicesim.scenario.places import Path
from devicesim.units import DURATION, format_duration, format_size, parse

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Instance

MOST_REQUESTS = 10_000_000
"""Requests of a scenario, each of which is computed: so many take half a minute and 2 GB of memory."""

USUAL = 86400.0
"""For how long requests are counted where neither ``duration`` nor ``job.keep`` tells [s]."""


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what cannot run on the device."""
    yield from _names(draft)
    room = _Room(draft)
    yield from _images(room)
    yield from _vcpus(room)
    yield from _memory(room)
    yield from _requests(room)
    yield from _expected(room)
    yield from _functions(room)
    yield from _triggers(draft)
    yield from _accounts(draft)


class _Room:
    """What a device has for compute, as far as the catalog tells."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.device = draft, draft.device
        self._known = catalog.entry(draft.device)
        self._types = catalog.instance_types(draft.device)
        self.instances = {n: each for n, each in draft.instances.items() if each.type in self._types}

    def figure(self, path: str) -> float | None:
        """A figure of the device in SI, None if the catalog has none of that name."""
        return self.draft.figures.si(f"{self.device}.{path}") if path in self._known else None

    def of(self, instance: Instance, what: str) -> float:
        """A figure of an instance's type."""
        return self.draft.figures.si(f"{self._types[instance.type]}.{what}")

    @property
    def services(self) -> Iterator[tuple[str, str]]:
        """Services that run on what instances could have, as people call them and as the catalog does."""
        names = {"nfs": "NFS", "file": "the file interface"}
        usual = catalog.entry(self.device).listing("interfaces")[0]
        used = {str(client.get("interface", usual)) for _, client in self.draft.tables("client")}
        for name in sorted(used & set(names)):
            if self.figure(f"{name}.from_instances"):
                yield names[name], name
        if self.draft.tables("function") and self.figure("functions.vcpus"):
            yield "Lambda", "functions"

    def at_once(self, part: Callable[[Instance], float]) -> Iterator[tuple[int, float]]:
        """Each instance with the most that it and the instances before it take at the same time."""
        for index, instance in self.instances.items():
            earlier = [other for n, other in self.instances.items() if n <= index]
            starts = {other.start for other in earlier if _runs(instance, other.start)}
            yield (
                index,
                max(
                    sum(part(other) * other.count for other in earlier if _runs(other, moment))
                    for moment in starts
                ),
            )


def _runs(instance: Instance, moment: float) -> bool:
    return instance.start <= moment < instance.start + (instance.duration or math.inf)


def _names(draft: Draft) -> Iterator[Finding]:
    for key in ("image", "function"):
        seen: dict[str, int] = {}
        for index, table in draft.tables(key):
            name = table.get("name")
            if isinstance(name, str) and name in seen:
                why = f"must be unique, got {name!r}, which {key}[{seen[name]}] has"
                yield Finding((key, index, "name"), why)
            elif isinstance(name, str):
                seen[name] = index
    known = [t["name"] for _, t in draft.tables("image") if isinstance(t.get("name"), str)]
    for index, table in draft.tables("instance"):
        if isinstance(name := table.get("image"), str) and name not in known:
            near = get_close_matches(name, known, 1)
            told = f"known: {', '.join(known)}" if known else "add an [[image]] of that name"
            hint = f"did you mean {near[0]!r}?" if near else told
            yield Finding(("instance", index, "image"), f"no image is named {name!r}", hint)


def _images(room: _Room) -> Iterator[Finding]:
    images, most = room.draft.images, room.figure("instances.images")
    total = 0.0
    for index, image in images.items():
        total += image.size
        if most is not None and total > most:
            why = f"the images must fit the {format_size(most)} that {room.device} has for them"
            yield Finding(("image", index, "size"), f"{why}, got {format_size(total)}")
            break
    number = room.figure("instances.images_most")
    if number is not None and len(images) > number:
        yield Finding(
            ("image", int(number)), f"{room.device} takes at most {number:.0f} images, got {len(images)}"
        )
    sizes = {image.name: image.size for image in images.values()}

    def volume(instance: Instance) -> float:
        return sizes.get(instance.image or "", 0.0) if instance.volume is None else instance.volume

    for index, instance in room.instances.items():
        size = sizes.get(instance.image or "", 0.0)
        if instance.volume is not None and instance.volume < size:
            why = f"must hold its image of {format_size(size)}, got {format_size(instance.volume)}"
            yield Finding(("instance", index, "volume"), why)
    store = room.figure("instances.storage")
    for index, taken in room.at_once(volume):
        if store is not None and taken > store:
            key = "image" if room.instances[index].volume is None else "volume"
            why = f"instances have {format_size(store)} of storage together, got {format_size(taken)}"
            yield Finding(("instance", index, key), why)
            break


def _vcpus(room: _Room) -> Iterator[Finding]:
    """What services leave of the vCPUs; without services a check of the story's own speaks."""
    services = {people: room.figure(f"{name}.vcpus") or 0.0 for people, name in room.services}
    most = room.figure("cpu.vcpus")
    if not services or most is None:
        return
    left = most - sum(services.values())
    for index, taken in room.at_once(lambda instance: room.of(instance, "vcpus")):
        if left < taken <= most:
            yield Finding(
                ("instance", index, "type"),
                f"{_leaving(services)} instances {left:.0f} of {most:.0f} vCPUs, got {taken:.0f} at a time",
            )
            break


def _memory(room: _Room) -> Iterator[Finding]:
    whole = room.figure("instances.memory") or room.figure("memory.size")
    taken_by = {"nfs": "nfs.memory", "file": "file.memory", "functions": "functions.reserved"}
    services = {people: room.figure(taken_by[name]) or 0.0 for people, name in room.services}
    if whole is None:
        return
    most = whole - sum(services.values())
    # Where there are not vCPUs enough, that is said already.
    vcpus, busy = room.figure("cpu.vcpus"), dict(room.at_once(lambda instance: room.of(instance, "vcpus")))
    for index, taken in room.at_once(lambda instance: room.of(instance, "memory")):
        if taken > most and (vcpus is None or busy[index] <= vcpus):
            has = f"{_leaving(services)} instances" if services else "instances have"
            why = f"{has} {_binary(most)} of memory together, got {_binary(taken)} at a time"
            yield Finding(("instance", index, "type"), why)
            break


def _leaving(services: Mapping[str, float]) -> str:
    return f"{' and '.join(services)} {'leave' if len(services) > 1 else 'leaves'}"


def _binary(size: float) -> str:
    return f"{size / 2**30:.3g} GiB"


def _requests(room: _Room) -> Iterator[Finding]:
    for index, instance in room.instances.items():
        requests = instance.requests
        if requests is None:
            continue
        vcpus = room.of(instance, "vcpus")
        left = vcpus * (1 - instance.cpu)
        if requests.concurrency > left + 1e-9:
            has = f"{instance.type} has {vcpus:.0f} vCPU{'s' if vcpus > 1 else ''}"
            busy = f" and keeps {instance.cpu:.0%} of them busy" if instance.cpu else ""
            path = ("instance", index, "requests", "concurrency")
            yield Finding(path, f"each request takes a vCPU: {has}{busy}, got {requests.concurrency}")


def _expected(room: _Room) -> Iterator[Finding]:
    """More requests than can be computed, by how long the instances run at most."""
    kept, total = _kept(room.draft), 0.0
    nodes = room.draft.table("cluster").get("nodes", 1)
    for index, instance in room.instances.items():
        requests = instance.requests
        if requests is None or requests.every is None:
            continue
        runs = max(kept, USUAL) if instance.duration is None else instance.duration
        surge = requests.surge
        often = 1.0 if surge is None else 1 + surge.length / surge.every * (surge.times - 1)
        total += runs / requests.every * often * instance.count * (nodes if isinstance(nodes, int) else 1)
        if total > MOST_REQUESTS:
            why = f"instances serve at most {MOST_REQUESTS:,} requests together"
            got = f"got about {total:,.0f} in {format_duration(runs)}"
            hint = "give the instance a shorter duration, or requests that come less often"
            yield Finding(("instance", index, "requests", "every"), f"{why}, {got}", hint)
            break


def _kept(draft: Draft) -> float:
    kept = draft.table("job").get("keep")
    try:
        return parse(kept, DURATION) if isinstance(kept, str) else 0.0
    except UnitError:
        return 0.0  # told by the table's own check


def _accounts(draft: Draft) -> Iterator[Finding]:
    """What the account has once, or in another Region."""
    seen: dict[str, int] = {}
    for index, image in draft.images.items():
        if image.ami in seen:
            why = f"must be unique, got {image.ami!r}, which image[{seen[image.ami]}] has"
            hint = "an image goes onto the device once; several instances may start from it"
            yield Finding(("image", index, "ami"), why, hint)
        seen.setdefault(image.ami, index)
    region = draft.table("site").get("region")
    for index, function in draft.functions.items():
        named = function.arn.split(":")[3] if function.arn is not None else region
        if isinstance(region, str) and named != region:
            why = f"must be a function in the job's Region {region}, got one in {named}"
            hint = "a job takes functions of its own Region only; publish it there"
            yield Finding(("function", index, "arn"), why, hint)


def _functions(room: _Room) -> Iterator[Finding]:
    tables = room.draft.tables("function")
    if not tables:
        return
    if not room.figure("functions.vcpus"):
        why = f"{room.device} does not run Lambda functions; Snowball Edge devices do"
        hint = "describe the work as an [[instance]] with requests"
        if room.figure("functions.vcpus") is not None:
            hint += f', or set "{room.device}.functions.vcpus" in [assume] to see what if'
        yield Finding(("function", tables[0][0]), why, hint)
        return
    most, total = room.figure("functions.memory"), 0.0
    for index, function in room.draft.functions.items():
        total += function.memory
        if most is not None and total > most:
            why = f"the functions have {format_size(most)} of memory together, got {format_size(total)}"
            yield Finding(("function", index, "memory"), why)
            break


def _triggers(draft: Draft) -> Iterator[Finding]:
    buckets = [t["bucket"] for _, t in draft.tables("dataset") if isinstance(t.get("bucket"), str)]
    for index, function in draft.functions.items():
        for number, arn in enumerate(function.triggers):
            path: Path = ("function", index, "triggers", *_within(draft.tables("function"), index, number))
            if arn in function.triggers[:number]:
                yield Finding(path, f"must name each bucket once, got {arn!r} again")
            elif arn not in buckets and arn != "arn:aws:s3:::none":
                near = get_close_matches(arn, buckets, 1)
                known = (
                    f"known: {', '.join(sorted(set(buckets)))}" if buckets else "no [[dataset]] goes to one"
                )
                hint = f"did you mean {near[0]!r}?" if near else known
                yield Finding(path, f"must be a bucket of this job, got {arn!r}", hint)


def _within(tables: list[tuple[int, Mapping[str, Any]]], index: int, number: int) -> tuple[int, ...]:
    """The position in a list, nothing where a text stands for a list of one."""
    listed = any(n == index and isinstance(table.get("triggers"), list) for n, table in tables)
    return (number,) if listed else ()
