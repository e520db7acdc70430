"""Faults of a fleet's devices: of the job that is named, or of every one; the others go on as if nothing had been."""

import pytest
from small_story import TEXT

from devicesim import World, scenario
from devicesim.errors import ScenarioError, VerbError
from devicesim.progress import FaultBegan, FaultEnded, LegEnded, LegInterrupted, Lost, Refused
from devicesim.report import text
from devicesim.report.fold import answer

SLOW = TEXT.replace("streams = 4", 'streams = 4\nrate = "10 Mbit/s"')
"""200 MB at 10 Mbit/s: a copy of two minutes and three quarters."""
FLEET = SLOW.replace("[job]", "[fleet]\ndevices = 2\nrotations = 2\ndata = 'each'\n[job]")


def told(*faults: str, story: str = FLEET) -> World:
    world = World(scenario.loads(story + "".join(f"\n[[fault]]\n{fault}" for fault in faults), "fleet"))
    world.run()
    return world


def copies(world: World) -> list[float]:
    """How long each job's copy took, in the order of the jobs [s]."""
    legs = {leg.job: leg for leg in world.stream.legs if leg.name == "ingest"}
    return [legs[job].end - legs[job].start for job in world.jobs]  # type: ignore[operator]


def test_worked_a_cable_pulled_at_the_second_job_takes_that_copy_alone_longer():
    """It is out for 10 of its minutes: 600 s more, and to the bit as before for the others."""
    plain, pulled = told(), told("kind = 'cable-pulled'\nat = '1 min'\nduration = '10 min'\nnumber = 2")
    first, second, *others = zip(copies(plain), copies(pulled), strict=True)
    assert first[0] == first[1]
    assert second[1] - second[0] == pytest.approx(600.0, abs=2.0)
    assert all(before == after for before, after in others)
    (began,) = pulled.stream.of(FaultBegan)
    assert began.job == list(pulled.jobs)[1]
    assert [each.job for each in pulled.stream.of(FaultEnded)] == [began.job]


def test_law_one_that_names_no_job_befalls_each_under_an_id_of_its_own():
    world = told("kind = 'power-cut'\nat = '1 min'\nduration = '10 min'")
    began = world.stream.of(FaultBegan)
    assert sorted(each.job for each in began) == sorted(world.jobs)
    assert len({each.fault for each in began}) == len(world.jobs) == 4
    for event in (*world.stream.of(LegInterrupted), *world.stream.of(Lost)):
        (own,) = [each for each in began if each.fault == event.fault]
        assert own.job == event.job, "what follows from a fault names that of its own device"
    report = text.render(answer(world), width=100, color=False)
    assert all(f"power-cut of job {number}" in report for number in (1, 2, 3, 4))


def test_law_bytes_and_files_are_conserved_job_by_job():
    world = told(
        "kind = 'power-cut'\nat = '1 min'\nduration = '10 min'",
        "kind = 'full-disk'\nat = '30 s'\ntaken = '8 TB'\nnumber = 3",
    )
    for job in world.jobs:
        files, size = 40, 40 * 5_000_000
        (copied,) = [each for each in world.stream.of(LegEnded, job) if each.leg == "ingest"]
        lost, refused = world.stream.of(Lost, job), world.stream.of(Refused, job)
        share = world.life(job).device.share
        assert share.files + sum(each.files for each in lost) == copied.objects
        assert share.bytes + sum(each.bytes for each in lost) == copied.bytes
        assert copied.objects + sum(each.files for each in refused) == files
        assert copied.bytes + sum(each.bytes for each in refused) == size


def test_worked_a_job_that_there_is_not_is_noted():
    world = told("kind = 'corrupted-file'\nat = '1 min'\nnumber = 9")
    assert "fault corrupted-file at 1 min: there is no job 9" in answer(world).notes


def test_law_a_number_asks_for_a_fleet():
    with pytest.raises(ScenarioError, match=r"must be 1 where there is no \[fleet\], got 2"):
        scenario.loads(
            TEXT + "[[fault]]\nkind = 'power-cut'\nat = '1 min'\nduration = '1 h'\nnumber = 2", "one"
        )


def test_worked_it_is_injected_into_a_fleet_s_job_as_well():
    world = World(scenario.loads(FLEET, "fleet"))
    world.advance("1 d")
    jobs = list(world.jobs)
    world.until(lambda w: bool([leg for leg in w.stream.legs if leg.job == jobs[1]]))
    world.inject("cable-pulled", jobs[1], duration="10 min", at="10 s")
    with pytest.raises(VerbError, match="befalls a device at its customer's"):
        world.inject("cable-pulled", jobs[-1] if len(jobs) > 2 else jobs[0], duration="10 min")
    world.run()
    (began,) = world.stream.of(FaultBegan)
    assert began.job == jobs[1]


def test_law_a_fault_of_an_export_is_one_though_two_jobs_know_of_it():
    """The master's job and its part's: the fault is the part's, and nothing is left that never comes."""
    world = World(
        scenario.loads(
            TEXT.replace("[job]", '[job]\ntype = "EXPORT"\ndevice = "EDGE"')
            + "[[fault]]\nkind = 'slow-disk'\nat = '0 s'\nfactor = '10 %'\nduration = '1 min'",
            "export",
        )
    )
    world.run()
    assert [(each.id, each.state) for each in world.faults] == [("F1", "over")]
