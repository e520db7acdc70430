"""Every operation, and every modelled exception that can come, each from a request that triggers it."""

import pytest
from accounts import ADDRESS, NOWHERE, ORDER, account, address, order
from test_api_clusters import CLUSTER, cluster, node

from devicesim.device.neighbours import Neighbours
from devicesim.snowball_api import ERAS, TABLE, ApiError, interface

LOST = {"job": "JID" + NOWHERE, "cluster": "CID" + NOWHERE, "address": "ADID" + NOWHERE}
BAD_TOKEN = {"NextToken": "1.0"}
KEY = {"KmsKeyARN": f"arn:aws:kms:us-west-2:123456789012:key/{NOWHERE}"}
IMAGE = {"Resources": ORDER["Resources"] | {"Ec2AmiResources": [{"AmiId": "ami-ffffffffffffffff0"}]}}


class NoKey:
    def refusal(self, key_arn):
        return "there is no such key"


def keyless():
    return account(neighbours=Neighbours(keys=NoKey()))


def prepared(api):
    job = order(api)
    api.world.until("PreparingAppliance", job)
    return {"JobId": job}


def here(api, *, labelled=0.0):
    job = order(api)
    api.world.until("WithCustomer", job)
    if labelled:
        api.call("CreateReturnShippingLabel", {"JobId": job})
        api.world.advance(labelled)
    return {"JobId": job}


def full(api):
    name = cluster(api, SnowballType="EDGE_C", InitialClusterSize=3)
    for _ in range(3):
        node(api, name)
    return {"ClusterId": name}


def made(api):
    return {"ClusterId": cluster(api, SnowballType="EDGE_C")}


def new(api):
    return {"JobId": order(api)}


def job(api, **changes):
    return ORDER | {"AddressId": address(api)} | changes


def whole(api, **changes):
    return CLUSTER | {"SnowballType": "EDGE_C", "AddressId": address(api)} | changes


def pricing(api):
    name = api.call("CreateLongTermPricing", {"LongTermPricingType": "OneYear", "SnowballType": "SNC1_HDD"})
    return name | {"ReplacementJob": LOST["job"]}


NO_JOB = (account, lambda api: {"JobId": LOST["job"]})
NO_CLUSTER = (account, lambda api: {"ClusterId": LOST["cluster"]})
TOKEN = (account, lambda api: BAD_TOKEN)

CASES = {
    ("CreateAddress", "InvalidAddressException"): (account, lambda api: {"Address": {"City": "Seattle"}}),
    ("CreateAddress", "UnsupportedAddressException"): (
        account,
        lambda api: {"Address": ADDRESS | {"Country": "FR"}},
    ),
    ("DescribeAddress", "InvalidResourceException"): (account, lambda api: {"AddressId": LOST["address"]}),
    ("DescribeAddresses", "InvalidNextTokenException"): TOKEN,
    ("CreateJob", "InvalidResourceException"): (account, lambda api: ORDER | {"AddressId": LOST["address"]}),
    ("CreateJob", "KMSRequestFailedException"): (keyless, lambda api: job(api, **KEY)),
    ("CreateJob", "InvalidInputCombinationException"): (account, lambda api: {}),
    ("CreateJob", "ClusterLimitExceededException"): (account, full),
    ("CreateJob", "Ec2RequestFailedException"): (account, lambda api: job(api, **IMAGE)),
    ("UpdateJob", "InvalidResourceException"): NO_JOB,
    ("UpdateJob", "InvalidJobStateException"): (account, prepared),
    ("UpdateJob", "InvalidInputCombinationException"): (
        account,
        lambda api: new(api) | {"ShippingOption": "EXPRESS"},
    ),
    ("UpdateJob", "Ec2RequestFailedException"): (account, lambda api: new(api) | IMAGE),
    ("CancelJob", "InvalidResourceException"): NO_JOB,
    ("CancelJob", "InvalidJobStateException"): (account, prepared),
    ("DescribeJob", "InvalidResourceException"): NO_JOB,
    ("ListJobs", "InvalidNextTokenException"): TOKEN,
    ("GetJobManifest", "InvalidResourceException"): NO_JOB,
    ("GetJobManifest", "InvalidJobStateException"): (account, new),
    ("GetJobUnlockCode", "InvalidResourceException"): NO_JOB,
    ("GetJobUnlockCode", "InvalidJobStateException"): (account, new),
    ("GetSoftwareUpdates", "InvalidResourceException"): NO_JOB,
    ("GetSoftwareUpdates", "InvalidJobStateException"): (account, new),
    ("UpdateJobShipmentState", "InvalidResourceException"): (
        account,
        lambda api: {"JobId": LOST["job"], "ShipmentState": "RECEIVED"},
    ),
    ("UpdateJobShipmentState", "InvalidJobStateException"): (
        account,
        lambda api: new(api) | {"ShipmentState": "RECEIVED"},
    ),
    ("CreateReturnShippingLabel", "InvalidResourceException"): NO_JOB,
    ("CreateReturnShippingLabel", "InvalidJobStateException"): (account, new),
    ("CreateReturnShippingLabel", "InvalidInputCombinationException"): (
        account,
        lambda api: here(api) | {"ShippingOption": "EXPRESS"},
    ),
    ("CreateReturnShippingLabel", "ConflictException"): (account, lambda api: here(api, labelled=1.0)),
    ("CreateReturnShippingLabel", "ReturnShippingLabelAlreadyExistsException"): (
        account,
        lambda api: here(api, labelled=3600.0),
    ),
    ("DescribeReturnShippingLabel", "InvalidResourceException"): (account, here),
    ("DescribeReturnShippingLabel", "InvalidJobStateException"): (account, new),
    ("UpdateLongTermPricing", "InvalidResourceException"): (account, pricing),
    ("ListLongTermPricing", "InvalidNextTokenException"): TOKEN,
    ("ListCompatibleImages", "InvalidNextTokenException"): TOKEN,
    ("ListServiceVersions", "InvalidNextTokenException"): (
        account,
        lambda api: BAD_TOKEN | {"ServiceName": "KUBERNETES"},
    ),
    ("CreateCluster", "InvalidResourceException"): (
        account,
        lambda api: whole(api, AddressId=LOST["address"]),
    ),
    ("CreateCluster", "KMSRequestFailedException"): (keyless, lambda api: whole(api, **KEY)),
    ("CreateCluster", "InvalidInputCombinationException"): (
        account,
        lambda api: whole(api, JobType="IMPORT"),
    ),
    ("CreateCluster", "Ec2RequestFailedException"): (account, lambda api: whole(api, **IMAGE)),
    ("DescribeCluster", "InvalidResourceException"): NO_CLUSTER,
    ("ListClusters", "InvalidNextTokenException"): TOKEN,
    ("ListClusterJobs", "InvalidResourceException"): NO_CLUSTER,
    ("ListClusterJobs", "InvalidNextTokenException"): (account, lambda api: made(api) | BAD_TOKEN),
    ("UpdateCluster", "InvalidResourceException"): NO_CLUSTER,
    ("UpdateCluster", "InvalidJobStateException"): (account, full),
    ("UpdateCluster", "InvalidInputCombinationException"): (
        account,
        lambda api: made(api) | {"ShippingOption": "EXPRESS"},
    ),
    ("UpdateCluster", "Ec2RequestFailedException"): (account, lambda api: made(api) | IMAGE),
    ("CancelCluster", "InvalidResourceException"): NO_CLUSTER,
    ("CancelCluster", "InvalidJobStateException"): (account, full),
}
"""For each operation and exception: an account, and the request that triggers it there."""


def test_law_every_operation_is_answered():
    assert set(TABLE) == set(interface().operations)
    assert set(interface("2020").operations) < set(TABLE)


@pytest.mark.parametrize("era", ERAS)
def test_law_every_modelled_exception_has_its_trigger(era):
    for name, told in interface(era).operations.items():
        assert set(told.errors) <= set(TABLE[name].triggers), name


def test_law_what_can_come_is_triggered_here():
    modelled = {(name, error) for name, told in interface().operations.items() for error in told.errors}
    possible = {pair for pair in modelled if not TABLE[pair[0]].triggers[pair[1]].startswith("never")}
    assert possible == set(CASES)


@pytest.mark.parametrize(("pair"), CASES, ids=" ".join)
def test_worked_each_exception_comes_and_leaves_no_trace(pair):
    operation, error = pair
    make, ask = CASES[pair]
    api = make()
    members = ask(api)
    length = len(api.world.log)
    with pytest.raises(ApiError) as raised:
        api.call(operation, members)
    assert raised.value.code == error
    assert {"Message", *raised.value.members} <= set(interface().errors[error].members)
    assert len(api.world.log) == length
