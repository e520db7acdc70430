"""The corners of the seed, one by one: pages, masters and parts, logs, capacities, options, identities, eras."""

import re
from itertools import pairwise

import pytest
from accounts import BUCKET, NOWHERE, ORDER, Held, account, address, order, refused
from test_api_clusters import cluster, node
from test_api_wire import as_json

from devicesim import catalog
from devicesim.device.neighbours import Neighbours, Stored
from devicesim.jobs import ShippingOption
from devicesim.scenario import loads
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

TB = 10**12
NAME = BUCKET.rpartition(":")[2]
LANES = [(lane.name, lane.listing("regions")[0]) for lane in catalog.entries("lane")]


def described(api, job, region=None):
    return api.call("DescribeJob", {"JobId": job}, region)


class TestPages:
    @pytest.mark.parametrize(("asked", "given"), [(0, 100), (1, 1), (99, 99), (100, 100), (None, 100)])
    def test_worked_a_page_has_as_many_as_asked_for(self, asked, given):
        """0 is allowed by the model and says nothing; a full page is then given (assumed)."""
        api = account()
        home = address(api)
        for _ in range(101):
            order(api, AddressId=home, JobType="LOCAL_USE")
        members = {} if asked is None else {"MaxResults": asked}
        assert len(api.call("ListJobs", members)["JobListEntries"]) == given

    @pytest.mark.parametrize("asked", [-1, 101, 10**12])
    def test_published_beyond_0_to_100_is_refused(self, asked):
        with refused("ValidationException", "MaxResults|maxResults"):
            account().call("ListJobs", {"MaxResults": asked})

    def test_law_a_token_is_bound_to_its_account(self):
        one, other = account(), account(seed=8)
        for api in (one, other):
            for _ in range(3):
                address(api)
        token = one.call("DescribeAddresses", {"MaxResults": 1})["NextToken"]
        with refused("InvalidNextTokenException"):
            other.call("DescribeAddresses", {"NextToken": token})


class Bucket:
    """Objects whose keys are counted in UTF-8: after z come letters of two bytes."""

    keys = (*(f"{number:04d}" for number in range(3998)), "z", "ä")

    def has_bucket(self, bucket):
        return bucket == NAME

    def list(self, bucket, first="", last=""):
        found = sorted((key for key in self.keys if key.encode() >= first.encode()), key=str.encode)
        return (Stored(key, 50 * 10**9) for key in found)

    def get(self, bucket, key, offset, count):
        return bytes(count)


@pytest.fixture(scope="module")
def exported():
    marks = {"BeginMarker": "0010", "EndMarker": "z"}
    resources = {"S3Resources": [{"BucketArn": BUCKET, "KeyRange": marks}]}
    snow = Snow(seed=7, neighbours=Neighbours(objects=Bucket()))
    job = order(snow.api, JobType="EXPORT", SnowballType="EDGE_S", Resources=resources)
    before = described(snow.api, job)
    snow.run()
    return snow, job, before


@pytest.mark.slow
class TestExport:
    """200 TB in 4,000 objects of 50 GB, of which a range of keys is asked for."""

    def test_worked_parts_by_the_size_of_the_device_hold_the_range_in_order(self, exported):
        snow, job, before = exported
        assert "SubJobMetadata" not in before
        told = described(snow.api, job)
        parts = [part["JobId"] for part in told["SubJobMetadata"]]
        # 3,989 objects of 50 GB in the range, 1,600 of them on a device of 80 TB.
        assert len(parts) == 3
        assert len({job, *parts}) == 4
        found = []
        for part in parts:
            share = snow.world.life(part).device.share
            found += sorted((item.key for item in share.objects(NAME)), key=str.encode)
            assert share.bytes <= 80 * TB
        failed = sum(event.objects for event in snow.world.events if type(event).__name__ == "ExportFailed")
        expected = [key for key in Bucket.keys if b"0010" <= key.encode() <= b"z"]
        assert len(expected) == 3989
        assert len(found) == 3989 - failed
        there = set(found)
        assert [key for key in expected if key in there] == found

    def test_published_parts_ship_one_after_another(self, exported):
        snow, job, _ = exported
        spans = []
        for part in snow.world.job(job).parts:
            entered = {str(state): at for at, state in part.history}
            spans.append((entered["PreparingAppliance"], entered["InTransitToAWS"]))
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))

    def test_published_only_the_master_is_one(self, exported):
        snow, job, _ = exported
        entries = snow.api.call("ListJobs", {})["JobListEntries"]
        assert [entry["JobId"] for entry in entries if entry["IsMaster"]] == [job]
        assert len(entries) == 4

    def test_worked_a_part_is_described_as_in_its_master(self, exported):
        snow, job, _ = exported
        for part in described(snow.api, job)["SubJobMetadata"]:
            told = described(snow.api, part["JobId"])
            assert told["JobMetadata"] == part
            assert "SubJobMetadata" not in told


class TestLogs:
    def seen(self, api, job):
        """In which states a job has logs."""
        found, states = [], [str(state) for _, state in api.world.job(job).history]
        while not api.world.job(job).outcome:
            state = described(api, job)["JobMetadata"]
            if "JobLogInfo" in state:
                found.append(state["JobState"])
            api.world.advance(3600)
        last = described(api, job)["JobMetadata"]
        return [*found, *([last["JobState"]] if "JobLogInfo" in last else [])], states

    def test_published_an_import_has_them_at_its_end(self):
        api = account()
        found, _ = self.seen(api, order(api))
        assert set(found) == {"Complete"}

    def test_published_an_export_has_them_on_the_way_to_the_customer(self):
        api = account()
        master = order(api, JobType="EXPORT", SnowballType="EDGE_S")
        api.world.until("InProgress", master)
        (part,) = api.world.job(master).parts
        found, _ = self.seen(api, part.id)
        assert list(dict.fromkeys(found))[:2] == ["InTransitToCustomer", "WithCustomer"]

    def test_published_a_device_for_local_use_has_none(self):
        api = account()
        found, _ = self.seen(api, order(api, JobType="LOCAL_USE"))
        assert found == []


class TestCapacities:
    def test_published_t50_in_the_united_states_only(self):
        api = account()
        given = {"SnowballType": "STANDARD", "SnowballCapacityPreference": "T50"}
        job = order(api, "us-east-1", **given)
        assert described(api, job)["JobMetadata"]["SnowballCapacityPreference"] == "T50"
        home = address(api, "eu-central-1", Country="DE")
        with refused("InvalidInputCombinationException", "T50 is not offered in eu-central-1"):
            order(api, "eu-central-1", AddressId=home, **given | {"ShippingOption": "EXPRESS"})

    @pytest.mark.parametrize(
        ("kind", "capacity"),
        [("SNC1_HDD", "T8"), ("STANDARD", "T80"), ("EDGE", "T100"), ("EDGE_S", "T98"), ("EDGE_C", "T42")],
    )
    @pytest.mark.parametrize("asked", [None, "NoPreference"])
    def test_worked_no_preference_is_resolved(self, kind, capacity, asked):
        """The device that comes has a capacity; of a type with two it is the larger, the catalog's own."""
        api = account()
        job = order(api, SnowballType=kind, SnowballCapacityPreference=asked)
        assert described(api, job)["JobMetadata"]["SnowballCapacityPreference"] == capacity

    @pytest.mark.parametrize("name", ["T14", "T32", "T240", "T13"])
    def test_published_the_era_has_its_own_capacities(self, name):
        home = account("2020")
        with refused("ValidationException", "SnowballCapacityPreference|snowballCapacityPreference"):
            order(home, SnowballCapacityPreference=name)


class TestShipping:
    @pytest.mark.parametrize("option", [str(option) for option in ShippingOption])
    @pytest.mark.parametrize(("lane", "region"), LANES, ids=[lane for lane, _ in LANES])
    def test_published_each_country_has_its_options(self, lane, region, option):
        api = account()
        entry = catalog.entry(lane)
        home = address(api, region, Country=entry.listing("countries")[0])
        tax = {"TaxDocuments": {"IND": {"GSTIN": "29ABCDE1234F2Z5"}}} if lane == "lane.IN" else {}
        given = {"AddressId": home, "ShippingOption": option, **tax}
        if option in entry.listing("options"):
            order(api, region, **given)
        else:
            with refused("InvalidInputCombinationException", f"ShippingOption must be .* in {region}"):
                order(api, region, **given)

    @pytest.mark.parametrize(
        ("region", "form"), [("us-west-2", "1Z[0-9]{16}"), ("ap-southeast-2", "[0-9]{12}")]
    )
    def test_worked_numbers_look_like_the_carriers(self, region, form):
        api = account()
        home = address(api, region, Country="US" if region.startswith("us") else "AU")
        option = "SECOND_DAY" if region.startswith("us") else "EXPRESS"
        job = order(api, region, AddressId=home, ShippingOption=option)
        api.world.until("InTransitToCustomer", job)
        shipped = described(api, job, region)["JobMetadata"]["ShippingDetails"]["OutboundShipment"]
        assert re.fullmatch(form, shipped["TrackingNumber"])


class TestEras:
    @pytest.mark.parametrize(("era", "days"), [("2020", 90), ("today", 360)])
    def test_published_how_long_a_manifest_is_good(self, era, days):
        """The job's customer keeps it: of a device for local use, with a stay long enough."""
        story = loads(
            'name = "Long stay"\nstart = 2026-06-01T08:00:00Z\n[site]\nregion = "us-west-2"\n'
            '[job]\ntype = "LOCAL_USE"\nkeep = "400 d"\n'
        )
        api = Held(World(story, seed=7), era)
        job = next(iter(api.world.jobs))
        api.world.until("WithCustomer", job)
        api.world.advance(days * 86400 - api.world.now)
        api.call("GetJobManifest", {"JobId": job})
        api.world.advance(60)
        with refused("InvalidJobStateException", f"expired {days} days after"):
            api.call("GetJobManifest", {"JobId": job})

    @pytest.mark.parametrize("kind", ["SNC1_SSD", "V3_5C", "V3_5S", "RACK_5U_C"])
    def test_published_types_that_came_later(self, kind):
        with refused("ValidationException", "SnowballType|snowballType"):
            order(account("2020"), SnowballType=kind)
        entry = catalog.entry(kind)
        api = account()
        region = next((r for r in ("us-west-2", "us-east-1") if catalog.offered(kind, r)), "us-west-2")
        order(api, region, SnowballType=kind, JobType=entry.listing("job_types")[0])

    def test_published_members_that_came_later_are_none(self):
        """A client of that time did not know them; a service ignores members that it does not know."""
        api = account("2020")
        asked = ORDER | {"AddressId": address(api), "RemoteManagement": "INSTALLED_ONLY"}
        status, told = as_json(api, "CreateJob", asked)
        assert status == 200
        assert "RemoteManagement" not in described(api, told["JobId"])["JobMetadata"]

    @pytest.mark.parametrize(("era", "most"), [("2020", 5), ("today", 16)])
    def test_published_how_many_nodes_a_cluster_has(self, era, most):
        api = account(era)
        sized = {} if era == "2020" else {"InitialClusterSize": most, "SnowballType": "V3_5S"}
        if era == "today" and not catalog.offered("V3_5S", "us-west-2"):
            sized["SnowballType"] = "EDGE_C"
        name = cluster(api, **sized)
        for _ in range(most):
            node(api, name)
        with refused("ClusterLimitExceededException"):
            node(api, name)


class TestIdentities:
    @pytest.mark.parametrize(
        ("call", "members"),
        [
            ("DescribeJob", {"JobId": "JID" + NOWHERE}),
            ("DescribeAddress", {"AddressId": "ADID" + NOWHERE}),
            ("DescribeCluster", {"ClusterId": "CID" + NOWHERE}),
            ("ListClusterJobs", {"ClusterId": "CID" + NOWHERE}),
            ("UpdateJob", {"JobId": "JID" + NOWHERE}),
        ],
    )
    def test_law_what_another_account_has_is_not_there(self, call, members):
        one, other = account(), account(seed=8)
        made = {
            "JobId": order(one),
            "AddressId": address(one),
            "ClusterId": cluster(one, SnowballType="EDGE_C"),
        }
        theirs = {name: made[name] for name in members}
        for asked in (members, theirs):
            with refused("InvalidResourceException"):
                other.call(call, asked)
        one.call(call, theirs)
        with refused("InvalidResourceException"):
            one.call(call, theirs, "eu-west-1")

    def test_law_an_address_of_another_region_is_not_there(self):
        api = account()
        german = address(api, "eu-central-1", Country="DE")
        with refused("InvalidResourceException", "address"):
            order(api, AddressId=german)
        assert ORDER["SnowballType"] == "SNC1_HDD"
