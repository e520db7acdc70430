"""DataSync under any row of calls: executions only go forward, one to an agent, bytes add up, replay agrees."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sync_accounts import BUCKET, EXACT, ROLE

from devicesim.datasync_api import interface
from devicesim.protocol import ApiError
from devicesim.protocol.validation import check
from devicesim.snowball_api.snow import Snow

ORDER = ["QUEUED", "LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING", "SUCCESS", "ERROR"]
OVER = {"SUCCESS", "ERROR"}
REFUSED = "InvalidRequestException"


class Calls(RuleBasedStateMachine):
    agents, sources, buckets = Bundle("agents"), Bundle("sources"), Bundle("buckets")
    tasks, executions = Bundle("tasks"), Bundle("executions")

    def __init__(self):
        super().__init__()
        self.snow = Snow(seed=5)
        self.snow.lay_out("/video", files=40, size="25 MB")
        self.seen, self.running_on = {}, {}

    def call(self, operation, **members):
        told = self.snow.datasync.call(operation, members)
        check(told, interface().operations[operation].output)
        return told

    def asked(self, operation, **members):
        """The answer, or the code of the error, after which nothing is another."""
        log = len(self.snow.world.log)
        try:
            return self.call(operation, **members)
        except ApiError as error:
            assert len(self.snow.world.log) == log
            return {"error": error.code}

    @initialize(target=agents)
    def one_agent(self):
        return self.agent()

    @rule(target=agents)
    def agent(self):
        return self.call("CreateAgent", ActivationKey=self.snow.start_agent())["AgentArn"]

    @rule(target=sources, agent=agents, path=st.sampled_from(["/video", "/", "/none"]))
    def source(self, agent, path):
        own = {"AgentArns": [agent]}
        told = self.call("CreateLocationNfs", ServerHostname="nas", Subdirectory=path, OnPremConfig=own)
        return told["LocationArn"]

    @rule(target=buckets, prefix=st.sampled_from(["", "/raw"]))
    def bucket(self, prefix):
        return self.call("CreateLocationS3", S3BucketArn=BUCKET, S3Config=ROLE, Subdirectory=prefix)[
            "LocationArn"
        ]

    @rule(
        target=tasks,
        source=sources,
        bucket=buckets,
        limit=st.sampled_from([-1, 2_000_000]),
        verify=st.sampled_from(["NONE", "ONLY_FILES_TRANSFERRED"]),
    )
    def task(self, source, bucket, limit, verify):
        options = EXACT | {"BytesPerSecond": limit, "VerifyMode": verify}
        return self.call(
            "CreateTask", SourceLocationArn=source, DestinationLocationArn=bucket, Options=options
        )["TaskArn"]

    @rule(target=executions, task=tasks)
    def start(self, task):
        status = self.asked("DescribeTask", TaskArn=task).get("Status")
        told = self.asked("StartTaskExecution", TaskArn=task)
        assert ("error" in told) == (status != "AVAILABLE")
        return told.get("TaskExecutionArn", "")

    @rule(execution=executions, limit=st.sampled_from([-1, 1_000_000, 0]))
    def throttle(self, execution, limit):
        over = self.status(execution) in {*OVER, "CANCELLING", None}
        told = self.asked(
            "UpdateTaskExecution", TaskExecutionArn=execution, Options={"BytesPerSecond": limit}
        )
        assert told == ({"error": REFUSED} if over or not limit else {})

    @rule(execution=executions)
    def cancel(self, execution):
        over = self.status(execution) in {*OVER, "CANCELLING", None}
        told = self.asked("CancelTaskExecution", TaskExecutionArn=execution)
        assert told == ({"error": REFUSED} if over else {})
        assert over or self.status(execution) == "CANCELLING"

    @rule(task=consumes(tasks))
    def delete(self, task):
        status = self.call("DescribeTask", TaskArn=task)["Status"]
        told = self.asked("DeleteTask", TaskArn=task)
        assert told == ({"error": REFUSED} if status in {"RUNNING", "QUEUED"} else {})

    @rule(minutes=st.floats(min_value=0, max_value=30))
    def advance(self, minutes):
        self.snow.advance(minutes * 60)

    def status(self, execution):
        return self.asked("DescribeTaskExecution", TaskExecutionArn=execution).get("Status")

    def listed(self):
        return self.call("ListTaskExecutions")["TaskExecutions"]

    @invariant()
    def executions_go_forward_and_add_up(self):
        for entry in self.listed():
            arn = entry["TaskExecutionArn"]
            told = self.call("DescribeTaskExecution", TaskExecutionArn=arn)
            before = self.seen.get(arn, told)
            assert entry["Status"] == told["Status"]
            assert before["Status"] not in OVER or before == told
            if {before["Status"], told["Status"]} <= set(ORDER):
                assert ORDER.index(before["Status"]) <= ORDER.index(told["Status"])
            assert told["BytesTransferred"] >= before["BytesTransferred"]
            assert told["BytesWritten"] <= told["EstimatedBytesToTransfer"]
            assert told["FilesTransferred"] <= told["EstimatedFilesToTransfer"]
            if told["Status"] == "SUCCESS":
                assert told["BytesWritten"] == told["EstimatedBytesToTransfer"]
                assert told["FilesTransferred"] + told["FilesSkipped"] == 40
            self.seen[arn] = told

    @invariant()
    def an_agent_works_on_one_execution_at_a_time(self):
        busy = []
        for entry in self.call("ListTasks")["Tasks"]:
            source = self.call("DescribeTask", TaskArn=entry["TaskArn"])["SourceLocationArn"]
            if entry["Status"] == "RUNNING":
                busy += self.call("DescribeLocationNfs", LocationArn=source)["OnPremConfig"]["AgentArns"]
        assert len(busy) == len(set(busy))

    def teardown(self):
        fork = self.snow.fork()
        for entry in self.listed():
            arn = entry["TaskExecutionArn"]
            told = self.call("DescribeTaskExecution", TaskExecutionArn=arn)
            assert fork.datasync.call("DescribeTaskExecution", {"TaskExecutionArn": arn}) == told


Calls.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestSyncCalls = Calls.TestCase
