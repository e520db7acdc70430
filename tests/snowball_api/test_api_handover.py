"""What opens a device and sends it back: manifest, code, labels, files, agreements; on the World's clock."""

import pytest
from accounts import NOWHERE, account, address, order, refused

from devicesim.errors import VerbError
from devicesim.snowball_api.snow import Snow

DAY = 86400.0


@pytest.mark.parametrize("call", ["GetJobManifest", "GetJobUnlockCode", "GetSoftwareUpdates"])
def test_published_today_a_device_opens_while_it_is_with_the_customer(call):
    api = account()
    job = order(api)
    with refused("InvalidJobStateException", "is New, and must be WithCustomer"):
        api.call(call, {"JobId": job})
    api.world.until("WithCustomer", job)
    first = api.call(call, {"JobId": job})
    assert first == api.call(call, {"JobId": job})
    api.world.until("InTransitToAWS", job)
    with refused("InvalidJobStateException", "InTransitToAWS"):
        api.call(call, {"JobId": job})


def test_published_in_2020_it_was_enough_that_it_had_been_there_and_for_90_days():
    api = account("2020")
    job = order(api)
    api.world.until("Complete", job)
    code = api.call("GetJobUnlockCode", {"JobId": job})["UnlockCode"]
    assert [len(part) for part in code.split("-")] == [5] * 5
    api.world.advance(90 * DAY - api.world.now)
    assert api.call("GetJobUnlockCode", {"JobId": job})["UnlockCode"] == code
    api.world.advance(1.0)
    with refused("InvalidJobStateException", "expired 90 days"):
        api.call("GetJobUnlockCode", {"JobId": job})


def test_law_the_eras_have_their_own_operations():
    with refused("UnknownOperationException", "2020"):
        account("2020").call("ListPickupLocations", {})


class TestFiles:
    def complete(self):
        snow = Snow(seed=3)
        job = order(snow.api)
        snow.until(job, "Complete")
        return snow, snow.api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobLogInfo"], job

    def test_worked_every_object_is_in_one_of_the_two_logs(self):
        snow, logs, job = self.complete()
        made, failed = (
            snow.fetch(logs[name]).decode().splitlines()[1:]
            for name in ("JobSuccessLogURI", "JobFailureLogURI")
        )
        share = snow.world.life(job).device.share
        assert len(made) + len(failed) == share.files
        told = sum(event.objects for event in snow.world.events if type(event).__name__ == "ImportFailed")
        assert len(failed) == told
        assert sum(int(line.rsplit(",", 2)[1]) for line in made + failed) == share.bytes

    def test_worked_the_report_is_a_pdf_and_the_same_each_time(self):
        pytest.importorskip("fpdf")
        snow, logs, _ = self.complete()
        report = snow.fetch(logs["JobCompletionReportURI"])
        assert report.startswith(b"%PDF-")
        assert report == snow.fetch(logs["JobCompletionReportURI"])

    def test_published_an_address_is_good_for_60_minutes(self):
        snow, logs, _ = self.complete()
        snow.advance(3599.0)  # the address holds whole seconds
        snow.fetch(logs["JobSuccessLogURI"])
        snow.advance(2.0)
        with pytest.raises(VerbError, match="Request has expired"):
            snow.fetch(logs["JobSuccessLogURI"])

    def test_law_a_changed_address_is_refused(self):
        snow, logs, _ = self.complete()
        for old, new in (
            ("Expires=3600", "Expires=9999"),
            ("success", "failure"),
            ("Signature=", "Signature=0"),
        ):
            with pytest.raises(VerbError, match="SignatureDoesNotMatch"):
                snow.fetch(logs["JobSuccessLogURI"].replace(old, new))


class TestLabels:
    def test_worked_a_label_is_made_and_expires(self):
        api = account()
        job = order(api)
        with refused("InvalidJobStateException"):
            api.call("CreateReturnShippingLabel", {"JobId": job})
        api.world.until("WithCustomer", job)
        with refused("InvalidResourceException", "no return shipping label"):
            api.call("DescribeReturnShippingLabel", {"JobId": job})
        assert api.call("CreateReturnShippingLabel", {"JobId": job}) == {"Status": "InProgress"}
        with refused("ConflictException"):
            api.call("CreateReturnShippingLabel", {"JobId": job})
        api.world.advance(api.world.figures.si("snowball_api.label.making"))
        told = api.call("DescribeReturnShippingLabel", {"JobId": job})
        assert told["Status"] == "Succeeded"
        with refused("ReturnShippingLabelAlreadyExistsException"):
            api.call("CreateReturnShippingLabel", {"JobId": job})

    def test_worked_a_label_can_be_fetched(self):
        snow = Snow(seed=7)
        job = order(snow.api)
        snow.until(job, "WithCustomer")
        snow.api.call("CreateReturnShippingLabel", {"JobId": job})
        snow.advance(snow.world.figures.si("snowball_api.label.making"))
        where = snow.api.call("DescribeReturnShippingLabel", {"JobId": job})["ReturnShippingLabelURI"]
        assert snow.fetch(where).startswith(b"%PDF")
        assert snow.fetch(where) == snow.fetch(where)
        snow.advance("61 min")
        with pytest.raises(VerbError, match="expired"):
            snow.fetch(where)

    def test_worked_an_option_of_another_region_is_refused(self):
        api = account()
        job = order(api)
        api.world.until("WithCustomer", job)
        with refused("InvalidInputCombinationException", "EXPRESS"):
            api.call("CreateReturnShippingLabel", {"JobId": job, "ShippingOption": "EXPRESS"})


class TestLongTermPricing:
    def test_an_agreement_that_has_expired_prices_no_job(self):
        api = account()
        agreed = {"LongTermPricingType": "OneMonth", "SnowballType": "SNC1_HDD"}
        over, renewed = (
            api.call("CreateLongTermPricing", agreed | more)["LongTermPricingId"]
            for more in ({}, {"IsLongTermPricingAutoRenew": True})
        )
        api.world.advance("32 d")
        with refused("InvalidInputCombinationException", f"LongTermPricingId {over} has expired"):
            order(api, LongTermPricingId=over)
        assert order(api, LongTermPricingId=renewed).startswith("JID")

    def test_worked_a_year_from_now_with_its_jobs(self):
        api = account()
        name = api.call(
            "CreateLongTermPricing", {"LongTermPricingType": "OneYear", "SnowballType": "SNC1_HDD"}
        )["LongTermPricingId"]
        job = order(api, LongTermPricingId=name)
        (told,) = api.call("ListLongTermPricing", {})["LongTermPricingEntries"]
        assert told["JobIds"] == [job]
        assert told["CurrentActiveJob"] == job
        assert told["LongTermPricingEndDate"].isoformat() == "2027-06-01T08:00:00+00:00"
        assert told["LongTermPricingStatus"] == "Active"
        api.world.run()
        api.world.advance(366 * DAY)
        (told,) = api.call("ListLongTermPricing", {})["LongTermPricingEntries"]
        assert (told["LongTermPricingStatus"], "CurrentActiveJob" in told and told["CurrentActiveJob"]) == (
            "Expired",
            None,
        )
        api.call("UpdateLongTermPricing", {"LongTermPricingId": name, "IsLongTermPricingAutoRenew": True})
        (told,) = api.call("ListLongTermPricing", {})["LongTermPricingEntries"]
        assert told["LongTermPricingEndDate"].year == 2028

    def test_law_an_agreement_is_for_its_type(self):
        api = account()
        with refused("InvalidResourceException"):
            order(api, AddressId=address(api), LongTermPricingId="LTPID" + NOWHERE)

    def test_law_an_agreement_of_another_region_is_none(self):
        api = account()
        kind = {"LongTermPricingType": "OneMonth", "SnowballType": "SNC1_HDD"}
        name = api.call("CreateLongTermPricing", kind, "eu-west-1")["LongTermPricingId"]
        with refused("InvalidResourceException", name):
            order(api, LongTermPricingId=name)

    def test_worked_the_nodes_of_a_cluster_share_out_its_agreements(self):
        api = account()
        kind = {"LongTermPricingType": "OneYear", "SnowballType": "V3_5S"}
        names = [api.call("CreateLongTermPricing", kind)["LongTermPricingId"] for _ in range(2)]
        members = {
            "JobType": "LOCAL_USE",
            "SnowballType": "V3_5S",
            "ShippingOption": "SECOND_DAY",
            "AddressId": address(api),
            "InitialClusterSize": 3,
            "ForceCreateJobs": True,
        }
        with refused("InvalidResourceException", NOWHERE):
            api.call("CreateCluster", members | {"LongTermPricingIds": [*names, "LTPID" + NOWHERE]})
        assert api.call("ListClusters", {})["ClusterListEntries"] == []
        made = api.call("CreateCluster", members | {"LongTermPricingIds": names})["JobListEntries"]
        jobs = [entry["JobId"] for entry in made]
        told = api.call("ListLongTermPricing", {})["LongTermPricingEntries"]
        assert [entry["JobIds"] for entry in told] == [[jobs[0]], [jobs[1]]]
        kept = [api.call("DescribeJob", {"JobId": job})["JobMetadata"] for job in jobs]
        assert [each.get("LongTermPricingId") for each in kept] == [*names, None]


def test_worked_a_parcel_is_received_once_it_is_there():
    api = account()
    job = order(api)
    with refused("InvalidJobStateException"):
        api.call("UpdateJobShipmentState", {"JobId": job, "ShipmentState": "RECEIVED"})
    api.world.until("WithCustomer", job)
    api.call("UpdateJobShipmentState", {"JobId": job, "ShipmentState": "RECEIVED"})
    with refused("InvalidJobStateException"):
        api.call("UpdateJobShipmentState", {"JobId": job, "ShipmentState": "RETURNED"})


def test_worked_service_versions_name_their_service():
    told = account().call("ListServiceVersions", {"ServiceName": "KUBERNETES", "MaxResults": 2})
    assert told["ServiceName"] == "KUBERNETES"
    assert len(told["ServiceVersions"]) == 2
    assert "NextToken" in told
