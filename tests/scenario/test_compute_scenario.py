"""Images, instances, functions and traces in a scenario: read, or refused with place and reason."""

from pathlib import Path

import pytest
from small_story import TEXT

from devicesim.errors import ScenarioError
from devicesim.scenario import load, loads
from devicesim.scenario.trace import Load

IMAGE = '[[image]]\nname = "os"\nami = "ami-0123456789abcdef0"\nsize = "8 GB"\n'
OTHER = IMAGE.replace('"os"', '"db"').replace("ami-0", "ami-1")
FUNCTION = '[[function]]\nname = "thumb"\ntriggers = "arn:aws:s3:::small-story"\nwork = "50 ms"\n'
INSTANCE = '[[instance]]\nname = "box"\ntype = "snc1.medium"\n'


def told(extra: str, *changes: str, device: str = "SNC1_HDD") -> list[str]:
    """First lines of every problem of the small story with further tables."""
    text = TEXT.replace("[job]", f'{extra}[job]\ndevice = "{device}"')
    with pytest.raises(ScenarioError) as refused:
        loads(text, "story.toml", changes)
    return [str(problem).splitlines()[0] for problem in refused.value.problems]


def place(text: str, word: str, nth: int = 0) -> str:
    """Line and column of a value in the small story with further tables."""
    whole = TEXT.replace("[job]", f"{text}[job]").splitlines()
    lines = [(n, line) for n, line in enumerate(whole, 1) if line.startswith(word)]
    number, line = lines[nth]
    return f"story.toml:{number}:{line.index('=') + 3}"


class TestImages:
    def test_all_images_together_fit_the_device(self) -> None:
        images = IMAGE.replace("8 GB", "100 GB") + OTHER.replace("8 GB", "26 GB")
        at = place(images, 'size = "26')
        assert told(images) == [
            f"{at}: error: image[1].size: the images must fit the 125 GB that SNC1_HDD has for them, got 126 GB"
        ]

    def test_one_that_is_too_large_by_itself(self) -> None:
        (line,) = told(IMAGE.replace("8 GB", "126 GB"))
        assert "the images must fit the 125 GB" in line

    def test_volumes_together_fit_the_backing_store(self) -> None:
        two = (
            IMAGE
            + '[[instance]]\nname = "box"\ntype = "snc1.micro"\ncount = 2\nimage = "os"\nvolume = "80 GB"\n'
        )
        assert told(two) == [
            f"{place(two, 'volume')}: error: instance[0].volume: instances have 150 GB of storage together, "
            "got 160 GB"
        ]
        small = two.replace("80 GB", "5 GB")
        assert "must hold its image of 8 GB, got 5 GB" in told(small)[0]

    def test_an_image_must_be_there(self) -> None:
        (line,) = told(IMAGE + INSTANCE + 'image = "oss"\n')
        assert line.endswith("error: instance[0].image: no image is named 'oss'")

    def test_an_image_goes_onto_the_device_once(self) -> None:
        twice = IMAGE + IMAGE.replace('"os"', '"db"')
        (line,) = told(twice)
        assert line.startswith(place(twice, "ami", 1))
        assert line.endswith("image[1].ami: must be unique, got 'ami-0123456789abcdef0', which image[0] has")

    def test_so_many_images_at_most(self) -> None:
        many = "".join(IMAGE.replace('"os"', f'"os{n}"').replace("ef0", f"e{n:02}") for n in range(11))
        (line,) = told(many, device="EDGE")
        assert line.endswith("EDGE takes at most 10 images, got 11")

    @pytest.mark.parametrize("ami", ["ami-123", "ami-0123456789abcdef", "AMI-12345678", "ami-1234567g"])
    def test_the_api_s_pattern(self, ami: str) -> None:
        (line,) = told(IMAGE.replace("ami-0123456789abcdef0", ami))
        assert "image[0].ami: must look like 'ami-0123456789abcdef0'" in line


class TestInstances:
    def test_a_type_that_the_device_lacks(self) -> None:
        (line,) = told(INSTANCE, device="EDGE")
        assert "instance[0].type: EDGE has no instance type 'snc1.medium'" in line

    def test_more_requests_at_a_time_than_vcpus(self) -> None:
        (line,) = told(INSTANCE + 'requests = { every = "1 s", work = "1 s", concurrency = 3 }\n')
        assert line.endswith("each request takes a vCPU: snc1.medium has 2 vCPUs, got 3")
        (line,) = told(INSTANCE + 'cpu = "75 %"\nrequests = { every = "1 s", work = "1 s" }\n')
        assert line.endswith("snc1.medium has 2 vCPUs and keeps 75% of them busy, got 1")

    def test_what_services_leave(self) -> None:
        large = INSTANCE.replace("snc1.medium", "sbe1.4xlarge")
        assert [line.partition("type: ")[2] for line in told(large + FUNCTION, device="EDGE")] == [
            "NFS and Lambda leave instances 12 of 24 vCPUs, got 16 at a time",
            "NFS and Lambda leave instances 8 GiB of memory together, got 32 GiB at a time",
        ]

    def test_memory(self) -> None:
        text = INSTANCE.replace("snc1.medium", "sbe1.2xlarge") + FUNCTION
        assert any(
            "NFS and Lambda leave instances 8 GiB of memory together, got 16 GiB" in t
            for t in told(text, device="EDGE")
        )

    @pytest.mark.parametrize(
        ("more", "why"),
        [
            ('requests = { work = "1 s" }', "must have either every or trace, got neither"),
            ('requests = { every = "1 s", trace = "a.csv", work = "1 s" }', "every or trace, got both"),
            ('requests = { every = "1 s", work = 3 }', "must be a duration such as '300 ms' or a table"),
            ('requests = { every = "1 s", work = "3" }', "got '3': a unit is missing"),
            ('burst = { every = "5 min", length = "6 min" }', "length must be less than every, got 6 min and 5 min"),
            ('burst = { every = "1 s", length = "0.5 s" }', "must be at least 10 s, got '1 s'"),
            ('cpu = "10 %"\ntrace = "a.csv"', "must not have cpu, disk, network or burst beside trace"),
        ],
    )  # fmt: skip
    def test_refused(self, more: str, why: str) -> None:
        assert any(why in line for line in told(f"{INSTANCE}{more}\n"))

    @pytest.mark.parametrize(
        ("more", "got"),
        [
            ('duration = "100 h"\nrequests = { EVERY }', "36,000,000 in 4 d 4 h"),
            ('count = 2\nduration = "28 h"\nrequests = { EVERY }', "20,160,000 in 1 d 4 h"),
            (
                'requests = { EVERY, surge = { every = "1 min", length = "6 s", times = 30 } }',
                "33,696,000 in 1 d",
            ),
        ],
    )
    def test_worked_more_requests_than_can_be_computed(self, more: str, got: str) -> None:
        """360,000 s x 100/s; 2 x 100,800 s x 100/s; 86,400 s x 100/s x (1 + 0.1 x 29)."""
        text = f"{INSTANCE}{more}\n".replace("EVERY", 'every = "10 ms", work = "1 ms"').replace(
            "medium", "micro"
        )
        (line,) = told(text)
        assert "instance[0].requests.every: instances serve at most 10,000,000 requests together" in line
        assert line.endswith(f"got about {got}")

    def test_requests_are_counted_for_as_long_as_the_device_is_kept(self) -> None:
        """100 a second for the 3 d that job.keep tells: 25,920,000; a day of them would do."""
        text = INSTANCE + 'requests = { every = "10 ms", work = "1 ms" }\n'
        (line,) = told(text, "job.keep = '3 d'")
        assert line.endswith("got about 25,920,000 in 3 d")
        loads(TEXT + text)

    def test_one_that_serves_requests_is_idle_besides(self) -> None:
        story = loads(TEXT + INSTANCE + 'requests = { every = "1 s", work = "300 ms" }\n')
        assert story.instances[0].cpu == 0.0
        assert loads(TEXT + INSTANCE).instances[0].cpu == 1.0


class TestFunctions:
    def test_not_on_a_snowcone(self) -> None:
        (line,) = told(FUNCTION)
        assert line.endswith(
            "error: function[0]: SNC1_HDD does not run Lambda functions; Snowball Edge devices do"
        )

    def test_on_a_snowball_edge(self) -> None:
        text = TEXT.replace("[job]", f'{FUNCTION}[job]\ndevice = "EDGE"')
        assert loads(text).functions[0].triggers == ("arn:aws:s3:::small-story",)

    def test_seven_of_128_mb_and_no_eighth(self) -> None:
        """AWS: with 128 MB each, up to seven in a job."""
        many = "".join(FUNCTION.replace("thumb", f"f{n}") for n in range(7))
        loads(TEXT.replace("[job]", f'{many}[job]\ndevice = "EDGE"'))
        (line,) = told(many + FUNCTION, device="EDGE")
        assert line.endswith("function[7].memory: the functions have 1 GB of memory together, got 1.02 GB")

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (("small-story", "smal-story"), "must be a bucket of this job, got 'arn:aws:s3:::smal-story'"),
            (
                ('"arn:aws:s3:::small-story"', '["arn:aws:s3:::small-story", "arn:aws:s3:::small-story"]'),
                "again",
            ),
            (('"arn:aws:s3:::small-story"', "[]"), "must not be empty"),
            (("arn:aws:s3:::small-story", "small-story"), "must be the ARN of a bucket"),
            (("50 ms", "50"), "a unit is missing"),
        ],
    )
    def test_refused(self, change: tuple[str, str], why: str) -> None:
        (line,) = told(FUNCTION.replace(*change), device="EDGE")
        assert why in line

    def test_an_arn_is_of_the_job_s_region(self) -> None:
        arn = 'arn = "arn:aws:lambda:us-east-1:123456789012:function:thumb:1"\n'
        (line,) = told(FUNCTION + arn, device="EDGE")
        why = "must be a function in the job's Region us-west-2, got one in us-east-1"
        assert line.endswith(f"function[0].arn: {why}")
        here = FUNCTION + arn.replace("us-east-1", "us-west-2")
        loads(TEXT.replace("[job]", f'{here}[job]\ndevice = "EDGE"'))

    def test_names_must_be_unique(self) -> None:
        (line,) = told(FUNCTION + FUNCTION, device="EDGE")
        assert line.endswith("function[1].name: must be unique, got 'thumb', which function[0] has")


class TestTraces:
    def problems(self, tmp_path: Path, text: str, kind: str = "load") -> list[str]:
        (tmp_path / "trace.csv").write_text(text)
        use = 'trace = "trace.csv"' if kind == "load" else 'requests = { trace = "trace.csv", work = "1 s" }'
        (tmp_path / "story.toml").write_text(TEXT + INSTANCE + use + "\n")
        try:
            load(tmp_path / "story.toml")
        except ScenarioError as error:
            return [str(problem).splitlines()[0] for problem in error.problems]
        return []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("time,cpu\n0,10 %\n10,20 %\n26,30 %\n", "row 4: there is a gap before it: 16 s where rows are 10 s"),
            ("time,cpu\n0,10 %\n10,20 %\n20,0\n45,0\n", "row 5: there is a gap before it: 25 s where rows"),
            ("time,cpu\n0,10 %\n20,20 %\n10,30 %\n", "row 4: must come after the row before it, got 10 s before it"),
            ("time,cpu\n0,10 %\n10,20 %\n10,30 %\n", "row 4: must come after the row before it, got the same time"),
            ("time,until,cpu\n0,10,0.5\n15,20,0.1\n", "row 3: there is a gap of 5 s before it, from 10 s"),
            ("time,until,cpu\n0,10,0.5\n8,20,0.1\n", "row 3: overlaps the row before it, which lasts until 10 s"),
            ("time,until,cpu\n0,10,0.5\n10,10,0.1\n", "row 3: until must be after time, got 10 s and 10 s"),
            ("time,cpu\n5,10 %\n10,20 %\n", "row 2: there is a gap of 5 s before it: the first row is time 0"),
            ("time,cpu\n0,10 %\n10,-20 %\n", "row 3: cpu"),
            ("time,cpu\n0,10 %\n10,120 %\n", "row 3: cpu must be in 0 to 100 %, got '120 %'"),
            ("time,disk\n0,5 MB/s\n10,-1\n", "row 3: disk must be at least 0 and finite, got '-1'"),
            ("time,disk\n0,5 MB/s\n10,5 MB\n", "row 3: disk: expected a rate"),
            ("time,disk\n0,5 MB/s\n10\n", "row 3: must have 2 columns, got 1"),
            ("0,5\n", "row 1: must name its columns, time and any of"),
            ("time,cpu\n", "row 1: must have at least one row"),
            ("", "row 1: must begin with the names of its columns"),
            ("time,cpu\n0,50 %\n", "row 2: a single row needs the column until"),
        ],
    )  # fmt: skip
    def test_worked_a_load_is_refused_row_by_row(self, tmp_path: Path, text: str, expected: str) -> None:
        (line,) = self.problems(tmp_path, text)
        number = expected.split(":")[0].removeprefix("row ")
        assert line.startswith(f"trace.csv:{number}:1: error: {expected}")

    def test_arrivals_in_order(self, tmp_path: Path) -> None:
        text = "time,work\n0 s,100 ms\n5 s,0.2\n4 s,0.1\n"
        (line,) = self.problems(tmp_path, text, "arrivals")
        assert line == "trace.csv:4:1: error: row 4: must not come before the row before it, at 5 s"
        assert self.problems(tmp_path, "time\n3\n3\n900\n", "arrivals") == []

    def test_every_bad_row_is_told_and_a_flood_is_cut(self, tmp_path: Path) -> None:
        rows = "".join(f"{n},x\n" for n in range(30))
        lines = self.problems(tmp_path, f"time,cpu\n{rows}")
        assert len(lines) == 21
        assert "10 more rows are bad" in lines[-1]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "story.toml").write_text(TEXT + INSTANCE + 'trace = "none.csv"\n')
        with pytest.raises(ScenarioError, match=r"instance\[0\]\.trace: 'none\.csv' cannot be read"):
            load(tmp_path / "story.toml")

    def test_worked_units_and_order_of_columns(self, tmp_path: Path) -> None:
        (tmp_path / "trace.csv").write_text("disk,time,cpu\n5 MB/s,0 min,10 %\n0,1 min,0.5\n\n")
        (tmp_path / "story.toml").write_text(TEXT + INSTANCE + 'trace = "trace.csv"\n')
        read = load(tmp_path / "story.toml").source.traces["load", "trace.csv"]
        assert isinstance(read, Load)
        assert (read.time.tolist(), read.cpu.tolist(), read.disk.tolist()) == ([0, 60], [0.1, 0.5], [5e6, 0])
        assert read.end == 120.0
