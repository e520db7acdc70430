"""Faults of parcel, stock, roles, keys and S3: what each costs, by hand; the same roads as what comes by chance."""

import pytest
from small_story import BYTES, TEXT

from devicesim import World, scenario
from devicesim.device import cloud
from devicesim.jobs import JobState
from devicesim.progress import (
    AccessBarred,
    FaultBegan,
    FaultEnded,
    ImportFailed,
    Lost,
    ParcelMoved,
    Refused,
)

DAY = 86400.0


def told(*faults: str) -> World:
    """The small story to its end, with faults."""
    world = World(scenario.loads(TEXT + "".join(f"[[fault]]\n{fault}\n" for fault in faults)))
    world.run()
    return world


def state(world: World, name: str) -> float:
    """When the job first was in a state [s]."""
    return next(at for at, state in world.job().history if state == name)


def of(world: World, kind: type) -> list:
    return [event for event in world.events if isinstance(event, kind)]


def test_law_a_parcel_lost_on_the_way_back_takes_what_is_on_the_device_and_says_by_which_fault():
    world = told('kind = "parcel-lost"')
    (lost,) = of(world, Lost)
    assert (lost.files, lost.bytes, lost.fault) == (40, BYTES, "F1")
    assert [move.fault for move in of(world, ParcelMoved) if move.what == "lost"] == ["F1"]
    (began,) = of(world, FaultBegan)
    assert (began.at, began.where) == (lost.at, "return parcel")


def test_law_a_forced_loss_takes_the_same_road_as_a_drawn_one():
    chance = World(scenario.loads(TEXT, overrides=['assume."courier.lost" = 1']))
    chance.run()
    forced = told('kind = "parcel-lost"\nleg = "outbound"')
    assert chance.job().outcome == forced.job().outcome
    assert chance.job().history == forced.job().history
    assert (of(chance, Refused)[0].files, of(forced, Refused)[0].files) == (40, 40)


def test_worked_customs_hold_for_so_long_that_the_parcel_comes_so_many_days_later():
    # Collected on a weekday at the cut-off, held for seven days: the same weekday and hour, so all days shift by 7.
    plain, held = told(), told('kind = "customs-hold"\nleg = "outbound"\nduration = "7 d"')
    assert state(held, "WithCustomer") - state(plain, "WithCustomer") == 7 * DAY
    (began,), (ended,) = of(held, FaultBegan), of(held, FaultEnded)
    assert ended.at - began.at == 7 * DAY
    assert held.job().outcome == "complete"


@pytest.mark.parametrize(("goes", "moves"), [("elsewhere", "misrouted"), ("back", "returned")])
def test_law_a_wrong_label_costs_days_and_loses_nothing(goes, moves):
    plain, wrong = told(), told(f'kind = "wrong-label"\ngoes = "{goes}"')
    assert [move.what for move in of(wrong, ParcelMoved) if move.fault == "F1"] == [moves]
    assert state(wrong, "Complete") - state(plain, "Complete") > 2.9 * DAY
    assert not of(wrong, Lost)


def test_law_a_stock_out_without_a_time_lasts_as_one_that_is_drawn():
    drawn = World(scenario.loads(TEXT, overrides=['assume."preparation.stock_out.share" = 1']))
    drawn.run()
    forced = told('kind = "stock-out"')
    assert state(forced, "InTransitToCustomer") == state(drawn, "InTransitToCustomer")


def test_worked_a_stock_out_of_a_week_shifts_the_shipment_by_a_week():
    plain, out = told(), told('kind = "stock-out"\nduration = "7 d"')
    assert state(out, "InTransitToCustomer") - state(plain, "InTransitToCustomer") == 7 * DAY


@pytest.mark.parametrize("kind", ["role-revoked", "key-revoked"])
def test_law_aws_waits_for_a_role_or_key_and_gives_up_after_thirty_days(kind):
    mended, never = told(f'kind = "{kind}"\nduration = "20 d"'), told(f'kind = "{kind}"')
    assert mended.job().outcome == "complete"
    assert state(mended, "InProgress") >= 20 * DAY
    assert of(mended, AccessBarred)[0].fault == "F1"
    assert never.job().state is JobState.CANCELLED
    assert state(never, "Cancelled") - state(never, "WithAWS") >= 30 * DAY
    assert [(lost.files, lost.fault) for lost in of(never, Lost)] == [(40, "F1")]


@pytest.mark.parametrize(("how", "count"), [("objects = 3", 3), ('share = "10 %"', 4), ("objects = 900", 40)])
def test_worked_so_many_objects_fail_to_import_each_with_its_code(how, count):
    world = told(f'kind = "import-failures"\n{how}\nerror = "AccessDenied"')
    (failed,), (began,) = of(world, ImportFailed), of(world, FaultBegan)
    assert (failed.objects, failed.bytes, failed.fault) == (count, count * 5_000_000, "F1")
    life = world.life()
    codes = cloud.errors(life.setting, life.job.id, life.device.share)
    assert len(codes) == count
    assert {key for _, key in codes} == set(began.names)
    made = [
        made
        for _, _, made in cloud.imported(life.setting, life.job.id, life.device.share, life.device.spoils)
    ]
    assert made.count(False) == count


def test_worked_s3_at_a_tenth_of_its_speed_takes_ten_times_as_long():
    plain = told()
    slow = told('kind = "s3-throttled"\nfactor = "10 %"\nduration = "60 d"')
    lasted = [state(world, "Complete") - state(world, "InProgress") for world in (plain, slow)]
    assert lasted[1] == pytest.approx(10 * lasted[0], rel=1e-9)


def test_law_s3_that_stands_still_for_a_while_delays_the_import_by_what_is_left_of_it():
    plain = told()
    begun = state(plain, "InProgress")
    world = World(scenario.loads(TEXT))
    world.until("InProgress")
    world.advance((state(plain, "Complete") - begun) / 2)
    world.inject("s3-throttled", factor="0 %", duration="3 h")
    world.run()
    assert state(world, "Complete") == pytest.approx(state(plain, "Complete") + 3 * 3600)


def test_law_faults_at_hand_change_nothing_before_they_are_due():
    plain, late = told(), told('kind = "parcel-lost"\nat = "300 d"', 'kind = "stock-out"\nat = "300 d"')
    assert late.job().history == plain.job().history
    assert [each.state for each in late.faults] == ["due", "due"]


def test_law_a_parcel_under_way_can_still_be_lost():
    world = World(scenario.loads(TEXT))
    world.until("InTransitToAWS")
    fault = world.inject("parcel-lost")
    world.run()
    assert of(world, Lost)[0].fault == fault
    assert "lost" in world.job().outcome
