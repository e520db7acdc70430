"""The life of one job in columns, from the order to S3: as ``device.order``, ``cloud``, ``shipment`` and ``customer``.

Every line here has its original there; the same draws, the same roundings, in the same order, so that times are equal
to the last bit but for what the copy's error moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.device.shipment import days_off
from devicesim.physics import courier
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.streams import drawn, even, words

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Pairs = tuple[Floats, Floats]

FEW, NEAR = 25.0, 1e-9
"""Expected failures below which numpy draws a binomial by inversion, and how close to a limit a draw is left to it."""


@dataclass(slots=True)
class Draws:
    """The named draws of every replication.

    Attributes:
        seed: of all. replications: their numbers, shape (n,). jobs: JobIds.
    """

    seed: int
    replications: NDArray[np.int64]
    jobs: list[str] = field(init=False)

    def __post_init__(self) -> None:
        both = words(self.seed, self.replications, ["job/0"] * self.replications.size, 2)
        texts = [each.tobytes().hex() for each in np.ascontiguousarray(both.T.astype("<u8"))]
        self.jobs = [f"JID{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}" for d in texts]

    def names(self, what: str) -> list[str]:
        """The name of a draw of each job."""
        return [f"{what}/{job}" for job in self.jobs]

    def even(self, what: str) -> Floats:
        """The first number in [0, 1) of a draw."""
        return even(words(self.seed, self.replications, self.names(what), 1)[0])

    def places(self, what: str, count: int) -> NDArray[np.int64]:
        """A whole number below ``count``, which is small."""
        # As numpy does it, with half a word; what it would draw anew is left to it.
        half = words(self.seed, self.replications, self.names(what), 1)[0] & np.uint64(0xFFFFFFFF)
        product = half * np.uint64(count)
        found: NDArray[np.int64] = (product >> np.uint64(32)).astype(np.int64)
        again = np.flatnonzero((product & np.uint64(0xFFFFFFFF)) < count)
        names = [f"{what}/{self.jobs[row]}" for row in again.tolist()]
        taken = drawn(self.seed, self.replications[again], names, lambda draw: int(draw.integers(count)))
        found[again] = list(taken)
        return found


def prepared(columns: Columns, draws: Draws) -> tuple[Floats, Marks]:
    """How long AWS takes to prepare a device [s], and whether there was none in stock."""
    device = columns.story.job.device

    def figure(path: str) -> Floats:
        return columns.own(device, f"preparation.{path}")

    taken = drawn(
        draws.seed,
        draws.replications,
        draws.names("preparation"),
        lambda draw: (draw.random(), draw.standard_normal()),
    )
    chance, deviation = np.array(list(taken)).T
    waits = chance < figure("stock_out.share")
    median = np.where(waits, figure("stock_out.median"), figure("in_stock.median"))
    sigma = np.where(waits, figure("stock_out.sigma"), figure("in_stock.sigma"))
    return median * np.exp(sigma * deviation), waits


@dataclass(frozen=True, slots=True)
class Trip:
    """One way of a parcel, shape (n,) each.

    Attributes:
        collected, ended: when [s]: the end of a lost parcel is the day it was promised for.
        lost, damaged: whether it was.
    """

    collected: Floats
    ended: Floats
    lost: Marks
    damaged: Marks


class Parcel:
    """The courier of a story's lane."""

    def __init__(self, columns: Columns, draws: Draws) -> None:
        self._columns, self._draws = columns, draws
        story = columns.story
        lane = catalog.lane_for(story.site.region)
        self._option = f"{lane.name}.{story.job.shipping.value}" if story.job.shipping else ""
        country = columns.text(f"{lane.name}.holidays")
        self._epoch = np.datetime64(story.start.replace(tzinfo=None), "ms")
        self._holidays = days_off(country, story.start.year)
        self._week = courier.weekmask(country, story.start.year)

    def trip(self, direction: str, ready: Floats) -> Trip:
        """Wait for the courier from ``ready`` on, and travel."""
        columns, draws = self._columns, self._draws
        taken = drawn(
            draws.seed,
            draws.replications,
            draws.names(f"shipping/{direction}"),
            lambda draw: (draw.standard_normal(), draw.random(), draw.random()),
        )
        deviation, late_chance, end_chance = np.array(list(taken)).T
        collected = self._until(ready, self._collection(ready))
        civil = self._civil(collected)
        base = np.maximum(
            1.0,
            np.rint(
                columns.all(f"{self._option}.business_days")
                * np.exp(columns.all(f"{self._option}.sigma") * deviation)
            ),
        ).astype(np.int64)
        late = self._late(civil, late_chance)
        lost_share, damaged_share = columns.all("courier.lost"), columns.all("courier.damaged")
        lost = end_chance < lost_share
        damaged = ~lost & (end_chance < lost_share + damaged_share)
        promised = self._until(collected, self._delivery(civil, base))
        ended = np.where(lost, promised, self._until(promised, self._delivery(civil, base + late)))
        return Trip(collected, ended, lost, damaged)

    def same(self, early: Floats, late: Floats) -> Marks:
        """Whether the courier comes for both at the same time."""
        return np.asarray(self._collection(early) == self._collection(late))

    def _civil(self, seconds: Floats) -> NDArray[np.datetime64]:
        return np.asarray(self._epoch + np.rint(seconds * 1000).astype("timedelta64[ms]"))

    def _until(self, now: Floats, civil: NDArray[np.datetime64]) -> Floats:
        at = (civil - self._epoch) / np.timedelta64(1, "ms") / 1000.0
        return np.asarray(now + np.maximum(0.0, at - now))

    def _hour(self, key: str) -> NDArray[np.timedelta64]:
        return np.rint(self._columns.all(key)).astype("timedelta64[s]")

    def _collection(self, ready: Floats) -> NDArray[np.datetime64]:
        limit, civil = self._hour("courier.cutoff"), self._civil(ready)
        day = civil.astype("datetime64[D]")
        missed = (civil - day > limit).astype(np.int64)
        first = np.busday_offset(day + missed, 0, "forward", self._week, self._holidays)
        return np.asarray(first.astype("datetime64[s]") + limit)

    def _delivery(self, civil: NDArray[np.datetime64], days: NDArray[np.int64]) -> NDArray[np.datetime64]:
        day = np.busday_offset(civil.astype("datetime64[D]"), days, "forward", self._week, self._holidays)
        return np.asarray(day.astype("datetime64[s]") + self._hour("courier.delivery"))

    def _late(self, civil: NDArray[np.datetime64], chance: Floats) -> NDArray[np.int64]:
        columns = self._columns
        december = civil.astype("datetime64[M]").astype(np.int64) % 12 == 11
        share = np.minimum(
            1.0, columns.all("courier.late") * np.where(december, columns.all("courier.december"), 1.0)
        )
        tail, above = columns.all("courier.tail"), 1.0 - chance
        is_late = above <= share
        days = np.ones(chance.size, dtype=np.int64)
        many = is_late & (tail > 0)
        days[many] = 1 + np.floor(np.log(above[many] / share[many]) / np.log(tail[many])).astype(np.int64)
        return np.where(is_late, days, 0)


def received(columns: Columns, draws: Draws, arrived: Floats) -> Floats:
    """When the import of a device that has arrived begins [s]."""
    now = arrived
    for what in ("sorting", "start"):
        even = 2 * draws.even(what) * columns.all(f"aws_import.{what}_mean")
        now = now + np.minimum(even, columns.all(f"aws_import.{what}"))
    return now


def imported(columns: Columns, begun: Floats, count: Floats, size: Floats) -> Floats:
    """When an import is over [s]."""
    listing = count / columns.all("aws_import.listing_rate")
    copying = size / columns.all("aws_import.rate") + count / columns.all("aws_import.object_rate")
    return np.asarray(begun + (listing + copying))


def failing(columns: Columns, draws: Draws, count: Floats) -> NDArray[np.int64]:
    """How many objects the import fails to make, shape (n,)."""
    chance, names = columns.all("aws_import.failed"), draws.names("import")
    first = even(words(draws.seed, draws.replications, names, 1)[0])
    found = np.zeros(count.size, dtype=np.int64)
    # Few trials are drawn by inversion: below the chance of none, the first number means none.
    inverted = (chance <= 0.5) & (count * chance < FEW)
    with np.errstate(divide="ignore", invalid="ignore"):
        none = inverted & (first < np.exp(count * np.log1p(-chance)) * (1 - NEAR))
    rest = np.flatnonzero(~(none | (count == 0)))
    pairs = iter(zip(count[rest].astype(np.int64).tolist(), chance[rest].tolist(), strict=True))
    taken = drawn(
        draws.seed,
        draws.replications[rest],
        [names[row] for row in rest.tolist()],
        lambda draw: int(draw.binomial(*next(pairs))),
    )
    found[rest] = list(taken)
    return found
