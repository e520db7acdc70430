"""A forwarding address: where AWS supports one, the parcel goes on to it by a second leg; elsewhere it is refused."""

import pytest
from accounts import NOWHERE, Held, account, address, order, refused

from devicesim.progress import ParcelMoved
from devicesim.scenario import loads
from devicesim.world import World

INDIA = {"Country": "IN", "City": "Mumbai", "StateOrProvince": "MH", "PostalCode": "400001"}
REGION = "ap-south-1"
GIVEN = {"ShippingOption": "STANDARD", "TaxDocuments": {"IND": {"GSTIN": "29ABCDE1234F2Z5"}}}


def ordered(api, *, forwarded, **changes):
    home = address(api, REGION, **INDIA, IsRestricted=True)
    onward = {"ForwardingAddressId": address(api, REGION, **INDIA)} if forwarded else {}
    return order(api, REGION, AddressId=home, **GIVEN, **onward, **changes)


def moves(api, job):
    return [(each.direction, each.what) for each in api.world.stream.of(ParcelMoved, job)]


def shipped(api, job):
    return api.call("DescribeJob", {"JobId": job}, REGION)["JobMetadata"]["ShippingDetails"][
        "OutboundShipment"
    ]


def entered(api, job):
    return {str(state): at for at, state in api.world.job(job).history}


def test_worked_the_parcel_arrives_goes_on_and_arrives_again():
    api = account()
    job = ordered(api, forwarded=True)
    told = api.call("DescribeJob", {"JobId": job}, REGION)["JobMetadata"]
    assert api.world.job(job).order.forwarded
    assert told["ForwardingAddressId"].startswith("ADID")
    seen, numbers = [], []
    api.world.until("InTransitToCustomer", job)
    while entered(api, job).keys().isdisjoint({"WithCustomer"}):
        shipment = shipped(api, job)
        if shipment["Status"] not in seen[-1:]:
            seen.append(shipment["Status"])
            numbers.append(shipment["TrackingNumber"])
        api.world.advance(3600)
    assert [each for each in seen if each != "Delayed"] == ["InTransit", "Forwarding"]
    assert shipped(api, job)["Status"] == "Delivered"
    assert shipped(api, job)["TrackingNumber"] not in numbers[:1]
    there = [move for move in moves(api, job) if move[1] != "late"]
    assert there == [
        ("outbound", "collected"),
        ("outbound", "delivered"),
        ("forwarding", "collected"),
        ("forwarding", "delivered"),
    ]


def test_law_the_second_leg_moves_nothing_before_it_and_no_draw_of_what_follows():
    """Named draws: preparation, the first leg and the days of the way back are those of the same job unforwarded."""
    plain, onward = account(), account()
    jobs = ordered(plain, forwarded=False), ordered(onward, forwarded=True)
    assert jobs[0] == jobs[1]
    for api in (plain, onward):
        api.world.run()
    one, other = (entered(api, jobs[0]) for api in (plain, onward))
    assert one["InTransitToCustomer"] == other["InTransitToCustomer"]
    # Collected on a business day and there on the next at the earliest.
    assert other["WithCustomer"] - one["WithCustomer"] >= 86400 - 4 * 3600
    assert moves(onward, jobs[0])[-2:] == moves(plain, jobs[0])[-2:]


def test_worked_a_job_without_one_logs_the_same_verb_as_ever():
    api = account()
    api.world.create_job(shipping="SECOND_DAY")
    assert "forwarded" not in api.world.log[-1].arguments


@pytest.mark.parametrize(
    ("region", "primary", "onward", "words"),
    [
        ("us-west-2", {"IsRestricted": True}, {}, ["supported in ap-south-1", "got us-west-2"]),
        (REGION, INDIA, INDIA, ["IsRestricted"]),
    ],
)
def test_law_it_is_refused_elsewhere_and_with_an_open_primary_address(region, primary, onward, words):
    api = account()
    home, other = address(api, region, **primary), address(api, region, **onward)
    given = GIVEN if region == REGION else {}
    with refused("InvalidInputCombinationException", *words):
        order(api, region, AddressId=home, ForwardingAddressId=other, **given)
    assert api.call("ListJobs", {}, region)["JobListEntries"] == []


def test_law_an_address_that_is_not_there_is_missing():
    api = account()
    home = address(api, REGION, **INDIA, IsRestricted=True)
    with refused("InvalidResourceException", "address"):
        order(api, REGION, AddressId=home, ForwardingAddressId="ADID" + NOWHERE, **GIVEN)


def test_worked_it_can_be_added_while_the_job_is_new():
    api = account()
    job = ordered(api, forwarded=False)
    onward = address(api, REGION, **INDIA)
    api.call("UpdateJob", {"JobId": job, "ForwardingAddressId": onward}, REGION)
    api.world.until("WithCustomer", job)
    assert ("forwarding", "delivered") in moves(api, job)


def test_worked_a_parcel_lost_on_the_second_leg_never_comes():
    """With a courier that loses half of what it has, one of twenty seeds at least loses the second leg only."""
    story = loads(
        f'''
        name = "Half of it is lost"
        start = 2026-06-01T08:00:00Z
        [site]
        region = "{REGION}"
        [job]
        type = "LOCAL_USE"
        [assume]
        "courier.lost" = 0.5
        '''
    )
    for seed in range(20):
        api = Held(World(story, seed=seed))
        job = ordered(api, forwarded=True)
        api.world.run()
        if ("forwarding", "lost") in moves(api, job):
            break
    assert ("outbound", "delivered") in moves(api, job)
    assert moves(api, job)[-1] == ("forwarding", "lost")
    assert api.world.job(job).outcome == "lost on the way to the customer"
    assert shipped(api, job)["Status"] == "Lost"
    assert "WithCustomer" not in entered(api, job)
