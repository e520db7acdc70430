"""The API under any row of calls: what is listed is what there is, states only go forward, replay agrees."""

from accounts import ADDRESS, ORDER
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from test_api_clusters import CLUSTER

from devicesim.jobs import ORDER as STATES
from devicesim.jobs import JobState, JobType
from devicesim.snowball_api import ApiError
from devicesim.snowball_api.snow import Snow

OVER = {"Complete", "Cancelled"}


class Calls(RuleBasedStateMachine):
    addresses, jobs, clusters = Bundle("addresses"), Bundle("jobs"), Bundle("clusters")

    def __init__(self):
        super().__init__()
        self.snow = Snow(seed=5)
        self.made, self.seen = [], {}

    def call(self, operation, **members):
        return self.snow.api.call(operation, members)

    @rule(target=addresses)
    def address(self):
        return self.call("CreateAddress", Address=ADDRESS)["AddressId"]

    @rule(target=jobs, address=addresses, kind=st.sampled_from(["IMPORT", "LOCAL_USE", "EXPORT"]))
    def job(self, address, kind):
        device = "EDGE_S" if kind == "EXPORT" else "SNC1_HDD"
        order = ORDER | {"JobType": kind, "SnowballType": device, "AddressId": address}
        self.made.append(self.call("CreateJob", **order)["JobId"])
        return self.made[-1]

    @rule(target=clusters, address=addresses)
    def cluster(self, address):
        order = CLUSTER | {"SnowballType": "EDGE_C", "AddressId": address, "InitialClusterSize": 3}
        return self.call("CreateCluster", **order)["ClusterId"]

    @rule(target=jobs, cluster=clusters)
    def node(self, cluster):
        told = self.asked("CreateJob", ClusterId=cluster)
        if "JobId" not in told:
            assert told["error"] in {"ClusterLimitExceededException", "InvalidJobStateException"}
            return multiple()
        self.made.append(told["JobId"])
        return told["JobId"]

    @rule(job=jobs, option=st.sampled_from(["NEXT_DAY", "SECOND_DAY"]))
    def update(self, job, option):
        allowed = self.state(job) == "New"
        told = self.asked("UpdateJob", JobId=job, ShippingOption=option)
        assert told == ({} if allowed else {"error": "InvalidJobStateException"})

    @rule(job=consumes(jobs))
    def cancel(self, job):
        allowed = self.state(job) in {"New", "Listing", "Pending"}
        told = self.asked("CancelJob", JobId=job)
        assert told == ({} if allowed else {"error": "InvalidJobStateException"})
        assert (self.state(job) == "Cancelled") >= allowed

    def asked(self, operation, **members):
        """The answer, or the code of the error."""
        try:
            return self.call(operation, **members)
        except ApiError as error:
            return {"error": error.code}

    @rule(days=st.floats(min_value=0, max_value=9))
    def advance(self, days):
        self.snow.advance(days * 86400)

    def state(self, job):
        return self.call("DescribeJob", JobId=job)["JobMetadata"]["JobState"]

    def listed(self):
        return self.call("ListJobs", MaxResults=100)["JobListEntries"]

    @invariant()
    def what_was_made_is_listed_in_order(self):
        listed = [entry["JobId"] for entry in self.listed()]
        assert [job for job in listed if job in set(self.made)] == self.made

    @invariant()
    def states_go_forward(self):
        for entry in self.listed():
            job, state = entry["JobId"], entry["JobState"]
            before = self.seen.get(job, state)
            assert before not in OVER or before == state
            order = [str(each) for each in STATES[JobType(entry["JobType"])]]
            if {before, state} <= set(order):
                assert order.index(before) <= order.index(state)
            self.seen[job] = state
            assert state in {str(each) for each in JobState}

    @invariant()
    def devices_in_use_are_those_not_back(self):
        out = sum(entry["JobState"] not in OVER and not entry["IsMaster"] for entry in self.listed())
        assert self.call("GetSnowballUsage")["SnowballsInUse"] == out

    def teardown(self):
        before = self.listed()
        assert self.snow.fork().api.call("ListJobs", {"MaxResults": 100})["JobListEntries"] == before


Calls.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestCalls = Calls.TestCase
