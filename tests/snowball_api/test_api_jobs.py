"""Jobs through the API: what is kept, what moves, what is refused, and that a refusal leaves no trace."""

import pytest
from accounts import ADDRESS, BUCKET, NOWHERE, ORDER, Held, account, address, order, refused

from devicesim.jobs import ORDER as STATES
from devicesim.jobs import JobType
from devicesim.scenario import load
from devicesim.world import World


def described(api, job):
    return api.call("DescribeJob", {"JobId": job})["JobMetadata"]


class TestCreateJob:
    def test_law_every_member_is_kept_and_told(self):
        api = account()
        given = {
            "Description": "June trail cameras",
            "KmsKeyARN": f"arn:aws:kms:us-west-2:123456789012:key/{NOWHERE}",
            "RoleARN": "arn:aws:iam::123456789012:role/snow",
            "SnowballCapacityPreference": "T8",
            "Notification": {"SnsTopicARN": "arn:aws:sns:us-west-2:123456789012:snow", "NotifyAll": True},
            "DeviceConfiguration": {
                "SnowconeDeviceConfiguration": {"WirelessConnection": {"IsWifiEnabled": True}}
            },
            "RemoteManagement": "INSTALLED_ONLY",
            "OnDeviceServiceConfiguration": {"NFSOnDeviceService": {"StorageLimit": 8, "StorageUnit": "TB"}},
        }
        job = order(api, **given)
        told = described(api, job)
        assert {name: told[name] for name in given} == given
        assert told["Resources"] == ORDER["Resources"]
        assert told["ShippingDetails"] == {"ShippingOption": "SECOND_DAY"}
        assert (told["JobState"], told["JobType"], told["SnowballType"]) == ("New", "IMPORT", "SNC1_HDD")
        assert api.world.job(job).order.wifi

    def test_worked_an_image_gets_an_identity_of_the_device(self):
        api = account()
        (known, *_) = api.call("ListCompatibleImages", {})["CompatibleImages"]
        images = [{"AmiId": known["AmiId"]}]
        job = order(api, Resources=ORDER["Resources"] | {"Ec2AmiResources": images})
        (told,) = described(api, job)["Resources"]["Ec2AmiResources"]
        assert told["AmiId"] == known["AmiId"]
        assert told["SnowballAmiId"].startswith("s.ami-")

    def test_worked_objects_go_to_the_buckets_of_the_job(self):
        api = account()
        buckets = [{"BucketArn": "arn:aws:s3:::north"}, {"BucketArn": "arn:aws:s3:::south"}]
        job = order(api, Resources={"S3Resources": buckets})
        api.world.run()
        assert set(api.world.life(job).device.share.buckets) == {"north", "south"}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"JobType": None}, ["JobType must be given"]),
            ({"ShippingOption": "EXPRESS"}, ["NEXT_DAY or SECOND_DAY in us-west-2, got EXPRESS"]),
            ({"JobType": "EXPORT"}, ["SNC1_HDD does IMPORT and LOCAL_USE jobs, got EXPORT"]),
            ({"SnowballCapacityPreference": "T100"}, ["SNC1_HDD must be T8, got T100"]),
            ({"Resources": {}}, ["must name a bucket for a job of type IMPORT"]),
            ({"Resources": {"S3Resources": [{"BucketArn": "arn:aws:s3:::A"}]}}, ["must name an S3 bucket"]),
            (
                {
                    "SnowballType": "EDGE",
                    "Resources": {
                        "S3Resources": [{"BucketArn": BUCKET}],
                        "LambdaResources": [
                            {
                                "LambdaArn": "arn:aws:lambda:us-west-2:123456789012:function:f",
                                "EventTriggers": [{"EventResourceARN": "arn:aws:s3:::other"}],
                            }
                        ],
                    },
                },
                ["EventResourceARN must be the BucketArn", "got arn:aws:s3:::other"],
            ),
            (
                {
                    "JobType": "EXPORT",
                    "SnowballType": "EDGE_S",
                    "Resources": {
                        "S3Resources": [
                            {"BucketArn": BUCKET, "KeyRange": {"BeginMarker": "z", "EndMarker": "a"}}
                        ]
                    },
                },
                ["BeginMarker must not come after EndMarker, got 'z' and 'a'"],
            ),
            ({"ImpactLevel": "IL4"}, ["GovCloud"]),
            ({"PickupDetails": {"Name": "Ana"}}, ["CUST_PICKUP"]),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
    )
    def test_law_what_does_not_go_together_is_refused_and_leaves_no_trace(self, changes, words):
        api = account()
        home = address(api)
        length = len(api.world.log)
        with refused("InvalidInputCombinationException", *words):
            order(api, AddressId=home, **changes)
        assert api.call("ListJobs", {})["JobListEntries"] == []
        assert len(api.world.log) == length

    def test_worked_india_needs_its_tax_number(self):
        api = account()
        home = address(
            api, "ap-south-1", Country="IN", City="Mumbai", StateOrProvince="MH", PostalCode="400001"
        )
        given = {"AddressId": home, "ShippingOption": "STANDARD"}
        with refused("InvalidInputCombinationException", "GSTIN"):
            order(api, "ap-south-1", **given)
        order(api, "ap-south-1", **given, TaxDocuments={"IND": {"GSTIN": "29ABCDE1234F2Z5"}})


class TestLife:
    def test_worked_an_import_passes_its_documented_states(self):
        api = account()
        job, seen = order(api), []
        for state in STATES[JobType.IMPORT]:
            api.world.until(state, job)
            seen.append(described(api, job)["JobState"])
        assert seen == [str(state) for state in STATES[JobType.IMPORT]]

    def test_law_reads_move_nothing(self):
        api = account()
        job = order(api)
        api.world.until("InProgress", job)
        now, length = api.world.now, len(api.world.log)
        assert described(api, job) == described(api, job)
        assert (api.world.now, len(api.world.log)) == (now, length)

    def test_worked_totals_are_none_until_all_is_listed(self):
        api = account()
        job = order(api)
        api.world.until("InProgress", job)
        told = described(api, job)["DataTransferProgress"]
        assert told == dict.fromkeys(told, 0)
        leg = api.world.stream.leg("import", job)
        api.world.advance((leg.listed + 60) - api.world.now)
        told = described(api, job)["DataTransferProgress"]
        assert told["TotalBytes"] == leg.total_bytes > told["BytesTransferred"] > 0
        api.world.run()
        assert "DataTransferProgress" not in described(api, job)

    def test_worked_each_way_has_its_shipment(self):
        api = account()
        job = order(api)
        api.world.until("InTransitToCustomer", job)
        told = described(api, job)["ShippingDetails"]
        assert told["OutboundShipment"]["Status"] == "InTransit"
        assert "InboundShipment" not in told
        api.world.until("WithAWS", job)
        told = described(api, job)["ShippingDetails"]
        assert [told[way]["Status"] for way in ("OutboundShipment", "InboundShipment")] == ["Delivered"] * 2
        assert told["OutboundShipment"]["TrackingNumber"] != told["InboundShipment"]["TrackingNumber"]

    def test_worked_the_same_calls_give_the_same_world(self):
        one, other = account(), account()
        for api in (one, other):
            order(api)
            api.world.run()
        assert one.world.log == other.world.log
        assert one.call("ListJobs", {}) == other.call("ListJobs", {})


class TestUpdateAndCancel:
    def test_worked_what_is_changed_counts(self):
        api = account()
        job = order(api)
        changed = {"ShippingOption": "NEXT_DAY", "Description": "July"}
        api.call(
            "UpdateJob",
            {"JobId": job, "Resources": {"S3Resources": [{"BucketArn": "arn:aws:s3:::july"}]}, **changed},
        )
        told = described(api, job)
        assert (told["Description"], told["ShippingDetails"]["ShippingOption"]) == ("July", "NEXT_DAY")
        api.world.until("WithCustomer", job)
        moves = [e.at for e in api.world.events if type(e).__name__ == "ParcelMoved"]
        assert moves[-1] - moves[0] < 86400  # collected at 16:00, there the next noon
        api.world.run()
        assert list(api.world.life(job).device.share.buckets) == ["july"]

    def test_worked_another_capacity_is_told_and_sent(self):
        api = account()
        job = order(api, SnowballType="STANDARD", SnowballCapacityPreference="T50")
        api.call("UpdateJob", {"JobId": job, "SnowballCapacityPreference": "T80"})
        assert described(api, job)["SnowballCapacityPreference"] == "T80"
        assert api.world.job(job).order.capacity == "T80"

    def test_worked_a_scenarios_own_job_is_changed_without_an_address(self):
        api = Held(World(load("scenarios/three_snowcones.toml")))
        job = api.call("ListJobs", {})["JobListEntries"][0]["JobId"]
        api.call("UpdateJob", {"JobId": job, "Description": "first"})
        assert described(api, job)["Description"] == "first"
        with refused("InvalidResourceException", NOWHERE):
            api.call("UpdateJob", {"JobId": job, "AddressId": "ADID" + NOWHERE})

    @pytest.mark.parametrize("call", ["UpdateJob", "CancelJob"])
    def test_law_only_a_new_job_can_be_changed(self, call):
        api = account()
        job = order(api)
        api.world.until("PreparingAppliance", job)
        with refused("InvalidJobStateException", "PreparingAppliance", "New"):
            api.call(call, {"JobId": job})

    def test_worked_a_cancelled_job_stays_so(self):
        api = account()
        job = order(api)
        api.call("CancelJob", {"JobId": job})
        api.world.run()
        assert described(api, job)["JobState"] == "Cancelled"
        assert api.call("GetSnowballUsage", {})["SnowballsInUse"] == 0


def test_worked_a_limit_holds_where_one_is_set():
    api = Held(World(seed=7), limit=2)
    jobs = [order(api) for _ in range(2)]
    assert api.call("GetSnowballUsage", {}) == {"SnowballLimit": 2, "SnowballsInUse": 2}
    with refused("LimitExceededException", "2 devices at a time, and has 2"):
        order(api)
    api.call("CancelJob", {"JobId": jobs[0]})
    order(api)


def test_worked_the_limit_of_a_scenario_is_told():
    api = Held(World(load("scenarios/three_snowcones.toml")))
    assert api.call("GetSnowballUsage", {})["SnowballLimit"] == 3


class TestListing:
    def test_worked_a_thousand_jobs_in_order_page_by_page(self):
        api = account()
        home = address(api)
        made = [order(api, AddressId=home, JobType="LOCAL_USE") for _ in range(1000)]
        seen, token = [], None
        while True:
            page = api.call("ListJobs", {"MaxResults": 77} | ({"NextToken": token} if token else {}))
            seen += [entry["JobId"] for entry in page["JobListEntries"]]
            if (token := page.get("NextToken")) is None:
                break
        assert seen == made

    @pytest.mark.parametrize("bad", ["", "zz", "1", "3.0123456789abcdef01234567", "-1.a", "\u0663.a"])
    def test_law_a_token_of_ones_own_making_is_refused(self, bad):
        api = account()
        code = "ValidationException" if not bad else "InvalidNextTokenException"
        with refused(code):
            api.call("ListJobs", {"NextToken": bad})

    def test_worked_a_token_is_bound_to_its_operation(self):
        api = account()
        for _ in range(3):
            address(api)
        token = api.call("DescribeAddresses", {"MaxResults": 2})["NextToken"]
        with refused("InvalidNextTokenException"):
            api.call("ListJobs", {"NextToken": token})
        assert len(api.call("DescribeAddresses", {"NextToken": token})["Addresses"]) == 1

    def test_published_regions_of_the_united_states_list_together(self):
        api = account()
        job = order(api, "us-east-1")
        assert [entry["JobId"] for entry in api.call("ListJobs", {}, "us-west-2")["JobListEntries"]] == [job]
        assert api.call("ListJobs", {}, "eu-west-1")["JobListEntries"] == []
        with refused("InvalidResourceException"):
            api.call("DescribeJob", {"JobId": job}, "eu-west-1")


class TestAddresses:
    def test_worked_what_is_given_is_told(self):
        api = account()
        name = address(api, Landmark="the old mill", AddressId="ADID" + NOWHERE)
        told = api.call("DescribeAddress", {"AddressId": name})["Address"]
        assert told == ADDRESS | {"AddressId": name}
        assert name != "ADID" + NOWHERE

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"Street1": "PO Box 12"}, "InvalidAddressException"),
            ({"City": "  "}, "InvalidAddressException"),
            ({"Country": "FR"}, "UnsupportedAddressException"),
        ],
    )
    def test_law_where_no_courier_goes_is_refused(self, changes, code):
        with refused(code):
            address(account(), **changes)

    def test_worked_pickup_addresses_are_a_list_of_their_own(self):
        api = account()
        address(api)
        pickup = address(api, Type="CUST_PICKUP")
        assert [a["AddressId"] for a in api.call("ListPickupLocations", {})["Addresses"]] == [pickup]
