"""All 27 operations over both wire forms: what JSON says, CBOR says; and every answer has the model's output shape."""

import pytest
from accounts import ADDRESS, ORDER, account
from test_api_wire import as_cbor, as_json, plain

from devicesim.snowball_api import interface

pytest.importorskip("cbor2")
CLUSTER = {
    "JobType": "LOCAL_USE",
    "SnowballType": "EDGE_C",
    "ShippingOption": "SECOND_DAY",
    "InitialClusterSize": 3,
}


def walk(api, ask):
    """Every operation once at least, in an order in which each finds what it names; gives (operation, answer)."""
    told, said = {}, []

    def call(operation, members=None, **named):
        status, answer = ask(api, operation, (members or {}) | named)
        assert status == 200, (operation, answer)
        answer = plain(answer)
        said.append((operation, answer))
        told.update({name: value for name, value in answer.items() if name.endswith("Id")})
        return answer

    call("CreateAddress", Address=ADDRESS)
    here = {"AddressId": told["AddressId"]}
    call("DescribeAddress", here)
    call("DescribeAddresses")
    call("CreateAddress", Address=ADDRESS | {"Type": "CUST_PICKUP"})
    call("ListPickupLocations")
    call("ListCompatibleImages")
    call("ListServiceVersions", ServiceName="KUBERNETES")
    call(
        "CreateLongTermPricing",
        LongTermPricingType="OneYear",
        SnowballType="SNC1_HDD",
        IsLongTermPricingAutoRenew=True,
    )
    call(
        "UpdateLongTermPricing", LongTermPricingId=told["LongTermPricingId"], IsLongTermPricingAutoRenew=False
    )
    call("ListLongTermPricing")
    call("CreateCluster", CLUSTER | here)
    call("UpdateCluster", ClusterId=told["ClusterId"], Description="at the dam")
    call("DescribeCluster", ClusterId=told["ClusterId"])
    call("CreateJob", ClusterId=told["ClusterId"])
    call("ListClusterJobs", ClusterId=told["ClusterId"])
    call("CancelCluster", ClusterId=told["ClusterId"])
    call("ListClusters")
    job = {"JobId": call("CreateJob", ORDER | here)["JobId"]}
    call("UpdateJob", job, Description="June")
    call("CancelJob", JobId=call("CreateJob", ORDER | here)["JobId"])
    call("GetSnowballUsage")
    api.world.until("WithCustomer", job["JobId"])
    for operation in (
        "GetJobManifest",
        "GetJobUnlockCode",
        "GetSoftwareUpdates",
        "CreateReturnShippingLabel",
    ):
        call(operation, job)
    call("DescribeReturnShippingLabel", job)
    call("UpdateJobShipmentState", job, ShipmentState="RECEIVED")
    api.world.until("InProgress", job["JobId"])
    call("DescribeJob", job)
    api.world.run()
    call("DescribeJob", job)
    call("ListJobs")
    return said


def test_law_cbor_and_json_are_equal_for_all_27_operations():
    one, other = walk(account(), as_json), walk(account(), as_cbor)
    assert {operation for operation, _ in one} == set(interface().operations)
    assert len(interface().operations) == 27
    assert one == other


def test_law_both_forms_refuse_alike():
    for operation, members in (
        ("DescribeJob", {"JobId": "JID00000000-0000-0000-0000-000000000000"}),
        ("DescribeJob", {"JobId": "no identity"}),
        ("ListJobs", {"MaxResults": 101}),
        ("CreateAddress", {"Address": {"City": "Seattle"}}),
        ("CreateJob", {}),
    ):
        (one, told), (other, same) = (
            as_json(account(), operation, members),
            as_cbor(account(), operation, members),
        )
        assert one == other == 400
        assert {name.lower(): value for name, value in told.items() if name != "__type"} == {
            name.lower(): value for name, value in same.items() if name != "__type"
        }
        assert told["__type"].rpartition("#")[2] == same["__type"].rpartition("#")[2]
