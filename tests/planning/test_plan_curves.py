"""The progress that a plan's fan is drawn from: over the line as well, and of futures that are run once."""

from dataclasses import replace

import numpy as np
import pytest
from small_story import small_story

from devicesim.planning import crew as crews
from devicesim.planning import pictures, plan, replicate
from devicesim.planning.crew import Crew
from devicesim.planning.plan import Request
from devicesim.planning.wording import how, subject
from devicesim.scenario import AS_WRITTEN, Varied

LINE = ('site.wan = { up = "100 Mbit/s" }', 'dataset.clips.route = "online"')


def made(*changes: str, **asked: object) -> plan.Plan:
    story = small_story(*changes)
    return plan.plan(Varied(story, {AS_WRITTEN: story}), Request(curves=True, **asked))  # type: ignore[arg-type]


def test_law_what_goes_over_the_line_has_arrived() -> None:
    story = small_story(*LINE)
    futures = replicate(story, range(3), at=np.linspace(0, 30, 400))
    sent = futures.progress["online"]
    assert np.all(np.diff(sent, axis=1) >= 0)
    assert sent[:, -1].tolist() == [story.datasets[0].files * 5e6] * 3
    shares = pictures._arrived(futures)
    assert shares[:, 0].tolist() == [0.0] * 3
    assert shares[:, -1] == pytest.approx(np.ones(3))


def test_worked_of_a_future_that_lost_its_parcel_the_usual_whole_has_not_arrived() -> None:
    """Two futures of 60 bytes by parcel and 40 over the line; the parcel of the second is lost: 40 % arrive."""
    told = replicate(small_story("dataset[0].files=3"), range(2))
    progress = {
        "ingest": np.array([[0.0, 60.0], [0.0, 60.0]]),
        "import": np.array([[0.0, 60.0], [0.0, 0.0]]),
        "online": np.array([[20.0, 40.0], [20.0, 40.0]]),
    }
    outcomes = {"outcomes": ("complete", "lost on the way back to AWS"), "outcome": np.array([0, 1])}
    told = replace(told, progress=progress, at=np.array([0.0, 1.0]), **outcomes)
    assert pictures._arrived(told).tolist() == [[0.2, 1.0], [0.2, 0.4]]


def test_law_futures_that_are_runs_of_their_own_are_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    told = crews.told
    monkeypatch.setattr(crews, "told", lambda part: calls.append(len(part.numbers)) or told(part))
    drawn = made("dataset[0].files=3", 'client[0].start_after="1 min"', replications=4)
    assert sum(calls) == 4
    (curves,) = drawn.curves.values()
    assert curves.at.size == plan.MOMENTS
    story = small_story("dataset[0].files=3", 'client[0].start_after="1 min"')
    exact = Crew().tell({"it": story}, 4, drawn.seed, curves.at / 86400)["it"]
    # Noted every quarter of an hour at first and every three hours later on.
    gap = np.abs(curves.progress["import"] - exact.progress["import"]).max(axis=1)
    assert np.all(np.count_nonzero(gap > 0.02 * exact.progress["import"].max(axis=1)) <= 4)
    assert curves.progress["import"][:, -1] == pytest.approx(exact.progress["import"][:, -1], rel=1e-6)


def test_worked_a_plan_says_why_its_futures_are_runs_and_that_they_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("devicesim.planning.wording.FEW", 4)
    slow = made("dataset[0].files=3", 'client[0].start_after="1 min"', replications=4)
    assert list(how(slow)) == [
        "each future is a run of its own, which takes long, since a client starts later"
    ]
    assert subject(slow).endswith("4 futures; too few to bound P95.")
