"""Ready-made options: the roads and the levers that planners compare first, each an edit of the document.

``snowcones:3`` has a name and, after a colon, what it takes. Each leaves a document that the usual checks judge:
an option that does not fit the story is refused by them, in their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devicesim.scenario.quantities import shown

Document = dict[str, Any]
ALL = "all"
"""Every ready-made option that fits the story."""


class Unfit(Exception):  # noqa: N818
    """Why an option does not fit a story."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why, self.hint = why, hint


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """An option that needs no words of the scenario's own.

    Attributes:
        example: how it is written.
        meaning: what it does.
        title: how the table calls it, ``{}`` being what it takes.
        edit: makes the document tell the story so.
        takes: a pattern of what stands behind the colon; None for nothing.
        usual: what ``all`` tries.
    """

    example: str
    meaning: str
    title: str
    edit: Callable[[Document, str], None]
    takes: str | None = None
    usual: tuple[str, ...] = ("",)


def parts(use: str) -> tuple[str, str]:
    """Part ``snowcones:3`` into its name and what it takes.

    Raises:
        Unfit: it is no ready-made option.
    """
    name, colon, given = (part.strip() for part in use.partition(":"))
    made = MADE.get(name)
    if made is None:
        raise Unfit(
            f"must be a ready-made option, got {shown(use)}",
            f"known: {', '.join(each.example for each in MADE.values())}",
        )
    fits = re.fullmatch(made.takes, given) if made.takes and colon else not (made.takes or colon)
    if not fits:
        raise Unfit(f"must be written as {made.example!r}, got {shown(use)}")
    return name, given


def title(use: str) -> str:
    """How tables call it: ``title("snowcones:3")`` is ``'3 Snowcones'``."""
    name, given = parts(use)
    text = MADE[name].title.format(given)
    return text.removesuffix("s") if given == "1" else text


def apply(document: Document, use: str) -> None:
    """Make the document tell the story so.

    Raises:
        Unfit: the story lacks what it takes.
    """
    name, given = parts(use)
    MADE[name].edit(document, given)


def usual() -> tuple[str, ...]:
    """What ``all`` tries, in the order of the table."""
    return tuple(f"{name}:{given}" if given else name for name, made in MADE.items() for given in made.usual)


def _shipped(document: Document, device: str) -> None:
    """All data on devices of one type."""
    for road in ("task", "hybrid", "fleet", "cluster"):
        document.pop(road, None)
    for dataset in document.get("dataset", ()):
        dataset.pop("route", None)
    if not document.get("client"):
        raise Unfit("needs a [[client]] that copies onto the device")
    job = document.get("job", {})
    kept = {key: value for key, value in job.items() if key not in ("device", "capacity", "ordered")}
    if job.get("device", "SNC1_HDD") != device:
        for client in document["client"]:
            client.pop("interface", None)
    document["job"] = kept | {"device": device}


def _snowcones(document: Document, number: str) -> None:
    _shipped(document, "SNC1_HDD")
    if int(number) > 1:
        document["fleet"] = {"devices": int(number)}


def _edge(document: Document, _: str) -> None:
    _shipped(document, "EDGE_S")


def _wan(document: Document) -> None:
    if "wan" not in document.get("site", {}):
        raise Unfit("needs the site's line to the internet", 'add [site.wan] up = "200 Mbit/s"')


def _datasync(document: Document, _: str) -> None:
    _wan(document)
    for part in ("job", "fleet", "cluster", "hybrid", "client", "instance", "function", "image", "fault"):
        document.pop(part, None)
    for dataset in document.get("dataset", ()):
        dataset.pop("route", None)
        dataset.pop("batch", None)
    names = [dataset.get("name") for dataset in document.get("dataset", ())]
    document["task"] = [{"name": "online", "dataset": names}]


def _hybrid(document: Document, deadline: str) -> None:
    _wan(document)
    device = document.get("job", {}).get("device", "SNC1_HDD")
    _shipped(document, device)
    document["hybrid"] = {"deadline": deadline} if deadline else {}


def _tar(document: Document, size: str) -> None:
    for dataset in document.get("dataset", ()):
        dataset["batch"] = {"files": 10_000, "size": size or "1 GB"}


def _clients(document: Document) -> list[dict[str, Any]]:
    if not (clients := document.get("client")):
        raise Unfit("needs a [[client]]")
    return list(clients)


def _streams(document: Document, number: str) -> None:
    for client in _clients(document):
        client["streams"] = int(number)


def _cable(document: Document, rate: str) -> None:
    for client in _clients(document):
        client |= {"link": "ethernet", "rate": rate or "1 Gbit/s"}


def _wifi(document: Document, _: str) -> None:
    if "wifi" not in document.get("site", {}):
        raise Unfit("needs a wireless network", "add [site.wifi]")
    for client in _clients(document):
        client["link"] = "wifi"
        client.pop("rate", None)


def _durability(document: Document, how: str) -> None:
    for client in _clients(document):
        client["nfs"] = dict(client.get("nfs", {})) | {"durability": how}


def _shipping(document: Document, option: str) -> None:
    if not document.get("job"):
        raise Unfit("needs a [job] that is shipped")
    document["job"]["shipping"] = option


_RATE = r"\d+(\.\d+)?\s*[MG]bit/s"
_MANY = r"[1-9]\d{0,3}"
_TABLE = (
    ReadyMade("snowcones:3", "that many Snowcones", "{} Snowcones", _snowcones, _MANY, ("1", "2", "3")),
    ReadyMade("edge", "one Snowball Edge Storage Optimized", "One Snowball Edge", _edge),
    ReadyMade("device:EDGE_C", "another type of device", "One {}", _shipped, r"\w+", ()),
    ReadyMade("datasync", "all of it over the line", "DataSync, no device", _datasync),
    ReadyMade("hybrid", "part by line and part by parcel, for the earliest end", "Line and parcel", _hybrid),
    ReadyMade(
        "due:14 d",
        "the line carries what it can by then, the parcel the rest",
        "Line and parcel, due {}",
        _hybrid,
        r"\d.*",
        (),
    ),
    ReadyMade("tar", "files packed into archives of 1 GB, unpacked at the import", "Tar archives", _tar),
    ReadyMade("streams:8", "that many files at a time", "{} streams", _streams, _MANY, ("8",)),
    ReadyMade("wifi", "every client on Wi-Fi", "Wi-Fi", _wifi),
    ReadyMade(
        "cable:10 Gbit/s", "every client on a cable", "{} cable", _cable, _RATE, ("1 Gbit/s", "10 Gbit/s")
    ),
    ReadyMade(
        "durability:sync",
        "when NFS calls a file written: async, commit or sync",
        "NFS {}",
        _durability,
        r"async|commit|sync",
        ("async", "sync"),
    ),
    ReadyMade(
        "shipping:NEXT_DAY", "another shipping option", "{} shipping", _shipping, r"[A-Z_]+", ("NEXT_DAY",)
    ),
)
MADE: dict[str, ReadyMade] = {made.example.partition(":")[0]: made for made in _TABLE}
"""The ready-made options by name."""
