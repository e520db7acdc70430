"""What the device that is ordered does not have or do is refused, each with its place."""

import pytest

from devicesim.errors import ScenarioError
from devicesim.scenario import Scenario, from_dict, loads

STORY = """\
name = "Checks"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::clips"
files = 20
size = { distribution = "fixed", value = "100 MB" }
[[client]]
name = "laptop"
dataset = "clips"
link = "ethernet"
rate = "10 Gbit/s"
[job]
device = "EDGE"
"""


def story(*changes: str) -> Scenario:
    return loads(STORY, "story", changes)


BAD = {
    "capacity of another type": (
        ['job.capacity = "T42"'],
        "job.capacity: EDGE comes as T100, not as T42",
        'write "T100"',
    ),
    "T50 outside the US": (
        ['job.device = "STANDARD"', 'job.capacity = "T50"', 'site.region = "eu-west-1"'],
        "job.capacity: STANDARD comes as T80 in eu-west-1, not as T50",
        "",
    ),
    "type that the Region never had": (
        ['job.device = "STANDARD"', 'site.region = "eu-north-1"'],
        "job.device: STANDARD is not offered in eu-north-1",
        "it is in us-east-1, us-east-2, us-west-1, us-west-2, ca-central-1, ap-south-1, ap-southeast-1, "
        "ap-southeast-2, ap-northeast-1, eu-central-1, eu-west-1, eu-west-2, sa-east-1",
    ),
    "job type": (
        ['job.device = "STANDARD"', 'job.type = "LOCAL_USE"'],
        "job.type: LOCAL_USE is not offered on STANDARD, which takes IMPORT and EXPORT jobs",
        'write "IMPORT" or "EXPORT"',
    ),
    "import with a Snowblade": (
        ['job.device = "RACK_5U_C"'],
        "job.type: IMPORT is not offered on RACK_5U_C, which takes LOCAL_USE jobs",
        'write "LOCAL_USE"',
    ),
    "instance type of another device": (
        ['instance = [{ name = "i", type = "snc1.small" }]'],
        "instance[0].type: EDGE has no instance type 'snc1.small'",
        "it has sbe1.small, sbe1.medium, sbe1.large, sbe1.xlarge, sbe1.2xlarge, sbe1.4xlarge, sbe1.6xlarge",
    ),
    "instance on a device that runs none": (
        ['job.device = "STANDARD"', 'instance = [{ name = "i", type = "sbe1.small" }]'],
        "instance[0]: STANDARD runs no instances",
        "",
    ),
    "Wi-Fi client": (
        ['client.laptop.link = "wifi"', 'site.wifi = { band = "5 GHz", width = "80 MHz", distance = "5 m" }'],
        "client[0].link: EDGE has no Wi-Fi",
        'write link = "ethernet"',
    ),
    "Wi-Fi ordered": (["job.wifi = true"], "job.wifi: EDGE has no Wi-Fi", "leave job.wifi out"),
    "battery": (
        ['site.power = { source = "battery" }'],
        "site.power.source: EDGE runs on mains only: it has no battery",
        'write source = "mains"',
    ),
    "interface of another device": (
        ['job.device = "SNC1_HDD"', 'client.laptop.interface = "s3"'],
        "client[0].interface: SNC1_HDD has no S3 adapter",
        'write "nfs"',
    ),
    "100 Mbit/s": (
        ['client.laptop.rate = "100 Mbit/s"'],
        "client[0].rate: EDGE takes 1 Gbit/s at least, got 100 Mbit/s: its ports do not work on a slower switch",
        "",
    ),
    "part beyond 512 MB": (
        ['client.laptop.interface = "s3"', 'client.laptop.s3.part = "1 GB"'],
        "client[0].s3.part: must be 5 MB to 512 MB, got 1 GB",
        "",
    ),
    "more connections than the adapter takes": (
        ['client.laptop.interface = "s3"', "client.laptop.streams = 64", "client.laptop.s3.requests = 16"],
        "client[0].streams: the S3 adapter takes 1,000 connections at most, got 1,024 with streams times requests",
        "",
    ),
    "options of another interface": (
        ['client.laptop.interface = "s3"', 'client.laptop.nfs.wsize = "1 MiB"'],
        "client[0].nfs: must go with interface 'nfs' or 'file', got 's3'",
        "leave it out",
    ),
    "S3 options beside NFS": (
        ['client.laptop.interface = "nfs"', 'client.laptop.s3.part = "8 MiB"'],
        "client[0].s3: must go with interface 's3', got 'nfs'",
        "leave it out",
    ),
    "file beyond 150 GB": (
        ['client.laptop.interface = "file"', 'dataset.clips.size.value = "151 GB"'],
        "dataset[0].size.value: the file interface takes files of 150 GB at most, got 151 GB",
        'write interface = "s3" for the client',
    ),
    "NFS on local use": (
        ['job.type = "LOCAL_USE"'],
        "client[0]: the NFS service runs on IMPORT jobs only, and job.type is 'LOCAL_USE'",
        'write type = "IMPORT", or describe the work as an [[instance]]',
    ),
    "more data than a T50 holds": (
        ['job.device = "STANDARD"', 'job.capacity = "T50"', 'dataset.clips.size.value = "3 TB"'],
        "dataset[0].files: the data must fit the device's 42 TB, got about 60 TB",
        'take less, or write overflow = "run" to see it fill up',
    ),
}


@pytest.mark.parametrize(("changes", "why", "hint"), BAD.values(), ids=BAD)
def test_worked_what_the_device_cannot_do_is_refused(changes: list[str], why: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        story(*changes)
    problems = {f"{problem.path}: {problem.why}": problem.hint for problem in wrong.value.problems}
    assert why in problems
    assert problems[why] == hint


GOOD = {
    "no preference": (["job.capacity = NoPreference"], "EDGE", "NoPreference"),
    "the capacity it has": (["job.capacity = T100"], "EDGE", "T100"),
    "T50 in the US": (['job.device = "STANDARD"', "job.capacity = T50"], "STANDARD", "T50"),
    "T80 elsewhere": (
        ['job.device = "STANDARD"', "job.capacity = T80", 'site.region = "eu-west-1"'], "STANDARD", "T80",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "device", "capacity"), GOOD.values(), ids=GOOD)
def test_worked_what_aws_offers_is_taken(changes: list[str], device: str, capacity: str) -> None:
    told = story(*changes)
    assert (told.job.device, told.job.capacity) == (device, capacity)


@pytest.mark.parametrize(
    ("device", "interface"),
    [("SNC1_HDD", "nfs"), ("EDGE", "nfs"), ("STANDARD", "snowball"), ("V3_5S", "nfs")],
)
def test_worked_the_usual_interface_is_the_first_that_the_device_has(device: str, interface: str) -> None:
    assert story(f'job.device = "{device}"').clients[0].interface == interface


@pytest.mark.parametrize("interface", ["nfs", "s3", "file"])
def test_law_a_scenario_written_out_is_read_again(interface: str) -> None:
    told = story(f'client.laptop.interface = "{interface}"')
    assert from_dict(told.to_dict()) == told


def test_worked_a_gigabit_is_taken_and_spoken_of() -> None:
    notes = story('client.laptop.rate = "1 Gbit/s"').source.notes
    assert notes == ("client 'laptop': 1 Gbit/s works on EDGE, and AWS advises against it",)
    assert story().source.notes == ()
