"""Which stories can be told together, and their telling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.device.interfaces import kind_of
from devicesim.jobs import JobType
from devicesim.planning.futures import Futures, Way
from devicesim.planning.together import life, warmth
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.copying import Copies, copies, exactly
from devicesim.planning.together.hot import Hot
from devicesim.planning.together.lists import Lists
from devicesim.planning.together.stations import Stations
from devicesim.planning.together.streams import drawn
from devicesim.planning.together.survey import Survey, wares_of
from devicesim.scenario import Scenario

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

DAY, HOUR = 86400.0, 3600.0
OUTCOMES = (
    "complete",
    "lost on the way to the customer",
    "damaged on the way to the customer",
    "lost on the way back to AWS",
    "damaged on the way back: AWS erases such a device without any work",
)
NAMED = 256
"""Objects that fail in one future up to which each is looked up; of more the mean size is taken."""


def unfit(story: Scenario) -> str:
    """Why a story is told one World at a time; empty where it need not be."""
    reasons = (
        (story.cluster is not None, "it is of a cluster"),
        (story.fleet is not None, "it is of a fleet"),
        (story.job.type is not JobType.IMPORT, f"its job is of type {story.job.type.value}"),
        (story.sends_online, "it sends data online"),
        (bool(story.instances or story.functions), "something computes beside the copy"),
        (bool(story.faults), "faults are laid into it"),
        (story.site.power.source != "mains", "it runs on batteries"),
        (len(story.clients) != 1, f"it has {len(story.clients)} clients"),
        (any(client.link == "wifi" for client in story.clients), "a client is on Wi-Fi"),
        (any(kind_of(client) != "nfs" for client in story.clients), "a client does not write over NFS"),
        (any(client.start_after > 0 for client in story.clients), "a client starts later"),
        (story.job.holds is not None, "the device holds data before the copy"),
        (any(dataset.batch is not None for dataset in story.datasets), "files are packed into archives"),
    )
    return next((why for holds, why in reasons if holds), "")


class Telling:
    """All futures of a story that :func:`unfit` finds nothing against.

    Args:
        columns: its figures.
        seed, numbers: of the futures.
        survey: of the story.

    Attributes:
        left: the futures that a World must tell, shape (n,).
    """

    def __init__(self, columns: Columns, seed: int, numbers: NDArray[np.int64], survey: Survey) -> None:
        self._columns, self._draws = columns, life.Draws(seed, numbers)
        self._wares = wares_of(columns, seed)
        stations = Stations.of(columns)
        self._lists: Lists = self._wares.lists(stations.block, stations.window, survey.fits)
        self._copies: Copies = copies(columns, stations, self._lists, survey.measured, numbers)
        self._send()
        self._keep(stations)
        self._return(stations)
        self.left |= ~self._ordinary()

    def _send(self) -> None:
        """Prepare the device, and send it to the customer."""
        columns, draws, story = self._columns, self._draws, self._columns.story
        device, parcel = story.job.device, life.Parcel(columns, draws)
        preparation, self._waited = life.prepared(columns, draws)
        packing = preparation * columns.own(device, "preparation.preparing_shipment.share")
        now = columns.all("preparation.new.duration") + (preparation - packing) + packing
        self._out = out = parcel.trip("outbound", now)
        unpack = story.job.unpack
        now = out.ended + (columns.all("default_customer.unpacking") if unpack is None else unpack)
        self._unpacked = now
        for wait in ("boot.time", "unlock.time", "nfs.start"):
            now = now + columns.all(f"{device}.{wait}")
        self._begun = now

    def _keep(self, stations: Stations) -> None:
        """Copy, each future for itself where heat comes near."""
        columns, lists, copied = self._columns, self._lists, self._copies
        seconds, off = copied.seconds.copy(), self._figure("shutdown.time").copy()
        self._size = lists.bytes.copy()
        taken, there = np.stack([lists.count, lists.bytes]), np.stack([lists.count, lists.bytes])
        self._given = given = ~(self._out.lost | self._out.damaged)
        hot = Hot(columns, stations, self._wares, lists, copied, self._unpacked)
        near = np.flatnonzero(given & self._fits() & warmth.warm(columns, copied))
        self._heated = heated = hot.told(near)
        seconds[heated.rows], off[heated.rows] = heated.seconds, heated.off
        self._size[heated.rows] = heated.size
        taken[:, heated.rows], there[:, heated.rows] = heated.taken, heated.there
        self._copied, self._off, self._taken, self._there = self._begun + seconds, off, taken, there
        self.left = np.zeros(columns.count, dtype=np.bool_)
        self.left[heated.left] = True

    def _return(self, stations: Stations) -> None:
        """Switch the device off, send it back, and import what is on it."""
        columns, draws, parcel = self._columns, self._draws, life.Parcel(self._columns, self._draws)
        waits = self._off + self._hand_over()
        now = self._ready(waits)
        self._error = np.full(columns.count, self._copies.error)
        self._error[self._heated.rows] = self._heated.errors
        margin = self._error * (self._copied - self._begun)
        # Where the courier might come a day sooner or later, were the copy off by what is stated, it is told exactly.
        close = ~parcel.same(now - margin, now + margin) & self._given & self._fits()
        close[self._heated.rows] = False
        self._exact = 0
        for row in np.flatnonzero(close).tolist():
            seconds = exactly(columns, stations, self._wares, self._lists, row)
            if seconds is not None:
                self._copied[row], self._error[row] = self._begun[row] + seconds, 0.0
                self._exact += 1
        self._handed = now = self._ready(waits)
        self._back = back = parcel.trip("return", now)
        self._importing = life.received(columns, draws, back.ended)
        self._complete = life.imported(columns, self._importing, *self._there)

    def _ready(self, waits: Floats) -> Floats:
        """When each device is ready for the courier, who is called so long after the copy."""
        keep = self._columns.story.job.keep
        return np.asarray((self._copied + keep if keep else self._copied) + waits)

    def _figure(self, path: str) -> Floats:
        return self._columns.all(f"{self._columns.story.job.device}.{path}")

    def _hand_over(self) -> Floats | float:
        if self._columns.story.job.hand_over is not None:
            return self._columns.story.job.hand_over
        waits = np.array(self._columns.values("courier.handover"))
        return np.asarray(waits[self._draws.places("customer", waits.size)])

    def _fits(self) -> Marks:
        """The futures in which the device takes every file."""
        lists = self._lists
        room = self._columns.all(
            catalog.room(self._columns.story.job.device, self._columns.story.job.capacity)
        )
        return np.asarray(
            (lists.bytes * (1 + lists.error) <= room)
            & (lists.count <= self._figure("storage.max_files"))
            & (lists.largest * (1 + lists.error) <= self._figure("storage.max_file_size"))
        )

    def _ordinary(self) -> Marks:
        """The futures in which nothing happens that is not told here: no refusal, no lock, no supply too weak.

        Nor one in which the courier might come a day sooner or later, were the copy off by what is stated.
        """
        columns, copied = self._columns, self._copies
        flushed = 2 * copied.behind <= self._figure("shutdown.time")
        flushed[self._heated.rows] = True
        unlocked = self._copied + DAY <= self._figure("certificate.lifetime")
        fed = warmth.idle(columns) < self._figure("power.supply")
        margin, ready = self._error * (self._copied - self._begun), self._handed
        met = life.Parcel(columns, self._draws).same(ready - margin, ready + margin)
        return np.asarray(self._fits() & flushed & unlocked & fed & met)

    def futures(self, at: Floats) -> Futures:
        """What became of them; rows that are :attr:`left` hold nothing to rely on."""
        out, back = self._out, self._back
        given = self._given
        failing = life.failing(self._columns, self._draws, self._there[0])
        through = given & ~(back.lost | back.damaged)
        outcome = np.select([out.lost, out.damaged, back.lost, back.damaged], [1, 2, 3, 4], 0).astype(
            np.int64
        )
        return Futures(
            seed=self._draws.seed,
            replication=self._draws.replications,
            metrics=self._metrics(given, through, failing),
            outcome=outcome,
            outcomes=OUTCOMES,
            stock_out=self._waited,
            draws=self._columns.drawn,
            told=self._ways(),
            at=at,
            progress=self._progress(at, given, through) if at.size else {},
        )

    def _ways(self) -> tuple[Way, ...]:
        """How the futures were told, and with what error."""
        heated = self._heated
        ways = [Way("batch", "one job with one client on a cable", self._copies.error)]
        if heated.rows.size > heated.exact:
            ways.append(Way("flow", "heat comes near", heated.error))
        if heated.lost.any():
            ways.append(Way("flow", "heat ends the copy", float(heated.lost.max())))
        if heated.exact:
            why = "heat decides to the minute, or loses few files"
            ways.append(Way("core", why, runs=heated.exact))
        if self._exact:
            ways.append(Way("core", "the courier is about to leave", runs=self._exact))
        return tuple(ways)

    def _metrics(self, given: Marks, through: Marks, failing: NDArray[np.int64]) -> dict[str, Floats]:
        count, size = self._lists.count, self._size
        (taken, taken_bytes), (there, there_bytes) = self._taken, self._there
        copying = self._copied - self._begun
        arrived = through & (failing < there)
        lost = np.where(through, failing + (count - there), count)
        failed_bytes = self._failed_bytes(through, failing)
        lost_bytes = np.where(through, failed_bytes + (size - there_bytes), size)

        def where(marks: Marks, values: Floats, otherwise: float = np.nan) -> Floats:
            return np.asarray(np.where(marks, values, otherwise), dtype=np.float64)

        return {
            "cost_usd": self._cost(given),
            "battery_swaps": np.zeros(self._columns.count),
            "files_lost": lost.astype(np.float64),
            "bytes_lost": np.asarray(lost_bytes, dtype=np.float64),
            "files_failed": where(through, failing.astype(np.float64), 0.0),
            "days_to_s3": where(arrived, self._complete / DAY, np.inf),
            "device_days": where(given, (self._back.collected - self._out.ended) / DAY),
            "ingest_hours": where(given, copying / HOUR),
            "ingest_mb_s": where(given, taken_bytes / copying / 1e6),
            "ingest_files_s": where(given, taken / copying),
        }

    def _cost(self, given: Marks) -> Floats:
        """The bill, as ``report.costs``."""
        columns, order = self._columns, self._columns.story.job
        device, fees = order.device, f"{order.device}.price.service_fee"
        key = f"{fees}_{order.capacity}" if catalog.has(f"{fees}_{order.capacity}") else fees
        service = columns.all(key)
        if catalog.has(f"{fees}_large"):
            moved = np.where(given, self._there[1], 0.0)
            service = np.where(
                moved > columns.all(f"{device}.price.large"), columns.all(f"{fees}_large"), service
            )
        on_site = np.where(given, self._back.collected - self._out.ended, 0.0)
        days = np.maximum(0.0, np.floor(on_site / DAY) - 1)
        extra = np.maximum(0.0, days - columns.all(f"{device}.price.included") / DAY)
        place = catalog.lane_for(columns.story.site.region).name.removeprefix("lane.")
        known = (f"prices.shipping.{place}", f"{device}.price.shipping", "prices.shipping.other")
        shipping = columns.all(next(key for key in known if catalog.has(key)))
        return np.asarray(service + extra * columns.all(f"{device}.price.daily_fee") + shipping)

    def _failed_bytes(self, through: Marks, failing: NDArray[np.int64]) -> Floats:
        """Bytes of the objects that fail, each looked up unless they are many."""
        (count, size), columns = self._there, self._columns
        found = failing * size / np.maximum(count, 1.0)
        rows = np.flatnonzero(through & (failing > 0) & (failing <= NAMED))
        if not self._wares.exact or not rows.size:
            return np.asarray(found)
        draws = self._draws
        chances = columns.all("aws_import.failed")
        pairs = iter([(int(count[row]), float(chances[row])) for row in rows.tolist()])

        def numbers(draw: np.random.Generator) -> NDArray[np.int64]:
            files, chance = next(pairs)
            return np.asarray(draw.choice(files, int(draw.binomial(files, chance)), replace=False))

        names = [f"import/{draws.jobs[row]}" for row in rows.tolist()]
        taken = drawn(draws.seed, draws.replications[rows], names, numbers)
        named = [self._heated.numbers(row, which) for row, which in zip(rows.tolist(), taken, strict=True)]
        lengths = np.array([which.size for which in named])
        sizes = self._wares.some(np.repeat(rows, lengths), np.concatenate(named))
        found[rows] = np.add.reduceat(sizes, np.cumsum(lengths) - lengths)
        return np.asarray(found)

    def _progress(self, at: Floats, given: Marks, through: Marks) -> Mapping[str, Floats]:
        begun = self._importing + self._there[0] / self._columns.all("aws_import.listing_rate")
        copied, there = [], []
        for time in at.tolist():
            by = self._copies.by(time - self._begun)
            by[self._heated.rows] = self._heated.by(time - self._begun[self._heated.rows])
            copied.append(np.where(given, by, 0.0))
            share = np.clip((time - begun) / np.maximum(self._complete - begun, 1e-300), 0.0, 1.0)
            there.append(np.where(through, share * self._there[1], 0.0))
        return {"ingest": np.stack(copied, axis=1), "import": np.stack(there, axis=1)}
