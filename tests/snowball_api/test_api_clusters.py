"""Clusters and exports through the API: nodes one by one, parts one after another."""

import pytest
from accounts import NOWHERE, account, address, order, refused

CLUSTER = {
    "JobType": "LOCAL_USE",
    "SnowballType": "EDGE",
    "ShippingOption": "SECOND_DAY",
    "Resources": {"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]},
    "RoleARN": "arn:aws:iam::123456789012:role/snow",
    "Description": "five at the dam",
}


def cluster(api, **changes):
    members = CLUSTER | {"AddressId": address(api)} | changes
    return api.call("CreateCluster", members)["ClusterId"]


def node(api, name, **members):
    return api.call("CreateJob", {"ClusterId": name} | members)["JobId"]


def state(api, name):
    return api.call("DescribeCluster", {"ClusterId": name})["ClusterMetadata"]["ClusterState"]


def jobs(api, name):
    return [entry["JobId"] for entry in api.call("ListClusterJobs", {"ClusterId": name})["JobListEntries"]]


class TestOf2020:
    def test_published_five_nodes_and_nothing_ships_before_the_fifth(self):
        api = account("2020")
        name = cluster(api)
        made = [node(api, name) for _ in range(4)]
        assert state(api, name) == "AwaitingQuorum"
        api.world.advance("30 d")
        assert {api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobState"] for job in made} == {"New"}
        made.append(node(api, name))
        assert state(api, name) == "Pending"
        assert jobs(api, name) == made
        with refused("ClusterLimitExceededException", "supports 5 nodes"):
            node(api, name)
        api.world.until("WithCustomer", made[0])
        assert state(api, name) == "InUse"
        api.world.run()
        assert state(api, name) == "Complete"

    def test_published_a_node_takes_all_but_its_cluster_from_the_cluster(self):
        api = account("2020")
        name = cluster(api)
        told = api.call("DescribeJob", {"JobId": node(api, name)})["JobMetadata"]
        whole = api.call("DescribeCluster", {"ClusterId": name})["ClusterMetadata"]
        for member in ("JobType", "SnowballType", "Description", "Resources", "RoleARN", "AddressId"):
            assert told[member] == whole[member]
        assert (told["ClusterId"], told["ShippingDetails"]) == (name, {"ShippingOption": "SECOND_DAY"})
        with refused("InvalidInputCombinationException", "all but its ClusterId", "SnowballType"):
            node(api, name, SnowballType="EDGE_C")

    @pytest.mark.parametrize("member", ["LongTermPricingId", "PickupDetails"])
    def test_law_a_node_with_members_of_its_own_is_refused(self, member):
        api = account()
        name = cluster(api, SnowballType="EDGE_C")
        given = {"LongTermPricingId": "LTPID" + NOWHERE, "PickupDetails": {"Name": "Ana"}}
        with refused("InvalidInputCombinationException", f"got another {member}"):
            node(api, name, **{member: given[member]})
        assert jobs(api, name) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"JobType": "IMPORT"}, "must be LOCAL_USE"),
            ({"SnowballType": "EDGE_S"}, "SnowballType must be one of EDGE in a cluster of 2020, got EDGE_S"),
            ({"SnowballType": "SNC1_HDD"}, "got SNC1_HDD"),
        ],
    )
    def test_published_only_edge_devices_for_local_use(self, changes, words):
        with refused("InvalidInputCombinationException", words):
            cluster(account("2020"), **changes)

    def test_published_a_cluster_changes_only_while_it_awaits_quorum(self):
        api = account("2020")
        name = cluster(api)
        job = node(api, name)
        api.call("UpdateCluster", {"ClusterId": name, "ShippingOption": "NEXT_DAY"})
        told = api.call("DescribeJob", {"JobId": job})["JobMetadata"]
        assert told["ShippingDetails"]["ShippingOption"] == "NEXT_DAY"
        for _ in range(4):
            node(api, name)
        for call in ("UpdateCluster", "CancelCluster"):
            with refused("InvalidJobStateException", "Pending"):
                api.call(call, {"ClusterId": name})

    def test_worked_a_cancelled_cluster_cancels_its_nodes(self):
        api = account("2020")
        name = cluster(api)
        job = node(api, name)
        api.call("CancelCluster", {"ClusterId": name})
        assert state(api, name) == "Cancelled"
        assert api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobState"] == "Cancelled"
        with refused("InvalidJobStateException", "Cancelled"):
            node(api, name)


class TestToday:
    def test_worked_three_nodes_made_at_once(self):
        api = account()
        members = CLUSTER | {"AddressId": address(api), "SnowballType": "EDGE_C"}
        told = api.call("CreateCluster", members | {"InitialClusterSize": 3, "ForceCreateJobs": True})
        assert [entry["JobId"] for entry in told["JobListEntries"]] == jobs(api, told["ClusterId"])
        assert len(told["JobListEntries"]) == 3
        assert state(api, told["ClusterId"]) == "Pending"

    def test_law_a_size_that_there_is_not_is_refused(self):
        with refused("InvalidInputCombinationException", "InitialClusterSize must be in"):
            cluster(account(), SnowballType="EDGE_C", InitialClusterSize=2)

    def test_law_eras_require_their_own_members(self):
        for era, lacking in (("today", "snowballType"), ("2020", "roleARN")):
            with refused("ValidationException", f"'{lacking}'", "must not be null"):
                account(era).call("CreateCluster", {})

    def test_law_a_cluster_that_is_not_there(self):
        for call in ("DescribeCluster", "ListClusterJobs", "CancelCluster", "UpdateCluster"):
            with refused("InvalidResourceException"):
                account().call(call, {"ClusterId": "CID" + NOWHERE})
        api = account()
        cluster(api, SnowballType="EDGE_C")
        assert len(api.call("ListClusters", {})["ClusterListEntries"]) == 1


class TestExport:
    def test_published_a_master_lists_and_its_parts_appear_some_time_later(self):
        api = account()
        job = order(api, JobType="EXPORT", SnowballType="EDGE_S")
        (entry,) = api.call("ListJobs", {})["JobListEntries"]
        assert (entry["JobId"], entry["IsMaster"]) == (job, True)
        assert "SubJobMetadata" not in api.call("DescribeJob", {"JobId": job})
        api.world.until("Complete", job)
        told = api.call("DescribeJob", {"JobId": job})
        (part,) = told["SubJobMetadata"]
        assert part["JobId"] != job
        assert api.call("DescribeJob", {"JobId": part["JobId"]})["JobMetadata"] == part
        assert part["Resources"] == told["JobMetadata"]["Resources"]
        listed = api.call("ListJobs", {})["JobListEntries"]
        assert [(e["JobId"], e["IsMaster"]) for e in listed] == [(job, True), (part["JobId"], False)]

    def test_published_an_export_is_cancelled_until_its_device_is_prepared(self):
        api = account()
        job = order(api, JobType="EXPORT", SnowballType="EDGE_S")
        api.world.until("Listing", job)
        api.call("CancelJob", {"JobId": job})
        api.world.run()
        assert api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobState"] == "Cancelled"
