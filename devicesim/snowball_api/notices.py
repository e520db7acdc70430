"""What a job tells its customer when it changes state: one sentence, to the topic and for the states they chose."""

from __future__ import annotations

from abc import ABC, abstractmethod

from devicesim.jobs import JobState, JobType
from devicesim.snowball_api.account import Account

CONSOLE = "https://console.aws.amazon.com/importexport"

PHRASES = {
    JobState.NEW: "has been created",
    JobState.PREPARING_APPLIANCE: "is being prepared",
    JobState.PREPARING_SHIPMENT: "is being prepared for shipment",
    JobState.IN_TRANSIT_TO_CUSTOMER: "is in transit to you",
    JobState.WITH_CUSTOMER: "was delivered to you",
    JobState.IN_TRANSIT_TO_AWS: "is in transit to AWS",
    JobState.WITH_AWS_SORTING_FACILITY: "is at AWS sorting facility",
    JobState.WITH_AWS: "is at AWS",
    JobState.IN_PROGRESS: "is being imported",
    JobState.COMPLETE: "complete",
    JobState.CANCELLED: "was canceled",
    JobState.LISTING: "is being listed",
    JobState.PENDING: "is waiting for its turn",
}
"""What is said of each state, as in AWS's samples; PreparingShipment, Listing and Pending have none (*assumed*)."""


def topic(account: Account, job_id: str, state: JobState) -> str:
    """The topic that is told of a state; empty if none is."""
    notification = account.jobs[job_id].members.get("Notification", {})
    wanted = notification.get("NotifyAll") or state.value in notification.get("JobStatesToNotify", ())
    return str(notification.get("SnsTopicARN", "")) if wanted else ""


def warned(account: Account, job_id: str) -> str:
    """The topic that is told of what the customer has to mend, whatever states they chose; empty if there is none."""
    return str(account.jobs[job_id].members.get("Notification", {}).get("SnsTopicARN", ""))


def warning(account: Account, job_id: str, why: str, until: float) -> str:
    """What is said when AWS cannot reach a bucket; AWS publishes no sample (*assumed*)."""
    name = account.jobs[job_id].members.get("Description", "")
    day = f"{account.time(until):%Y-%m-%d}"
    return (
        f"Your job {name} ({job_id}) cannot be imported: {why}. Restore access by {day}, or the job is canceled and "
        f"its data is deleted. More info - {CONSOLE}"
    )


def message(account: Account, job_id: str, state: JobState) -> str:
    """The sentence."""
    asked = account.jobs[job_id].members
    phrase = PHRASES[state]
    if state is JobState.IN_PROGRESS and asked["JobType"] == JobType.EXPORT:
        phrase = "is being Exported"
    name = asked.get("Description", "")
    return f"Your job {name} ({job_id}) {phrase}. More info - {CONSOLE}"


class Topics(ABC):
    """Topics as who wants to know of states.

    Attributes:
        account: the API's state, once there is one: it knows what each job's customer asked for.
    """

    def __init__(self) -> None:
        self.account: Account | None = None

    @abstractmethod
    def publish(self, topic: str, sentence: str) -> None:
        """Tell a topic, by its ARN, if it is there."""

    def notify(self, job: str, state: str, at: float) -> None:
        """Publish the sentence to the job's topic, if the customer wants it."""
        if self.account is None or job not in self.account.jobs:
            return
        entered = JobState(state)
        if arn := topic(self.account, job, entered):
            self.publish(arn, message(self.account, job, entered))

    def warn(self, job: str, why: str, until: float, at: float) -> None:
        """Publish what the customer has to mend."""
        if self.account is not None and job in self.account.jobs and (arn := warned(self.account, job)):
            self.publish(arn, warning(self.account, job, why, until))
