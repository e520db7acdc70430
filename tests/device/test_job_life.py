"""The life of a job: its states and their times by hand, the courier's calendar, and its disasters."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import BYTES, small_story

from devicesim.device.neighbours import Neighbours, RecordingNotifier
from devicesim.errors import VerbError
from devicesim.jobs import ORDER, JobState, JobType
from devicesim.progress import Event, ImportFailed, LegStarted, Lost, ParcelMoved
from devicesim.world import World, simulate

HOUR, DAY = 3600.0, 86400.0
CERTAIN = (
    # Two days of preparation to the microsecond, and waits at AWS at their documented bounds of 2 d and 1 d.
    'assume."preparation.in_stock.sigma" = 1e-13',
    'assume."aws_import.sorting_mean" = "1000 d"',
    'assume."aws_import.start_mean" = "1000 d"',
)
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"


def times(world: World) -> dict[str, float]:
    """When the job entered each state, in days since the order."""
    return {str(state): at / DAY for at, state in world.job().history}


def civil(world: World, state: JobState) -> str:
    """When the job entered a state, as the customer's clock shows it."""
    at = next(at for at, entered in world.job().history if entered is state)
    return datetime.fromtimestamp(world.epoch.timestamp() + at, world.epoch.tzinfo).strftime("%a %d %b %H:%M")


def parcels(world: World) -> list[tuple[str, str]]:
    return [(e.direction, e.what) for e in world.stream.of(ParcelMoved)]


def first_future(change: str, direction: str, what: str) -> World:
    """The first future in which that is the only thing to happen to a parcel."""
    for seed in range(60):
        world = simulate(small_story(change), seed=seed)
        if [p for p in parcels(world) if p[1] not in {"collected", "delivered"}] == [(direction, what)]:
            return world
    raise AssertionError(f"no parcel was {what} on its {direction} in 60 futures")


class TestStates:
    def test_import_by_hand(self) -> None:
        """Ordered Monday 1 June, 08:00.

        New for 1 h; prepared in 2 d, of which the last 0.3 as PreparingShipment: 1 h + 1.4 d. Ready on Wednesday
        at 09:00, collected at 16:00 (2 d 8 h), two business days: Friday noon (4 d 4 h). The customer unpacks 1 h,
        boots 10 min, unlocks 1 min, starts NFS 90 s, copies 2 s, shuts down 20 s, and hands over an hour later:
        before 16:00, so it is collected on that Friday (4 d 8 h); two business days: Tuesday noon (8 d 4 h). 2 d
        in sorting, 1 d until the import. That takes 40 / 5000 per s to list and 200 MB / 300 MB/s + 40 / 50 per s.
        """
        world = simulate(small_story(*CERTAIN))
        expected = {
            "New": 0.0,
            "PreparingAppliance": HOUR / DAY,
            "PreparingShipment": HOUR / DAY + 0.7 * 2,
            "InTransitToCustomer": 2 + 8 / 24,
            "WithCustomer": 4 + 4 / 24,
            "InTransitToAWS": 4 + 8 / 24,
            "WithAWSSortingFacility": 8 + 4 / 24,
            "WithAWS": 10 + 4 / 24,
            "InProgress": 11 + 4 / 24,
            "Complete": 11 + 4 / 24 + (40 / 5000 + BYTES / 300e6 + 40 / 50) / DAY,
        }
        assert times(world) == pytest.approx(expected, abs=1e-9)
        assert list(times(world)) == list(expected) == [str(state) for state in ORDER[JobType.IMPORT]]
        assert world.job().outcome == "complete"

    def test_local_use_is_not_imported(self) -> None:
        world = simulate(small_story(*CERTAIN, *LOCAL_USE, 'job.keep = "1 d"'))
        assert [state for _, state in world.job().history] == list(ORDER[JobType.LOCAL_USE])
        # Powered on Friday at 13:00 for a day and eleven minutes, an hour until the courier may have it: Monday.
        assert civil(world, JobState.IN_TRANSIT_TO_AWS) == "Mon 08 Jun 16:00"
        assert times(world)["Complete"] == pytest.approx(times(world)["WithAWS"] + 1)
        assert world.stream.of(LegStarted) == []

    def test_states_are_told_as_they_are_entered(self) -> None:
        world = World(small_story())
        job = world.job()
        while world._setting.env.peek() < float("inf"):
            world._setting.env.step()
            assert job.history[-1][1] is job.state

    def test_new_lasts_an_hour(self) -> None:
        world = World(small_story())
        world.advance(3599)
        assert world.job().state is JobState.NEW
        world.advance(1)
        assert world.job().state is JobState.PREPARING_APPLIANCE


class TestCancel:
    def test_while_new(self) -> None:
        world = World(small_story())
        world.advance("59 min 59 s")
        world.cancel_job(world.job().id)
        world.run()
        assert [state for _, state in world.job().history] == [JobState.NEW, JobState.CANCELLED]
        assert world.job().history[-1][0] == 3599
        assert world.job().outcome == "cancelled"

    @pytest.mark.parametrize("state", [str(s) for s in ORDER[JobType.IMPORT][1:]])
    def test_not_later(self, state: str) -> None:
        world = World(small_story())
        world.until(state)
        with pytest.raises(VerbError, match=f"is {state}; only a New job can be cancelled"):
            world.cancel_job(world.job().id)

    def test_only_once(self) -> None:
        world = World(small_story())
        world.cancel_job(world.job().id)
        with pytest.raises(VerbError, match="is Cancelled"):
            world.cancel_job(world.job().id)


class TestCourier:
    """Ready 49 h after the order; collected at 16:00 of a business day; delivered at noon of another."""

    @pytest.mark.parametrize(
        ("start", "collected", "delivered"),
        [
            pytest.param("06-01T08:00", "Wed 03 Jun 16:00", "Fri 05 Jun 12:00", id="before the cut-off"),
            pytest.param("06-01T15:00", "Wed 03 Jun 16:00", "Fri 05 Jun 12:00", id="at the cut-off"),
            pytest.param("06-01T15:01", "Thu 04 Jun 16:00", "Mon 08 Jun 12:00", id="after the cut-off"),
            pytest.param("06-03T16:00", "Mon 08 Jun 16:00", "Wed 10 Jun 12:00", id="on a Friday evening"),
            pytest.param("06-04T08:00", "Mon 08 Jun 16:00", "Wed 10 Jun 12:00", id="on a Saturday"),
            pytest.param(
                "06-30T16:00", "Mon 06 Jul 16:00", "Wed 08 Jul 12:00", id="before a holiday, 3 July"
            ),
        ],
    )
    def test_business_days(self, start: str, collected: str, delivered: str) -> None:
        world = World(small_story(*CERTAIN, f"start = 2026-{start}:00-07:00"))
        world.until("WithCustomer")
        assert civil(world, JobState.IN_TRANSIT_TO_CUSTOMER) == collected
        assert civil(world, JobState.WITH_CUSTOMER) == delivered

    @pytest.mark.parametrize(
        ("start", "delivered"), [("06-01T08:00", "Thu 04 Jun 12:00"), ("06-03T08:00", "Mon 08 Jun 12:00")]
    )
    def test_next_day(self, start: str, delivered: str) -> None:
        """One business day: from Wednesday to Thursday, and from Friday to Monday."""
        world = World(small_story(*CERTAIN, f"start = 2026-{start}:00-07:00", 'job.shipping = "NEXT_DAY"'))
        world.until("WithCustomer")
        assert civil(world, JobState.WITH_CUSTOMER) == delivered

    def test_hand_over_after_the_cut_off_waits_for_monday(self) -> None:
        world = simulate(small_story(*CERTAIN, 'job.hand_over = "3 h"'))
        assert civil(world, JobState.IN_TRANSIT_TO_AWS) == "Mon 08 Jun 16:00"

    def test_parcel_is_told(self) -> None:
        world = simulate(small_story())
        events = world.stream.of(ParcelMoved)
        assert parcels(world) == [
            (way, what) for way in ("outbound", "return") for what in ("collected", "delivered")
        ]
        assert {event.carrier for event in events} == {"UPS"}

    def test_no_region_and_no_year_is_too_far(self) -> None:
        """Holidays are known from 2018 to 2099; before and after, parcels travel without."""
        for start in ("2000-01-03T08:00:00Z", "2099-12-20T08:00:00Z"):
            assert simulate(small_story(f"start = {start}")).job().outcome == "complete"


class TestDisasters:
    """A disaster is an event and an outcome; the run ends, and nothing raises."""

    def test_late(self) -> None:
        """Every parcel one business day late: Friday becomes Monday, and collected then, Wednesday becomes Thursday."""
        late = 'assume."courier.late" = 1', 'assume."courier.tail" = 0'
        world = simulate(small_story(*CERTAIN, *late))
        assert [(e.direction, e.days) for e in world.stream.of(ParcelMoved) if e.what == "late"] == [
            ("outbound", 1.0),
            ("return", 1.0),
        ]
        assert civil(world, JobState.WITH_CUSTOMER) == "Mon 08 Jun 12:00"
        assert civil(world, JobState.WITH_AWS_SORTING_FACILITY) == "Thu 11 Jun 12:00"
        assert world.job().outcome == "complete"

    def test_lateness_shows_when_the_parcel_should_be_there(self) -> None:
        world = simulate(small_story(*CERTAIN, 'assume."courier.late" = 1', 'assume."courier.tail" = 0'))
        late = next(e for e in world.stream.of(ParcelMoved) if e.what == "late")
        assert late.at == 4 * DAY + 4 * HOUR

    def test_lost_on_the_way_out(self) -> None:
        world = simulate(small_story('assume."courier.lost" = 1'))
        assert world.job().state is JobState.IN_TRANSIT_TO_CUSTOMER
        assert world.job().outcome == "lost on the way to the customer"
        assert parcels(world) == [("outbound", "collected"), ("outbound", "lost")]
        # The data never left the customer.
        assert world.stream.of(Lost) == []

    def test_lost_on_the_way_back(self) -> None:
        world = first_future('assume."courier.lost" = 0.5', "return", "lost")
        assert world.job().state is JobState.IN_TRANSIT_TO_AWS
        assert world.job().outcome == "lost on the way back to AWS"
        (lost,) = world.stream.of(Lost)
        assert (lost.where, lost.files, lost.bytes) == ("return", 40, BYTES)

    def test_damaged_on_the_way_out(self) -> None:
        world = simulate(small_story('assume."courier.damaged" = 1'))
        assert world.job().state is JobState.WITH_CUSTOMER
        assert world.job().outcome == "damaged on the way to the customer"
        assert world.stream.of(LegStarted) == []
        assert world.stream.of(Lost) == []

    def test_damaged_on_the_way_back(self) -> None:
        world = first_future('assume."courier.damaged" = 0.5', "return", "damaged")
        assert world.job().state is JobState.WITH_AWS
        assert world.job().outcome.startswith("damaged on the way back")
        (lost,) = world.stream.of(Lost)
        assert (lost.where, lost.files, lost.bytes) == ("return", 40, BYTES)

    def test_no_device_in_stock(self) -> None:
        """30 d of preparation instead of 2: the order of 1 June is ready on 1 July at 09:00, a Wednesday."""
        stock_out = 'assume."preparation.stock_out.share" = 1', 'assume."preparation.stock_out.sigma" = 1e-13'
        world = simulate(small_story(*CERTAIN, *stock_out))
        assert civil(world, JobState.PREPARING_SHIPMENT) == "Mon 22 Jun 09:00"
        assert civil(world, JobState.IN_TRANSIT_TO_CUSTOMER) == "Wed 01 Jul 16:00"

    def test_objects_fail_in_the_import(self) -> None:
        world = simulate(small_story('assume."aws_import.failed" = 1'))
        (failed,) = world.stream.of(ImportFailed)
        assert (failed.objects, failed.bytes) == (40, BYTES)
        assert world.job().outcome == "complete"

    def test_nothing_came_in(self) -> None:
        """The battery dies while the device boots: it goes back empty, and the import of nothing is over at once."""
        tiny = 'site.power = { source = "battery", capacity = "1 Wh" }'
        world = simulate(small_story(*CERTAIN, tiny))
        assert world.job().outcome == "complete"
        assert world.job().history[-1][0] == world.job().history[-2][0]


def ended(world: World) -> bool:
    return world.job().outcome != "" and world._setting.env.peek() == float("inf")


DISASTERS = st.fixed_dictionaries(
    {},
    optional={
        'assume."courier.lost"': st.sampled_from([0.2, 0.5]),
        'assume."courier.damaged"': st.sampled_from([0.2, 0.5]),
        'assume."courier.late"': st.just(1),
        'assume."aws_import.failed"': st.sampled_from([0.1, 1]),
        'assume."preparation.stock_out.share"': st.just(1),
        "site.power": st.sampled_from(
            [
                '{ source = "battery", capacity = "1 Wh", recharge = "1 h" }',
                '{ source = "battery", capacity = "5 Wh", spares = 2 }',
                '{ source = "battery", capacity = "5 Wh", spares = 1, when_low = "abrupt" }',
                '{ source = "battery", capacity = "4 Wh", recharge = "3 h", when_low = "abrupt" }',
            ]
        ),
        'assume."SNC1_HDD.storage.capacity"': st.sampled_from(['"1 MB"', '"30 MB"', '"200 MB"']),
        'assume."SNC1_HDD.storage.max_files"': st.sampled_from(['"1 files"', '"25 files"']),
        "client.laptop.rate": st.sampled_from(['"1 Mbit/s"', '"10 Mbit/s"', '"10 Gbit/s"']),
        "client.laptop.nfs.durability": st.sampled_from(['"commit"', '"sync"']),
        "site.ambient": st.sampled_from(['"-40 °C"', '"36 °C"', '"58 °C"', '"80 °C"']),
        "job.nfs_cpu": st.just('"shared"'),
        "instance": st.just('[{ name = "a", type = "snc1.medium", duration = "30 min", disk = "50 MB/s" }]'),
    },
)


@settings(max_examples=40, deadline=None)
@given(changes=DISASTERS, seed=st.integers(0, 1000))
def test_whatever_happens_the_run_ends_with_an_outcome(changes: dict[str, object], seed: int) -> None:
    story = small_story('overflow = "run"', *(f"{path} = {value}" for path, value in changes.items()))
    world = simulate(story, seed)
    assert ended(world)
    at = [event.at for event in world.events]
    assert at == sorted(at)
    assert all(isinstance(event, Event) and event.job == world.job().id for event in world.events)


def test_only_the_states_asked_for_are_notified() -> None:
    notify = 'job.notify = { topic = "arn:aws:sns:us-west-2:123456789012:snow", states = ["WithCustomer", "Complete"] }'
    notifier = RecordingNotifier()
    simulate(small_story(notify), neighbours=Neighbours(notifications=notifier))
    assert [state for _, state, _ in notifier.told] == ["WithCustomer", "Complete"]
