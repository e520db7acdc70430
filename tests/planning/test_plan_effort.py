"""How many futures a plan tells where nobody says: by the work they take, never by a clock."""

from dataclasses import replace

import numpy as np
import pytest
from small_story import small_story

from devicesim.planning import Futures, plan
from devicesim.planning import crew as crews
from devicesim.planning.crew import Crew
from devicesim.planning.futures import Way
from devicesim.planning.plan import Request, effort
from devicesim.planning.wording import subject
from devicesim.scenario import AS_WRITTEN, Varied

STORY = small_story("dataset[0].files=3")
UNFIT = small_story("dataset[0].files=3", 'client[0].start_after="1 min"')


def made(number: int, way: str, files_s: float = 100.0) -> Futures:
    """An hour of copying at a MiB a second, in days that are never quite known."""
    column = np.ones(number)
    columns = {
        "days_to_s3": np.arange(1.0, number + 1) ** 8,
        "ingest_hours": column,
        "ingest_mb_s": column * 2**20 / 1e6,
        "ingest_files_s": column * files_s,
    }
    found = Futures(
        1, np.arange(number), columns, np.zeros(number, int), ("complete",), np.zeros(number, bool)
    )
    return replace(found, told=(Way(way, "a test"),))


class Told(Crew):
    """Tells futures made by hand."""

    def __init__(self, *futures: tuple[str, float]) -> None:
        super().__init__()
        self.kinds = futures

    def tell(self, stories, upto, seed, at):  # type: ignore[no-untyped-def]
        return {name: made(upto, *kind) for name, kind in zip(stories, self.kinds, strict=True)}


def number(request: Request, *kinds: tuple[str, float]) -> int:
    stories = {str(place): STORY for place in range(len(kinds))}
    return len(plan._enough(stories, request, 1, Told(*kinds))["0"])


def test_worked_effort_is_the_calls_of_a_world_and_little_beside_others():
    # An hour: 3,600 WRITEs of a MiB, and 4 calls of each of 360,000 files, beside setting up the World.
    assert effort(made(8, "world")) == pytest.approx(400_000 + 3600 + 4 * 360_000)
    assert effort(made(8, "batch")) == 10_000


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([("batch", 100.0)], 16384),  # 6e8 calls / 1e4 = 60,000: the most
        ([("batch", 100.0)] * 8, 4096),  # 6e8 / 8e4 = 7,500
        ([("world", 100.0)], 256),  # 6e8 / 1.84e6 = 325
        ([("world", 1000.0)], 64),  # 6e8 / 1.48e7 = 40: the least
        ([("batch", 100.0), ("world", 1000.0)], 64),
    ],
)
def test_worked_dear_futures_are_few_where_nobody_asks_for_a_precision(kinds, expected):
    assert number(Request(), *kinds) == expected


def test_worked_who_asks_for_a_precision_gets_it_however_dear():
    assert number(Request(precision=1e-9), ("world", 1000.0)) == plan.MOST
    assert number(Request(precision=0.3), ("world", 1000.0)) < plan.MOST
    assert number(Request(replications=5), ("world", 1000.0)) == 5


def test_law_futures_told_one_by_one_are_shared_out_and_shown_from_the_first(monkeypatch):
    monkeypatch.setattr(crews, "ALONE", 2)
    seen: list[int] = []
    apart = Crew(watch=seen.append).tell({"story": UNFIT}, 5, 5, np.zeros(0))["story"]
    assert seen == [2, 2, 1]
    monkeypatch.setattr(crews, "ALONE", 5)
    whole = Crew().tell({"story": UNFIT}, 5, 5, np.zeros(0))["story"]
    assert all(np.array_equal(column, whole.metrics[name]) for name, column in apart.metrics.items())
    assert {way.why for way in apart.told} == {"a client starts later"}


@pytest.mark.parametrize(("most", "how"), [(4, "--replications computes"), (4096, "--precision computes")])
def test_worked_who_has_all_that_a_precision_leads_to_is_told_what_computes_on(monkeypatch, most, how):
    found = plan.plan(Varied(STORY, {AS_WRITTEN: STORY}), Request(replications=4))
    monkeypatch.setattr(plan, "MOST", most)
    assert subject(replace(found, precision=1e-6, reached=0.5)).endswith(f"not 0.0001 %: {how} on.")
