"""Which data goes by which road, decided before the run: as the scenario says, or from expected times.

Everything here is a closed form on expected values: the same scenario and the same files give the same plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.device.expectation import Load, expected
from devicesim.device.online.line import since_monday
from devicesim.device.online.pace import Pace
from devicesim.device.online.source import Batch, batch
from devicesim.device.setting import Setting
from devicesim.scenario import Files, Hybrid, Scenario, Task
from devicesim.units import format_duration, format_size

DAY = 86400.0
SAMPLE = 2_000
"""File sizes that an expected copy is computed from."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A task and the files it sends."""

    task: Task
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class Roads:
    """What goes where.

    Attributes:
        shipped: files that clients copy onto the device.
        site: what is sent from the site. device: what is sent from the device.
        reason: why it was parted so; empty where the scenario said it all.
        expected: days that a hybrid plan expects of either road: ``online``, ``shipped``.
    """

    shipped: tuple[Files, ...] = ()
    site: tuple[Errand, ...] = ()
    device: tuple[Errand, ...] = ()
    reason: str = ""
    expected: dict[str, float] = field(default_factory=dict)


def roads(setting: Setting, story: Scenario, files: Sequence[Files]) -> Roads:
    """Part a scenario's data between the roads.

    Args:
        setting: of the run; its figures and its time.
        story: the scenario.
        files: of every data set.
    """
    by_name = {each.name: each for each in files}
    copied = {name for client in story.clients for name in client.dataset}
    errands = [
        Errand(task, tuple(batch(by_name[name]) for name in task.datasets)) for task in _tasks(story, copied)
    ]
    site = tuple(errand for errand in errands if errand.task.source == "site")
    named = {name for errand in site for name in errand.task.datasets}
    told = Roads(
        tuple(each for each in files if each.name in copied - named),
        site,
        tuple(errand for errand in errands if errand.task.source == "device"),
    )
    return told if story.hybrid is None else _parted(setting, story, story.hybrid, told)


def _tasks(story: Scenario, copied: set[str]) -> list[Task]:
    """The scenario's tasks, and one for what goes online without any."""
    sent = {name for task in story.tasks for name in task.datasets}
    left = [
        dataset.name for dataset in story.datasets if dataset.route == "online" and dataset.name not in sent
    ]
    made = []
    for source in ("site", "device"):
        mine = tuple(name for name in left if (name in copied) == (source == "device"))
        if mine:
            name = "online" if source == "site" else "online from the device"
            made.append(Task.model_validate({"name": name, "dataset": mine, "source": source, "split": True}))
    return [*story.tasks, *made]


# A hybrid plan.


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What is expected of either road when the first k of the files go online.

    Attributes:
        sizes: of all files that may go by either road, in their order.
        edges: the numbers k at which they may be parted.
        online: seconds until the first k are in S3 by the wire, for every k of 0 .. n, shape (n + 1,).
        shipped: seconds until the rest is there by the parcel, for one k.
    """

    sizes: NDArray[np.int64]
    edges: NDArray[np.int64]
    online: NDArray[np.float64]
    shipped: Callable[[int], float]

    def end(self, k: int) -> float:
        """When both roads are through."""
        return max(float(self.online[k]), self.shipped(k))


def _parted(setting: Setting, story: Scenario, hybrid: Hybrid, told: Roads) -> Roads:
    sent = {name for errand in (*told.site, *told.device) for name in errand.task.datasets}
    fixed = {dataset.name for dataset in story.datasets if dataset.route is not None} | sent
    free = [files for files in told.shipped if files.name not in fixed]
    kept = [files for files in told.shipped if files.name in fixed]
    outlook = _outlook(setting, story, hybrid, free, kept)
    k, reason = _choose(hybrid, outlook)
    k, reason = _fitting(setting, story, outlook, kept, k, reason)
    first, rest = _split(free, k)
    errands = told.site
    if first:
        name = "hybrid" if all(task.name != "hybrid" for task in story.tasks) else "hybrid plan"
        task = Task.model_validate(
            {
                "name": name,
                "dataset": tuple(each.files.name for each in first),
                "verify": hybrid.verify,
                "split": True,
            }
        ).model_copy(update={"bytes_per_second": hybrid.bytes_per_second})
        errands = (*errands, Errand(task, tuple(first)))
    days = {"online": float(outlook.online[k]) / DAY, "shipped": outlook.shipped(k) / DAY}
    return replace(told, shipped=(*kept, *rest), site=errands, reason=reason, expected=days)


def _outlook(
    setting: Setting, story: Scenario, hybrid: Hybrid, free: Sequence[Files], kept: Sequence[Files]
) -> _Outlook:
    figures = setting.figures
    sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(files.sizes for files in free)])
    fixed = np.concatenate([np.zeros(0, dtype=np.int64), *(files.sizes for files in kept)])
    counts = np.cumsum([0, *(files.count for files in free)])
    edges = counts if hybrid.whole else np.arange(sizes.size + 1)
    line = story.site.wan
    if line is None:
        raise ValueError("a hybrid plan without [site.wan]")

    # The parcel as it usually goes: that a device is out of stock now and then is told, not planned with.
    stock = catalog.own(story.job.device, "preparation.stock_out.share")
    usual = figures.with_value(stock, 0.0)

    def shipped(k: int) -> float:
        rest = np.concatenate([fixed, sizes[k:]])
        if not rest.size:
            return 0.0
        sample = rest[np.linspace(0, rest.size - 1, min(rest.size, SAMPLE)).astype(np.int64)]
        return float(sum(expected(usual, story, Load(sample, rest.size, int(rest.sum())))))

    monday = since_monday(setting.epoch) + setting.now
    online = Pace(figures, line, hybrid.verify, hybrid.bytes_per_second).firsts(monday, sizes)
    return _Outlook(sizes, edges, online, shipped)


def _choose(hybrid: Hybrid, outlook: _Outlook) -> tuple[int, str]:
    """How many of the files go online, and why."""
    if hybrid.deadline is not None:
        return _by_deadline(hybrid, hybrid.deadline, outlook)
    if hybrid.share is not None:
        passed = np.concatenate([[0], np.cumsum(outlook.sizes)])
        goal = hybrid.share * float(passed[-1])
        k = int(outlook.edges[np.searchsorted(passed[outlook.edges], goal, side="right") - 1])
        return k, f"{100 * hybrid.share:.3g} % of the bytes were to go online"
    return _by_end(outlook)


def _by_deadline(hybrid: Hybrid, deadline: float, outlook: _Outlook) -> tuple[int, str]:
    safe = deadline * (1 - hybrid.safety)
    edges = outlook.edges
    k = int(edges[np.searchsorted(outlook.online[edges], safe, side="right") - 1])
    within = _within(safe, deadline)
    if k == outlook.sizes.size:
        return k, f"all of it is expected online after {outlook.online[k] / DAY:.3g} days, within {within}"
    parcel = outlook.shipped(k)
    verdict = "in time" if parcel <= deadline else "later than the deadline"
    size = format_size(int(outlook.sizes[:k].sum()))
    carried = f"the line carries {size} in {within}" if k else f"the line carries none of it in {within}"
    return k, f"{carried}; the parcel with the rest usually takes {parcel / DAY:.3g} days, {verdict}"


def _within(safe: float, deadline: float) -> str:
    """The time that may be used, in words.

    >>> _within(11.2 * DAY, 14 * DAY), _within(48 * 60.0, 3600.0)
    ('11.2 of the 14 days to the deadline', '48 min of the 1 h to the deadline')
    """
    if deadline < DAY:
        return f"{format_duration(safe)} of the {format_duration(deadline)} to the deadline"
    return f"{safe / DAY:.3g} of the {deadline / DAY:.3g} days to the deadline"


def _by_end(outlook: _Outlook) -> tuple[int, str]:
    """The earliest end of both: where the wire takes as long as the parcel, or one of them alone."""
    edges = outlook.edges
    low, high = 0, edges.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        k = int(edges[middle])
        if float(outlook.online[k]) <= outlook.shipped(k):
            low = middle
        else:
            high = middle
    k = min((int(edges[i]) for i in (0, low, high, edges.size - 1)), key=lambda k: (outlook.end(k), -k))
    if k == outlook.sizes.size:
        return k, "the wire alone is expected to be quicker than any parcel"
    if k == 0:
        return k, "the parcel alone is expected to be quicker than the wire with any of it"
    return k, f"both roads are expected to end after {outlook.end(k) / DAY:.3g} days"


def _fitting(
    setting: Setting, story: Scenario, outlook: _Outlook, kept: Sequence[Files], k: int, reason: str
) -> tuple[int, str]:
    """Send online what the device has no room for, whatever the plan says."""
    device = story.job.device
    holds = catalog.room(device, story.job.capacity, bool(story.instances or story.functions))
    room = setting.figures.si(holds) - sum(files.total for files in kept)
    most = setting.figures.si(f"{device}.storage.max_files") - sum(files.count for files in kept)
    behind = np.concatenate([np.cumsum(outlook.sizes[::-1])[::-1], [0]])
    count = outlook.sizes.size - np.arange(outlook.sizes.size + 1)
    fits = outlook.edges[(behind[outlook.edges] <= room) & (count[outlook.edges] <= most)]
    least = int(fits[0]) if fits.size else outlook.sizes.size
    if k >= least:
        return k, reason
    return least, f"{reason}; the device has no room for more than {format_size(int(behind[least]))} of it"


class _Later(Sequence[str]):
    """The paths of a data set's files from one of them on, as they are in the whole."""

    def __init__(self, files: Files, first: int) -> None:
        self._files, self._first = files, first

    def __len__(self) -> int:
        return self._files.count - self._first

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        path = self._files.path(self._first + index)
        return path if self._files.paths is not None else path.removeprefix(f"{self._files.name}/")


def _split(free: Sequence[Files], k: int) -> tuple[list[Batch], list[Files]]:
    """The first k files as batches for the wire, and the rest as data sets for the device."""
    first, rest = [], []
    for files in free:
        taken = min(k, files.count)
        k -= taken
        if taken:
            first.append(batch(files, 0, taken))
        if taken == 0:
            rest.append(files)
        elif taken < files.count:
            rest.append(replace(files, sizes=files.sizes[taken:], paths=_Later(files, taken)))
    return first, rest
