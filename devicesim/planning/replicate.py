"""Many futures of one scenario: the catalog's ranges and the model's own randomness, by replication number.

Replication i is ``World(story, seed=seed, replication=i)`` of the story with the drawn figures in its ``[assume]``;
:func:`story_of` gives that story, so that any future can be run, looked at and repeated alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim import catalog
from devicesim.device.order import Life
from devicesim.errors import ScenarioError, require
from devicesim.planning import draws
from devicesim.planning.futures import Futures, Way, joined, missing
from devicesim.planning.laws import Law
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.lists import Unfit
from devicesim.planning.together.survey import Survey
from devicesim.planning.together.telling import Telling, unfit
from devicesim.report.fold import measures
from devicesim.scenario import Scenario
from devicesim.world import World, simulate

Numbers = NDArray[np.int64]

MOST = 2**31
"""Replications have numbers below this."""
FEW = 64
"""Futures fewer than which are run one by one: telling them together has to be set up."""
LEGS = ("ingest", "import", "online", "read")
"""Legs whose progress is noted: onto a device, from it into S3, over the line into S3, off a device."""
DAY = 86400.0


def replicate(
    scenario: Scenario,
    replications: Sequence[int] | range,
    *,
    seed: int | None = None,
    vary: bool = True,
    at: ArrayLike = (),
    survey: Survey | None = None,
) -> Futures:
    """Tell some futures of a scenario.

    Args:
        scenario: the story.
        replications: their numbers; parts of a range may be told apart, and joined.
        seed: of all of them; the scenario's own if not given.
        vary: whether the figures that the catalog gives a range are drawn from it, but for those the scenario sets.
        at: times at which to note how far each has come [days since the start].
        survey: what :attr:`~devicesim.planning.futures.Futures.survey` of others of the same story, seed and
            ``vary`` holds; made anew, to the same, if not given.

    Raises:
        BoundError: no replication, or a number that is none.
    """
    numbers = np.asarray(replications, dtype=np.int64)
    require(numbers.ndim == 1 and numbers.size > 0, "replications", "some", numbers.size)
    require((numbers >= 0) & (numbers < MOST), "replications", f"in [0, {MOST})", numbers)
    times = np.atleast_1d(np.asarray(at, dtype=np.float64)) * DAY
    chosen = scenario.seed if seed is None else seed
    laws = survey.laws if survey is not None else laws_of(scenario, chosen) if vary else {}
    drawn = draws.draw(chosen, laws, numbers)
    why = unfit(scenario) or ("only a few are asked for" if numbers.size < FEW and survey is None else "")
    if not why:
        try:
            known = survey or Survey.of(scenario, laws, chosen)
        except Unfit as found:
            why = str(found)
        else:
            return _together(scenario, numbers, chosen, known, drawn, times)
    return one_by_one(scenario, numbers, chosen, laws, drawn, times, why)


def _together(
    scenario: Scenario,
    numbers: Numbers,
    seed: int,
    survey: Survey,
    drawn: Mapping[str, NDArray[np.float64]],
    at: NDArray[np.float64],
) -> Futures:
    """Tell all of them at once, but for those in which something happens that only a World tells."""
    telling = Telling(Columns(scenario, survey.laws, drawn, numbers.size), seed, numbers, survey)
    whole, left = telling.futures(at), np.flatnonzero(telling.left)
    if left.size:
        rest = {key: column[left] for key, column in drawn.items()}
        why = "a full or locked device, a supply too weak, or a courier about to leave comes between"
        alone = one_by_one(scenario, numbers[left], seed, survey.laws, rest, at, why)
        order = np.argsort(np.concatenate([np.flatnonzero(~telling.left), left]), kind="stable")
        whole = (whole.rows(np.flatnonzero(~telling.left)) + alone).rows(order)
    return replace(whole, survey=survey)


def laws_of(scenario: Scenario, seed: int) -> dict[str, Law]:
    """The laws of the figures that a scenario reads, by key: those that its replication 0 reads at the usual values."""
    world = simulate(scenario, seed)
    measures(world)
    return draws.laws(world.figures)


def story_of(scenario: Scenario, futures: Futures, row: int) -> Scenario:
    """The story of one future, with its drawn figures in ``[assume]``.

    ``World(story, seed=futures.seed, replication=int(futures.replication[row]))`` is that future.
    """
    known = {key: law for key in futures.draws if (law := _law(scenario, key)) is not None}
    return draws.told(scenario, known, draws.keys(known, futures.draws, row))


def _law(scenario: Scenario, key: str) -> Law | None:
    return Law.of(key, World(scenario.model_copy(update={"assume": {}})).figures.figure(key))


def one_by_one(
    scenario: Scenario,
    numbers: Numbers,
    seed: int,
    known: Mapping[str, Law],
    drawn: Mapping[str, NDArray[np.float64]],
    at: NDArray[np.float64],
    why: str,
) -> Futures:
    """Run a World for each."""
    parts = []
    for row, number in enumerate(numbers.tolist()):
        values = draws.keys(known, drawn, row)
        world, values = _run(scenario, known, values, seed, number)
        parts.append(_of(world, number, seed, values, at, why))
    return joined(parts)


def _run(
    scenario: Scenario, known: Mapping[str, Law], values: dict[str, float], seed: int, number: int
) -> tuple[World, dict[str, float]]:
    """Run one World with drawn figures; those that its models refuse stay what the catalog says."""
    if not known:
        return simulate(scenario, seed, replication=number), values
    try:
        return simulate(draws.told(scenario, known, values), seed, replication=number), values
    except ScenarioError as refused:
        named = {problem.path.removeprefix("assume.") for problem in refused.problems} & values.keys()
        kept = {key: law.usual if key in (named or values) else values[key] for key, law in known.items()}
        return simulate(draws.told(scenario, known, kept), seed, replication=number), kept


def _of(
    world: World,
    number: int,
    seed: int,
    values: Mapping[str, float],
    at: NDArray[np.float64],
    why: str,
) -> Futures:
    """One World as futures of one row."""
    metrics, outcome = measures(world)
    curves: dict[str, NDArray[np.float64]] = {name: np.zeros(at.size) for name in ("ingest", "import")}
    for leg in world.stream.legs if at.size else ():
        if leg.name in LEGS:
            curves[leg.name] = curves.get(leg.name, np.zeros(at.size)) + leg.at(at)[0]
    return Futures(
        seed=seed,
        replication=np.array([number]),
        metrics={"days_to_s3": np.array([missing("days_to_s3")])}
        | {name: np.array([float(value)]) for name, value in metrics.items()},
        outcome=np.zeros(1, dtype=np.int64),
        outcomes=(outcome,),
        stock_out=np.array([any(_waited(job, life) for job, life in _alone(world).items())]),
        draws={key: np.array([value]) for key, value in values.items()},
        told=(Way("world", why, runs=1),),
        at=at,
        progress={name: curve[np.newaxis] for name, curve in curves.items()} if at.size else {},
    )


def _alone(world: World) -> dict[str, Life]:
    """The jobs that a device was prepared for."""
    return {job: world.life(job) for job, state in world.jobs.items() if not state.master}


def _waited(job: str, life: Life) -> bool:
    """Whether there was no device in stock for a job: what the first number of the same draw decides."""
    device = life.setting.scenario.job.device
    share = life.setting.figures.si(catalog.own(device, "preparation.stock_out.share"))
    return bool(life.setting.draw(f"preparation/{job}").random() < share)
