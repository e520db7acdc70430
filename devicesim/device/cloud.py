"""AWS's side: preparing a device, receiving it, and importing what is on it into S3."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from functools import partial

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.device.faults.account import failing
from devicesim.device.faults.ledger import Incident
from devicesim.device.faults.pace import at_the_pace_of_s3
from devicesim.device.neighbours import ObjectStore, Upload
from devicesim.device.setting import Setting
from devicesim.device.share import File, Item, Share
from devicesim.device.spoils import Spoils
from devicesim.physics import cloud, courier
from devicesim.progress import MOST_NAMES, Curve, ImportFailed, Leg, LegEnded, LegStarted

Process = Generator[simpy.Event, object, None]

ANY = ""
"""Stands for every key of a bucket that is not there."""


def accept(setting: Setting) -> Process:
    """The time a job stays New: the customer may still change or cancel it."""
    yield setting.env.timeout(setting.figures.si("preparation.new.duration"))


def out_of_stock(setting: Setting, job: str) -> Incident | None:
    """The fault by which AWS has no device for a job now; None if there is none."""
    return setting.account.take(setting, "stock-out", job)


def preparation(
    setting: Setting, job: str, out: Incident | None = None
) -> Generator[simpy.Event, object, float]:
    """Draw how long AWS takes to prepare a device [s]; now and then there is none in stock, and that takes weeks.

    A fault by which it is out of stock takes the same weeks, or as long as it says before the usual preparation.
    """
    if out is None:
        return _drawn(setting, job, None)
    duration = getattr(out.fault, "duration", None)
    waits = max(0.0, _drawn(setting, job, 1.0) - _drawn(setting, job, 0.0)) if duration is None else duration
    out.begin(setting.say, setting.now, "stock", "AWS has no device in stock", job=job, lasts=max(waits, 1.0))
    yield setting.env.timeout(waits)
    out.end(setting.say, setting.now)
    return _drawn(setting, job, 0.0)


def _drawn(setting: Setting, job: str, stock_out: float | None) -> float:
    """A preparation as it is drawn [s], with the catalog's share of stock-outs if not told."""
    device = setting.scenario.job.device

    def figure(path: str) -> float:
        return setting.figures.si(catalog.own(device, f"preparation.{path}"))

    law = courier.Preparation(
        median=figure("in_stock.median"),
        sigma=figure("in_stock.sigma"),
        stock_out=figure("stock_out.share") if stock_out is None else stock_out,
        stock_out_median=figure("stock_out.median"),
        stock_out_sigma=figure("stock_out.sigma"),
    )
    return float(courier.preparation_time(setting.draw(f"preparation/{job}"), 1, law)[0])


def sort(setting: Setting, job: str) -> Process:
    """The sorting facility; AWS documents a bound and the catalog a mean, and waits are spread evenly about it."""
    yield from _wait(setting, "sorting", job)


def queue(setting: Setting, job: str) -> Process:
    """Between arrival at AWS and the start of the import, likewise."""
    yield from _wait(setting, "start", job)


def _wait(setting: Setting, what: str, job: str) -> Process:
    share = float(setting.draw(f"{what}/{job}").random())
    even = 2 * share * setting.figures.si(f"aws_import.{what}_mean")
    yield setting.env.timeout(min(even, setting.figures.si(f"aws_import.{what}")))


def import_objects(setting: Setting, job: str, share: Share, spoils: Spoils) -> Process:
    """Copy what is on the device into S3, verify it, and count what failed."""
    figures = setting.figures
    size, count = share.bytes, share.files + spoils.links
    rate, objects = figures.si("aws_import.rate"), figures.si("aws_import.object_rate")
    listing = count / figures.si("aws_import.listing_rate")
    unpacked, archives = _unpacked(share)
    copying = float(cloud.import_time(size, count - archives, rate, objects))
    copying += float(cloud.import_time(0.0, unpacked, rate, figures.si("aws_import.object_rate_extracted")))
    leg = Leg("import", job, setting.now, size, count, listed=setting.now + listing)
    setting.stream.legs.append(leg)
    setting.say(LegStarted(setting.now, job, "import", size, count))
    begun = setting.now + listing
    knots = Curve(
        np.array([begun, begun + copying]),
        np.array([0.0, float(size)]),
        np.array([0.0, float(count)]),
        linear=True,
    )
    yield from at_the_pace_of_s3(setting, leg, knots, listing + copying)
    _hand_over(setting, job, share, spoils)
    leg.end, leg.complete = setting.now, True
    setting.say(LegEnded(setting.now, job, "import", True, size, count))


def _unpacked(share: Share) -> tuple[float, int]:
    """Objects that come out of archives, and how many archives these are."""
    packed = [each for bucket in share.buckets for each in share.collections(bucket) if each.inside > 1]
    return sum(each.files * each.inside for each in packed), sum(each.files for each in packed)


def _hand_over(setting: Setting, job: str, share: Share, spoils: Spoils) -> None:
    """Give the objects to the object store, if one is attached; some fail, and the failure log names them."""
    failing, store = _failing(setting, job, share), setting.neighbours.objects
    spoiled = spoils.failing()
    told = {each.number for each in spoiled}
    put = None if store is None else partial(_store, store, share, set(failing.tolist()) | told)
    refused = setting.heard.ask(_question(job), setting.now, put)
    for spoil in dict.fromkeys(each.spoil for each in spoiled):
        sizes = [each.size for each in spoiled if each.spoil == spoil]
        setting.say(ImportFailed(setting.now, job, len(sizes), sum(sizes), spoil.why, spoil.fault))
    if refused is None:
        failing = failing[[number not in told for number in failing.tolist()]] if told else failing
        count, size = failing.size, _size_of(share, failing)
    else:
        others = (item for _, item, made in imported(setting, job, share, spoils) if not made)
        sizes = [item.size for item in others if not spoils.of(item.node, item.collection, item.number)]
        count, size = len(sizes), sum(sizes)
    for each, numbers in _faults(setting, job, share).items():
        if told:  # what its content spoils fails by that
            numbers = numbers[[number not in told for number in numbers.tolist()]]
        fault = setting.faults.incidents[each]
        why, lost = (
            f"{getattr(fault.fault, 'error', '')}: named in the job's failure log",
            _size_of(share, numbers),
        )
        fault.begin(
            setting.say, setting.now, "S3", f"{numbers.size:,} objects fail to import", job=job,
            files=numbers.size, size=lost, names=_names(share, numbers),
        )  # fmt: skip
        setting.say(ImportFailed(setting.now, job, numbers.size, lost, why, each))
        count, size = count - numbers.size, size - lost
    if count:
        why = "checksum or name: named in the job's failure log"
        setting.say(ImportFailed(setting.now, job, count, size, why))


def _failing(setting: Setting, job: str, share: Share) -> NDArray[np.int64]:
    """Numbers of the objects that the import fails to make, in order; the same however often it is asked."""
    draw = setting.draw(f"import/{job}")
    number = int(draw.binomial(share.files, setting.figures.si("aws_import.failed")))
    drawn = (
        np.sort(draw.choice(share.files, number, replace=False)) if number else np.zeros(0, dtype=np.int64)
    )
    faults = _faults(setting, job, share)
    if faults:  # what fails by chance and on purpose fails once
        drawn = np.flatnonzero(np.bincount(np.concatenate([drawn, *faults.values()])))
    numbers: NDArray[np.int64] = drawn.astype(np.int64, copy=False)
    return numbers


def _faults(setting: Setting, job: str, share: Share) -> dict[str, NDArray[np.int64]]:
    """What each fault lets fail of an import, by its id: no object twice."""
    account, found = setting.account, dict[str, NDArray[np.int64]]()
    if job not in account.imports:
        account.imports[job] = account.all_due(setting, "import-failures", job)
    gone = np.zeros(share.files if account.imports[job] else 0, dtype=np.bool_)
    for each in account.imports[job]:
        numbers = failing(setting, each, job, share.files)
        numbers = numbers[~gone[numbers]]
        gone[numbers] = True
        if numbers.size:
            found[each.id] = numbers
    return found


def errors(setting: Setting, job: str, share: Share) -> dict[tuple[str, str], str]:
    """S3's codes for the objects of an import that faults let fail, by bucket and key."""
    codes = {
        int(number): str(getattr(setting.faults.incidents[each].fault, "error", ""))
        for each, numbers in _faults(setting, job, share).items()
        for number in numbers
    }
    if not codes:
        return {}
    return {(bucket, item.key): codes[number] for number, bucket, item in _numbered(share) if number in codes}


def _names(share: Share, numbers: NDArray[np.int64]) -> list[str]:
    """Keys of the first of some objects."""
    wanted = set(numbers[:MOST_NAMES].tolist())
    return [item.key for number, _, item in _numbered(share) if number in wanted]


def imported(setting: Setting, job: str, share: Share, spoils: Spoils) -> Iterator[tuple[str, Item, bool]]:
    """Every object of an import that is over, with its bucket and whether the import made it."""
    failing = set(_failing(setting, job, share).tolist())
    refused = {(bucket, key) for bucket, key in setting.heard.last(_question(job)) or ()}
    for number, bucket, item in _numbered(share):
        there = not {(bucket, item.key), (bucket, ANY)} & refused
        whole = not item.refusal and spoils.of(item.node, item.collection, item.number) is None
        yield bucket, item, there and number not in failing and whole


def _question(job: str) -> str:
    """What the object store is asked: to take a job's objects, and which of them it does not."""
    return f"import/{job}"


def _numbered(share: Share) -> Iterator[tuple[int, str, Item]]:
    """Objects with their numbers: those of collections first, then the single files."""
    many = itertools.count()
    single = itertools.count(
        sum(c.complete_sizes().size for b in share.buckets for c in share.collections(b))
    )
    for bucket in share.buckets:
        for item in share.objects(bucket):
            yield next(many if item.node is None else single), bucket, item


def _size_of(share: Share, numbers: NDArray[np.int64]) -> int:
    """Bytes of some objects, counted through the collections, then the single files."""
    total, first = 0, 0
    for bucket in share.buckets:
        for collection in share.collections(bucket):
            sizes = collection.complete_sizes()
            mine = numbers[(numbers >= first) & (numbers < first + sizes.size)] - first
            total += int(sizes[mine].sum())
            first += sizes.size
    single = [item.size for bucket in share.buckets for item in _single(share, bucket)]
    return total + sum(single[int(number) - first] for number in numbers[numbers >= first])


def _single(share: Share, bucket: str) -> Iterator[Item]:
    """The files of a bucket that no collection holds; they come first."""
    return itertools.takewhile(lambda item: item.node is not None, share.objects(bucket))


def _store(store: ObjectStore, share: Share, failing: set[int]) -> list[list[str]]:
    """Put every object into the store but those that fail; returns bucket and key of what the store refused."""
    refused: list[list[str]] = []
    for bucket, items in itertools.groupby(_numbered(share), key=lambda numbered: numbered[1]):
        if not store.has_bucket(bucket):
            refused.append([bucket, ANY])
            continue
        batch: dict[str, int] = {}
        for number, _, item in items:
            if number in failing or item.refusal:
                continue
            if item.node is None:
                batch[item.key] = item.size
            elif store.put(bucket, _upload(share, item)):
                refused.append([bucket, item.key])
        refused += [[bucket, key] for key in store.put_batch(bucket, batch.items())] if batch else []
    return refused


def _upload(share: Share, item: Item) -> Upload:
    node = item.node
    posix = item.posix
    metadata = {
        "file-owner": str(posix.uid),
        "file-group": str(posix.gid),
        "file-permissions": f"{posix.mode & 0o7777:04o}",
        "file-atime": f"{posix.atime_ns}ns",
        "file-mtime": f"{posix.mtime_ns}ns",
        "user-agent": "aws-datasync",
    }
    known = isinstance(node, File) and share.content.readable
    if known and node is not None:
        return Upload(item.key, item.size, lambda offset, count: share.read(node, offset, count), metadata)
    return Upload(item.key, item.size, None, metadata, share.digest(node) if node is not None else None)
