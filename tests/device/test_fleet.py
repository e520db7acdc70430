"""Fleets: turns, the quota and its queue, benches, losses sent again, and one course for copies that are alike."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import small_story

import devicesim
from devicesim.device.fleet import Cargo, Fleet, Load, Turn
from devicesim.jobs import JobState
from devicesim.report.text import render
from devicesim.scenario import Files, from_dict
from devicesim.world import World, simulate

DAY = 86400.0
CERTAIN = (
    # Two days of preparation to the microsecond, and waits at AWS at their documented bounds of 2 d and 1 d.
    'assume."preparation.in_stock.sigma" = 1e-13',
    'assume."aws_import.sorting_mean" = "1000 d"',
    'assume."aws_import.start_mean" = "1000 d"',
)
SMALL = ('assume."SNC1_HDD.storage.capacity" = "100 MB"',)
"""Forty files of 5 MB make two devices full to the brim, at fill = 100 %."""


def fleet(*changes: str, devices: int = 2, quota: int | None = None) -> World:
    granted = () if quota is None else (f"fleet.quota = {quota}",)
    plan = f"fleet.devices = {devices}", 'fleet.fill = "100 %"', *granted
    return simulate(small_story(*CERTAIN, *SMALL, *plan, *changes))


def turns(world: World) -> list[Turn]:
    assert isinstance(world.undertaking, Fleet)
    return world.undertaking.turns


def entered(turn: Turn, state: JobState) -> float:
    return next(at for at, entered in turn.life.job.history if entered is state) / DAY


def ordered(world: World) -> list[float]:
    return [turn.life.job.created / DAY for turn in turns(world)]


class TestTurns:
    def test_two_devices_carry_two_halves(self) -> None:
        """Worked: twenty files of 5 MB are the 100 MB that a device takes here; both go at once."""
        world = fleet()
        assert [(t.device.number, t.number, t.load.count, t.load.bytes) for t in turns(world)] == [
            (1, 1, 20, 100_000_000),
            (2, 1, 20, 100_000_000),
        ]
        assert ordered(world) == [0.0, 0.0]
        assert [str(life.job.state) for life in world.undertaking.lives] == ["Complete"] * 2

    def test_one_device_goes_out_again_when_aws_has_it_back(self) -> None:
        world = fleet(devices=1)
        first, second = turns(world)
        assert (second.device.number, second.number) == (1, 2)
        assert ordered(world)[1] == entered(first, JobState.WITH_AWS_SORTING_FACILITY)
        assert first.life.device is not second.life.device  # erased: another, as far as anybody can tell

    @pytest.mark.parametrize(
        ("order", "state"),
        [
            ("returned", JobState.WITH_AWS_SORTING_FACILITY),
            ("collected", JobState.IN_TRANSIT_TO_AWS),
            ("delivered", JobState.WITH_CUSTOMER),
            ("at once", JobState.NEW),
        ],
    )
    def test_the_next_is_ordered_as_the_plan_says(self, order: str, state: JobState) -> None:
        world = fleet(f'fleet.order = "{order}"', devices=1)
        assert ordered(world)[1] == entered(turns(world)[0], state)

    def test_orders_keep_their_distance(self) -> None:
        """Worked: four loads of ten files, two days apart."""
        world = fleet('fleet.stagger = "2 d"', 'assume."SNC1_HDD.storage.capacity" = "50 MB"', devices=4)
        assert ordered(world) == [0.0, 2.0, 4.0, 6.0]

    def test_rotations_end_before_the_data_does(self) -> None:
        """What is left is told as not copied; a scenario that can be seen to end so is refused."""
        story = small_story(*CERTAIN, *SMALL, "fleet.devices = 1", 'fleet.fill = "100 %"')
        assert story.fleet is not None
        plan = story.fleet.model_copy(update={"rotations": 1})
        world = simulate(story.model_copy(update={"fleet": plan}))
        answer = devicesim.answer(world)
        assert len(turns(world)) == 1
        assert [(loss.at, loss.files, loss.bytes) for loss in answer.losses] == [("not copied", 20, 10**8)]

    def test_data_that_keeps_coming_fills_every_turn_anew(self) -> None:
        """Each job takes the data set; its files are its own, under its own name, drawn for it alone."""
        changes = (
            'fleet.data = "each"',
            "fleet.rotations = 3",
            'dataset[0].size = { distribution = "uniform", minimum = "1 MB", maximum = "4 MB" }',
        )
        world = fleet(*changes, devices=2)
        assert Counter(turn.device.number for turn in turns(world)) == {1: 3, 2: 3}
        assert len({turn.load.bytes for turn in turns(world)}) == 6
        assert {turn.load.files[0].path(7) for turn in turns(world)} == {
            f"clips/job-{n:04d}/0000/00000007" for n in range(1, 7)
        }

    def test_the_clients_copy_onto_one_device_at_a_time(self) -> None:
        """Worked: both are unpacked an hour after delivery; the second waits for the first to be done."""
        first, second = turns(fleet())
        assert (first.bench.waited, second.bench.waited) == (0.0, first.bench.worked)
        assert first.bench.worked > 600  # booting alone takes ten minutes
        both = turns(fleet("fleet.benches = 2"))
        assert [turn.bench.waited for turn in both] == [0.0, 0.0]

    def test_devices_of_several_types_take_what_they_hold(self) -> None:
        world = fleet(
            "fleet.beside = { EDGE_S = 1 }", 'assume."EDGE_S.storage.capacity" = "60 MB"', devices=1
        )
        taken = [(turn.device.kind, turn.load.bytes // 10**6) for turn in turns(world)]
        assert taken == [("SNC1_HDD", 100), ("EDGE_S", 60), ("SNC1_HDD", 40)]


class TestQuota:
    def test_one_granted_is_one_out_at_a_time_in_the_order_of_the_queue(self) -> None:
        world = fleet('assume."SNC1_HDD.storage.capacity" = "50 MB"', devices=3, quota=1)
        jobs = turns(world)
        assert [turn.device.number for turn in jobs] == [1, 2, 3, 1]
        back = [entered(turn, JobState.WITH_AWS_SORTING_FACILITY) for turn in jobs]
        assert ordered(world)[1:] == back[:-1]
        assert [turn.held / DAY for turn in jobs] == pytest.approx([0, back[0], back[1], back[2] - back[0]])

    def test_usage_counts_what_the_account_has(self) -> None:
        story = small_story(*CERTAIN, *SMALL, "fleet.devices = 2", "fleet.quota = 2", 'fleet.stagger = "1 d"')
        world = World(story)
        assert (world.usage().limit, world.usage().in_use, world.usage().enforced) == (2, 1, True)
        world.advance("2 d")
        assert world.usage().in_use == 2
        assert world.usage("eu-west-1").in_use == 0
        for turn in turns(world):
            world.until("WithAWSSortingFacility", turn.life.job.id)
        assert world.usage().in_use == 0

    def test_awss_default_is_told_and_not_enforced(self) -> None:
        """Documented: SnowballLimit is 1 until AWS grants more; only a scenario that says so is held to it."""
        world = World(small_story())
        assert (world.usage().limit, world.usage().in_use, world.usage().enforced) == (1, 1, False)
        assert ordered(fleet()) == [0.0, 0.0]

    def test_a_lost_device_gives_its_place_back(self) -> None:
        world = fleet('assume."courier.lost" = 1', 'fleet.on_loss = "leave"', quota=1)
        assert [turn.life.job.outcome for turn in turns(world)] == ["lost on the way to the customer"] * 2
        assert ordered(world)[1] > 2


class TestSites:
    SITES = (
        'fleet.site = [{ name = "Hull", region = "eu-west-2", shipping = "EXPRESS", devices = 1 }, '
        '{ name = "Reno", devices = 2 }]',
        'fleet.data = "each"',
        "fleet.rotations = 1",
        "dataset[0].files = 10",
    )

    def test_each_has_its_region_its_data_and_its_quota(self) -> None:
        """The quota is one for each Region: Hull does not wait for Reno, and Reno's second does for its first."""
        world = fleet(*self.SITES, devices=3, quota=1)
        assert [turn.device.place.name for turn in turns(world)] == ["Hull", "Reno", "Reno"]
        assert ordered(world)[:2] == [0.0, 0.0]
        assert ordered(world)[2] > 5
        regions = [turn.life.setting.scenario.site.region for turn in turns(world)]
        assert regions == ["eu-west-2", "us-west-2", "us-west-2"]
        assert [turn.life.job.order.shipping for turn in turns(world)] == [
            "EXPRESS",
            "SECOND_DAY",
            "SECOND_DAY",
        ]

    def test_what_lies_at_a_site_goes_from_there(self) -> None:
        more = (
            'dataset = [{ name = "a", bucket = "arn:aws:s3:::aaa", files = 3, size = { distribution = '
            '"fixed", value = "5 MB" } }, { name = "b", bucket = "arn:aws:s3:::bbb", files = 2, size = { '
            'distribution = "fixed", value = "5 MB" } }]',
            'client = [{ name = "x", dataset = "a", link = "ethernet" }, { name = "y", dataset = "b", '
            'link = "ethernet" }]',
            'fleet.site = [{ name = "Hull", clients = "y" }, { name = "Reno", clients = "x" }]',
        )
        world = fleet(*more)
        shares = [(t.device.place.name, [*t.life.device.share.buckets], t.load.count) for t in turns(world)]
        assert shares == [("Hull", ["bbb"], 2), ("Reno", ["aaa"], 3)]


class TestLosses:
    def test_what_is_found_damaged_after_the_last_turn_goes_again(self) -> None:
        """The device is WithAWS, so that its next job could be ordered, before AWS finds that it cannot be read."""
        told = fleet().scenario
        fault = {"kind": "parcel-damaged", "number": 2, "leg": "return", "at": "0 s"}
        world = simulate(from_dict(told.to_dict() | {"fault": [fault]}))
        assert [(turn.again, turn.life.job.outcome == "complete") for turn in turns(world)] == [
            (False, True), (True, False), (False, True),
        ]  # fmt: skip

    def test_what_was_lost_goes_again_and_first(self) -> None:
        """Seeded: with every other parcel lost, all forty files come to S3 in the end, each once."""
        world = fleet('assume."courier.lost" = 0.4', "seed = 3")
        assert any(turn.again for turn in turns(world))
        answer = devicesim.answer(world)
        assert (answer.losses, answer.ingest.total_files, answer.ingest.complete) == ((), 40, True)
        assert sum(job["files_in_s3"] for job in answer.sections[0].data["jobs"]) == 40

    def test_or_is_left(self) -> None:
        world = fleet('assume."courier.lost" = 0.4', "seed = 3", 'fleet.on_loss = "leave"')
        lost = [turn for turn in turns(world) if turn.life.job.outcome != "complete"]
        assert lost
        answer = devicesim.answer(world)
        assert sum(loss.files for loss in answer.losses) == sum(turn.load.count for turn in lost)


PLANS = st.fixed_dictionaries(
    {
        "devices": st.integers(1, 4),
        "quota": st.none() | st.integers(1, 3),
        "stagger": st.sampled_from(["0 s", "1 d", "30 h"]),
        "order": st.sampled_from(["returned", "collected", "delivered", "at once"]),
        "on_loss": st.sampled_from(["again", "leave"]),
        "benches": st.integers(1, 3),
    }
)


def text(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@settings(deadline=None, max_examples=25)
@given(
    plan=PLANS, lost=st.sampled_from([0, 0.1, 0.4]), late=st.sampled_from([0, 0.5]), seed=st.integers(0, 99)
)
def test_whatever_happens_every_file_goes_with_one_job(
    plan: dict[str, object], lost: float, late: float, seed: int
) -> None:
    """Law: conservation over devices and retries, the quota, and the queue's order."""
    changes = [f"fleet.{key} = {text(value)}" for key, value in plan.items() if value is not None]
    story = small_story(
        'assume."SNC1_HDD.storage.capacity" = "35 MB"',
        'dataset[0].size = { distribution = "uniform", minimum = "1 MB", maximum = "9 MB" }',
        f'assume."courier.lost" = {lost}',
        f'assume."courier.late" = {late}',
        f"seed = {seed}",
        *changes,
    )
    world = simulate(story)
    jobs = turns(world)
    # Every file is in exactly one load that was not sent again.
    final = [piece for turn in jobs if not turn.again for piece in turn.load.pieces]
    files = np.concatenate([np.arange(piece.first, piece.last) for piece in final])
    assert np.sort(files).tolist() == list(range(40))
    answer = devicesim.answer(world)
    in_s3 = sum(job["files_in_s3"] for job in answer.sections[0].data["jobs"])
    assert in_s3 + sum(loss.files for loss in answer.losses) == 40 == answer.ingest.total_files
    if plan["on_loss"] == "again":
        assert in_s3 == 40
    # Never more devices than granted, and nobody overtakes.
    if plan["quota"] is not None:
        assert answer.sections[0].data["most_at_once"] <= plan["quota"]
    by_request = sorted(jobs, key=lambda turn: turn.asked)
    gaps = [(a.asked, b.asked, a.life.job.created, b.life.job.created) for a, b in pairwise(by_request)]
    assert all(first <= second for a, b, first, second in gaps if a < b)
    apart = {"0 s": 0.0, "1 d": DAY, "30 h": 1.25 * DAY}[str(plan["stagger"])]
    created = [turn.life.job.created for turn in jobs]
    assert all(b - a >= apart - 1e-6 for a, b in pairwise(created))


SIZES = st.lists(st.integers(0, 50), min_size=1, max_size=60)


class TestCargo:
    @given(lists=st.lists(SIZES, min_size=1, max_size=3), room=st.integers(1, 200), most=st.integers(1, 30))
    def test_files_are_whole_in_order_and_none_is_forgotten(
        self, lists: list[list[int]], room: int, most: int
    ) -> None:
        cargo = Cargo([Files(f"d{i}", "arn", np.array(sizes)) for i, sizes in enumerate(lists)])
        loads = []
        while not cargo.empty:
            loads.append(cargo.take(f"p{len(loads)}", room, most))
        taken = [[size for load in loads for size in load.files[i].sizes.tolist()] for i in range(len(lists))]
        assert taken == lists
        for load in loads:
            assert load.count <= most
            assert (
                load.bytes <= room
                or load.count == 1
                or load.bytes == max(load.files, key=lambda f: f.total).total
            )
        # As full as can be: the next file would not have gone in.
        for load, after in pairwise(loads):
            first = next(int(f.sizes[0]) for f in after.files if f.count)
            assert load.count == most or load.bytes + first > room

    @given(sizes=SIZES, room=st.integers(10, 90), lost=st.lists(st.booleans(), min_size=80, max_size=80))
    def test_what_is_given_back_comes_first_and_once(
        self, sizes: list[int], room: int, lost: list[bool]
    ) -> None:
        cargo, kept = Cargo([Files("d", "arn", np.array(sizes))]), list[Load]()
        for gone in [*lost, *[False] * 80]:
            if cargo.empty:
                break
            load = cargo.take("p", room, 100)
            if gone:
                first = load.pieces[0]
                cargo.give_back(load)
                again = cargo.take("p", room, 100)
                assert again.pieces[0].first == first.first
                assert again.bytes == load.bytes
                load = again
            kept.append(load)
        files = [n for load in kept for piece in load.pieces for n in range(piece.first, piece.last)]
        assert sorted(files) == list(range(len(sizes)))

    def test_listed_files_go_in_the_order_of_their_names(self) -> None:
        listed = Files("d", "arn", np.array([30, 10, 20]), ["c", "a", "b"])
        first, second = (cargo := Cargo([listed])).take("p", 30, 9), cargo.take("q", 30, 9)
        assert [first.files[0].path(i) for i in range(2)] == ["a", "b"]
        assert (second.files[0].path(0), second.files[0].sizes.tolist()) == ("c", [30])

    def test_runs_that_were_parted_are_one_data_set_again(self) -> None:
        """Worked: files 0 and 1 come back, and the next load takes them and file 4."""
        cargo = Cargo([Files("d", "arn", np.array([10, 10, 10, 10, 10]), list("abcde"))])
        lost, _ = cargo.take("p", 20, 9), cargo.take("q", 20, 9)
        cargo.give_back(lost)
        load = cargo.take("r", 30, 9)
        assert [load.files[0].path(i) for i in range(3)] == ["a", "b", "e"]
        assert cargo.empty


class TestCourses:
    def plan(self, *changes: str) -> World:
        each = 'fleet.data = "each"', "fleet.rotations = 3", "fleet.devices = 3", *changes
        return World(small_story("fleet.exact = true", *each))

    def test_copies_that_are_alike_are_computed_once(self) -> None:
        world = self.plan()
        world.run()
        courses = turns(world)[0].life.setting.courses
        assert (courses.asked, courses.computed) == (9, 1)

    @pytest.mark.parametrize(
        "changes",
        [
            (),
            # The device is hot enough for the disk to stop and go on, in every copy alike.
            ('site.ambient = "50 °C"', "dataset[0].files = 400"),
            # Instances come and go beside the copies.
            (
                'instance = [{ name = "a", type = "snc1.small", start = "150 s", duration = "2 min", '
                'disk = "60 MB/s", network = "200 Mbit/s" }]',
                "dataset[0].files = 2000",
            ),
            # Batteries die under them.
            (
                'site.power = { source = "battery", capacity = "6 Wh", spares = 9, when_low = "abrupt" }',
                "dataset[0].files = 2000",
            ),
        ],
        ids=["undisturbed", "heat", "instances", "batteries"],
    )
    def test_nobody_can_tell_whether_they_were(self, changes: tuple[str, ...]) -> None:
        """Law: reports of a World that shares courses equal those of one that computes each for itself."""
        shared, alone = self.plan(*changes), self.plan(*changes)
        turns(alone)[0].life.setting.courses.sharing = False
        shared.run()
        alone.run()
        one, other = devicesim.answer(shared), devicesim.answer(alone)
        assert one.metrics == pytest.approx(other.metrics, rel=1e-9)
        assert render(one) == render(other)
        for job, twin in zip(turns(shared), turns(alone), strict=True):
            assert [s for _, s in job.life.job.history] == [s for _, s in twin.life.job.history]
            assert [t for t, _ in job.life.job.history] == pytest.approx(
                [t for t, _ in twin.life.job.history]
            )
            assert job.life.device.power.energy == pytest.approx(twin.life.device.power.energy, rel=1e-6)

    def test_the_same_seed_gives_the_same_fleet(self) -> None:
        story = small_story("fleet.devices = 2", *SMALL, "seed = 9")
        assert devicesim.answer(simulate(story)) == devicesim.answer(simulate(story))
