"""Reading scenarios: the shape that must load, and every bad input with its exact message, line and column."""

import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import CAMP

from devicesim.errors import ScenarioError
from devicesim.jobs import JobType, ShippingOption
from devicesim.scenario import Scenario, from_dict, load, loads, template

RIDGE = """\
#:schema ./scenario.schema.json
name  = "Trail cameras, ridge camp"
start = 2026-06-01T08:00:00-07:00
seed  = 7
[site]
region = "us-west-2"
power  = { source = "battery", capacity = "71 Wh", spares = 8, swap = "10 min" }
[site.wifi]
band = "5 GHz"
width = "80 MHz"
distance = "15 m"
stations = 3
[[dataset]]
name   = "photos"
bucket = "arn:aws:s3:::trail-cams"
files  = 200_000
size   = { distribution = "lognormal", median = "4 MB", sigma = 0.8 }
[[client]]
name = "laptop"
dataset = "photos"
link = "wifi"
streams = 4
nfs = { version = "4.1", wsize = "128 KiB", durability = "async" }
[job]
type = "IMPORT"
device = "SNC1_HDD"
shipping = "SECOND_DAY"
[[goal]]
expr = "days_to_s3 < 21"
"""


def problems(text, **options):
    with pytest.raises(ScenarioError) as caught:
        loads(text, "ridge.toml", **options)
    return caught.value.problems


def message(text, **options):
    (problem,) = problems(text, **options)
    return str(problem)


def changed(*pairs, text=RIDGE):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_worked_the_ridge_camp_in_si():
    story = loads(RIDGE)
    assert story.name == "Trail cameras, ridge camp"
    assert story.start == datetime(2026, 6, 1, 15, tzinfo=UTC)
    assert story.start.utcoffset() == timedelta(hours=-7)
    assert (story.seed, story.overflow) == (7, "refuse")
    power, wifi = story.site.power, story.site.wifi
    assert (power.capacity, power.spares, power.swap, power.when_low) == (71 * 3600, 8, 600, "shutdown")
    assert (wifi.band, wifi.width, wifi.distance, wifi.stations) == (5e9, 80e6, 15, 3)
    (photos,), (laptop,), (goal,) = story.datasets, story.clients, story.goals
    assert (photos.files, photos.size.median, photos.size.sigma) == (200_000, 4e6, 0.8)
    assert (laptop.dataset, laptop.link, laptop.rate, laptop.streams) == (("photos",), "wifi", None, 4)
    assert (laptop.nfs.version, laptop.nfs.wsize, laptop.nfs.durability) == ("4.1", 131072, "async")
    assert story.job.type is JobType.IMPORT
    assert story.job.shipping is ShippingOption.SECOND_DAY
    assert story.job.wifi is True
    assert (goal.metric, goal.op, goal.value) == ("days_to_s3", "<", 21)
    assert story.source.notes == ()


def test_worked_defaults_that_follow_from_the_rest():
    story = loads(
        changed(
            ('link = "wifi"', 'link = "ethernet"'),
            ('shipping = "SECOND_DAY"\n', ""),
            ("2026-06-01T08:00:00-07:00", "2026-06-01T08:00:00"),
            ('power  = { source = "battery", capacity = "71 Wh", spares = 8, swap = "10 min" }\n', ""),
        )
    )
    assert story.clients[0].rate == 125e6  # 1 Gbit/s
    assert story.job.wifi is False
    assert story.job.shipping is ShippingOption.SECOND_DAY  # the slower of the two in the US lane
    assert story.site.power.source == "mains"
    assert story.start == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert story.source.notes == ("start has no offset from UTC and is read as UTC",)


BAD = {
    "unknown key": (
        [("seed  = 7", "sead  = 7")],
        """\
ridge.toml:4:1: error: sead: unknown key
    sead  = 7
    ^
    hint: did you mean 'seed'?""",
    ),
    "unknown key in a table of a list": (
        [("streams = 4", "stream = 4")],
        """\
ridge.toml:22:1: error: client[0].stream: unknown key
    stream = 4
    ^
    hint: did you mean 'streams'?""",
    ),
    "unknown key in an inline table": (
        [('"71 Wh", spares', '"71 Wh", spare')],
        """\
ridge.toml:7:52: error: site.power.spare: unknown key
    power  = { source = "battery", capacity = "71 Wh", spare = 8, swap = "10 min" }
                                                       ^
    hint: did you mean 'spares'?""",
    ),
    "nothing near an unknown key": (
        [("stations = 3", "zzz = 3")],
        """\
ridge.toml:12:1: error: site.wifi.zzz: unknown key
    zzz = 3
    ^
    hint: known here: band, distance, environment, mobile, outages, spatial_streams, standard, stations, width""",
    ),
    "missing key": (
        [('distance = "15 m"\n', "")],
        """\
ridge.toml:8:1: error: site.wifi.distance: is missing
    [site.wifi]
    ^
    hint: add distance = "15 m\"""",
    ),
    "missing unit in quotes": (
        [('"15 m"', '"15"')],
        """\
ridge.toml:11:12: error: site.wifi.distance: expected a length such as '15 m', got '15': a unit is missing
    distance = "15"
               ^
    hint: with a unit in quotes, such as "15 m\"""",
    ),
    "bare number": (
        [('"128 KiB"', "131072")],
        """\
ridge.toml:23:34: error: client[0].nfs.wsize: expected a size such as '8 TB', got 131072: a unit is missing
    nfs = { version = "4.1", wsize = 131072, durability = "async" }
                                     ^
    hint: with a unit in quotes, such as "128 KiB\"""",
    ),
    "unit of another kind": (
        [('"71 Wh"', '"71 W"')],
        """\
ridge.toml:7:43: error: site.power.capacity: expected an energy such as '71 Wh', got '71 W': 'W' is a power
    power  = { source = "battery", capacity = "71 W", spares = 8, swap = "10 min" }
                                              ^""",
    ),
    "bits for bytes": (
        [('median = "4 MB"', 'median = "4 Mb"')],
        """\
ridge.toml:17:49: error: dataset[0].size.median: expected a size such as '8 TB', got '4 Mb': 'Mb' is bits, \
'MB' is bytes
    size   = { distribution = "lognormal", median = "4 Mb", sigma = 0.8 }
                                                    ^""",
    ),
    "negative size": (
        [('median = "4 MB"', 'median = "-4 MB"')],
        """\
ridge.toml:17:49: error: dataset[0].size.median: expected a size such as '8 TB', got '-4 MB': must be >= 0
    size   = { distribution = "lognormal", median = "-4 MB", sigma = 0.8 }
                                                    ^""",
    ),
    "file that is absurdly large": (
        [('"lognormal", median = "4 MB", sigma = 0.8', '"fixed", value = "6 TB"'), ("200_000", "1")],
        """\
ridge.toml:17:44: error: dataset[0].size.value: must be at most 5 TB, the largest file the device takes, got 6 TB
    size   = { distribution = "fixed", value = "6 TB" }
                                               ^""",
    ),
    "more data than the device holds": (
        # 2 M files of 4 MB exp(0.8^2/2) = 5.508510 MB
        [("200_000", "2_000_000")],
        """\
ridge.toml:16:10: error: dataset[0].files: the data must fit the device's 8 TB, got about 11 TB
    files  = 2_000_000
             ^
    hint: take less, or write overflow = "run" to see it fill up""",
    ),
    "more files than the device takes": (
        [("200_000", "40_000_001"), ('"lognormal", median = "4 MB", sigma = 0.8', '"fixed", value = "1 kB"')],
        """\
ridge.toml:16:10: error: dataset[0].files: the device holds at most 40,000,000 files, got 40,000,001
    files  = 40_000_001
             ^
    hint: take less, or write overflow = "run" to see it fill up""",
    ),
    "two sources of files": (
        [("200_000", '200_000\nmodel = "camera_iot"')],
        """\
ridge.toml:13:1: error: dataset[0]: must have exactly one of size, model, manifest, directory, got size and model
    [[dataset]]
    ^""",
    ),
    "no number of files": (
        [("files  = 200_000\n", "")],
        """\
ridge.toml:13:1: error: dataset[0]: must have either files or total beside size, got neither
    [[dataset]]
    ^""",
    ),
    "unknown workload": (
        [('size   = { distribution = "lognormal", median = "4 MB", sigma = 0.8 }', 'model = "camera_iott"')],
        """\
ridge.toml:17:9: error: dataset[0].model: unknown workload 'camera_iott'
    model = "camera_iott"
            ^
    hint: did you mean 'camera_iot'?""",
    ),
    "bucket without ARN": (
        [("arn:aws:s3:::trail-cams", "trail-cams")],
        """\
ridge.toml:15:10: error: dataset[0].bucket: must be the ARN of a bucket such as 'arn:aws:s3:::trail-cams', \
got 'trail-cams'
    bucket = "trail-cams"
             ^
    hint: write "arn:aws:s3:::trail-cams\"""",
    ),
    "bucket S3 does not allow": (
        [(":::trail-cams", ":::trail..cams")],
        """\
ridge.toml:15:10: error: dataset[0].bucket: must name a bucket that S3 allows, got 'trail..cams': \
a bucket name has no two dots in a row
    bucket = "arn:aws:s3:::trail..cams"
             ^""",
    ),
    "wrong choice": (
        [('link = "wifi"', 'link = "ethernett"')],
        """\
ridge.toml:21:8: error: client[0].link: must be one of 'wifi', 'ethernet', got 'ethernett'
    link = "ethernett"
           ^
    hint: did you mean 'ethernet'?""",
    ),
    "version as a number": (
        [('"4.1"', "4.1")],
        """\
ridge.toml:23:19: error: client[0].nfs.version: must be one of '3', '4.0', '4.1', got 4.1
    nfs = { version = 4.1, wsize = "128 KiB", durability = "async" }
                      ^
    hint: write it in quotes: "4.1\"""",
    ),
    "text for a whole number": (
        [("streams = 4", 'streams = "4"')],
        """\
ridge.toml:22:11: error: client[0].streams: must be a whole number, got '4'
    streams = "4"
              ^
    hint: write 4 without quotes""",
    ),
    "below a bound": (
        [("stations = 3", "stations = 0")],
        """\
ridge.toml:12:12: error: site.wifi.stations: must be at least 1, got 0
    stations = 0
               ^""",
    ),
    "NaN": (
        [("sigma = 0.8", "sigma = nan")],
        """\
ridge.toml:17:65: error: dataset[0].size.sigma: must be a finite number, got nan
    size   = { distribution = "lognormal", median = "4 MB", sigma = nan }
                                                                    ^
    hint: such as 0.8""",
    ),
    "table instead of a list of tables": (
        [("[[client]]", "[client]")],
        """\
ridge.toml:18:1: error: client: must be a list, got a table
    [client]
    ^
    hint: write [[client]]""",
    ),
    "dataset nobody defined": (
        [('dataset = "photos"', 'dataset = ["photos", "fotos"]')],
        """\
ridge.toml:20:22: error: client[0].dataset[1]: no dataset is named 'fotos'
    dataset = ["photos", "fotos"]
                         ^
    hint: did you mean 'photos'?""",
    ),
    "Wi-Fi client on a job without Wi-Fi": (
        [('type = "IMPORT"', 'type = "IMPORT"\nwifi = false')],
        """\
ridge.toml:21:8: error: client[0].link: a Wi-Fi client needs a job with Wi-Fi, and job.wifi is false
    link = "wifi"
           ^
    hint: leave job.wifi out, or write link = "ethernet\"""",
    ),
    "Wi-Fi client on a site without Wi-Fi": (
        [('[site.wifi]\nband = "5 GHz"\nwidth = "80 MHz"\ndistance = "15 m"\nstations = 3\n', "")],
        """\
ridge.toml:16:8: error: client[0].link: a Wi-Fi client needs [site.wifi], which is missing
    link = "wifi"
           ^
    hint: [site.wifi] with band = "5 GHz", width = "80 MHz", distance = "15 m\"""",
    ),
    "radio that does not exist": (
        [('"5 GHz"', '"2.4 GHz"')],
        """\
ridge.toml:8:1: error: site.wifi: width must be at most 40 MHz in the 2.4 GHz band, got 80 MHz
    [site.wifi]
    ^
    hint: width = "20 MHz\"""",
    ),
    "PO box": (
        [
            (
                "[site.wifi]",
                '[site.address]\nstreet = "P.O. Box 12"\ncity = "Elk"\ncountry = "US"\n[site.wifi]',
            )
        ],
        """\
ridge.toml:9:10: error: site.address.street: must be a place a courier can go to: Snow devices are not shipped to \
PO boxes, got 'P.O. Box 12'
    street = "P.O. Box 12"
             ^
    hint: give a street address""",
    ),
    "address outside the lane": (
        [("[site.wifi]", '[site.address]\nstreet = "Weg 1"\ncity = "Ulm"\ncountry = "DE"\n[site.wifi]')],
        """\
ridge.toml:11:11: error: site.address.country: must be a country that us-west-2 ships to (US), got 'DE'
    country = "DE"
              ^
    hint: a device stays in the country of its Region""",
    ),
    "impossible date": (
        [("2026-06-01T08:00:00-07:00", "2026-02-30T08:00:00-07:00")],
        """\
ridge.toml:3:9: error: start: must be a date and time that exist, got 2026-02-30T08:00:00-07:00
    start = 2026-02-30T08:00:00-07:00
            ^""",
    ),
    "impossible date in quotes": (
        [("2026-06-01T08:00:00-07:00", '"2026-13-01"')],
        """\
ridge.toml:3:9: error: start: must be a date and time that exist, got '2026-13-01'
    start = "2026-13-01"
            ^
    hint: write it as 2026-06-01T08:00:00-07:00""",
    ),
    "date of another age": (
        [("2026-06-01T08", "1926-06-01T08")],
        """\
ridge.toml:3:9: error: start: must be in the years 2000 to 2099, got 1926
    start = 1926-06-01T08:00:00-07:00
            ^""",
    ),
    "unknown region": (
        [("us-west-2", "us-west-3")],
        """\
ridge.toml:6:10: error: site.region: unknown region 'us-west-3'
    region = "us-west-3"
             ^
    hint: did you mean 'us-west-2'?""",
    ),
    "shipping option of another lane": (
        [("us-west-2", "ap-south-1")],
        """\
ridge.toml:27:12: error: job.shipping: must be 'STANDARD' in ap-south-1 (India), got 'SECOND_DAY'
    shipping = "SECOND_DAY"
               ^""",
    ),
    "export": (
        [('"IMPORT"', '"EXPORT"')],
        """\
ridge.toml:25:8: error: job.type: EXPORT is not offered on SNC1_HDD, which takes IMPORT and LOCAL_USE jobs
    type = "EXPORT"
           ^
    hint: write "IMPORT" or "LOCAL_USE\"""",
    ),
    "device that is none": (
        [('"SNC1_HDD"', '"SNC1_HHD"')],
        """\
ridge.toml:26:10: error: job.device: unknown SnowballType 'SNC1_HHD'
    device = "SNC1_HHD"
             ^
    hint: did you mean 'SNC1_HDD'?""",
    ),
    "NFS on a job for local use": (
        [('"IMPORT"', '"LOCAL_USE"'), ('"days_to_s3 < 21"', '"device_days < 21"')],
        """\
ridge.toml:18:1: error: client[0]: the NFS service runs on IMPORT jobs only, and job.type is 'LOCAL_USE'
    [[client]]
    ^
    hint: write type = "IMPORT", or describe the work as an [[instance]]""",
    ),
    "unknown metric": (
        [("days_to_s3", "days_to_s4")],
        """\
ridge.toml:29:8: error: goal[0].expr: unknown metric 'days_to_s4'
    expr = "days_to_s4 < 21"
           ^
    hint: did you mean 'days_to_s3'?""",
    ),
    "unknown figure": (
        [("[[goal]]", '[assume]\nSNC1_HDD.disk.outer_rte = "180 MB/s"\n[[goal]]')],
        """\
ridge.toml:29:15: error: assume."SNC1_HDD.disk.outer_rte": unknown figure 'SNC1_HDD.disk.outer_rte'
    SNC1_HDD.disk.outer_rte = "180 MB/s"
                  ^
    hint: did you mean 'SNC1_HDD.disk.outer_rate'?""",
    ),
    "figure in the wrong unit": (
        [("[[goal]]", '[assume]\n"SNC1_HDD.disk.outer_rate" = "180 MB"\n[[goal]]')],
        """\
ridge.toml:29:30: error: assume."SNC1_HDD.disk.outer_rate": expected a rate such as '240 MB/s', got '180 MB': \
'MB' is a size
    "SNC1_HDD.disk.outer_rate" = "180 MB"
                                 ^""",
    ),
    "battery keys with mains": (
        [('"battery"', '"mains"')],
        """\
ridge.toml:7:10: error: site.power: capacity, spares must go with source = 'battery', got 'mains'
    power  = { source = "mains", capacity = "71 Wh", spares = 8, swap = "10 min" }
             ^
    hint: source = "battery\"""",
    ),
    "cable rate in the air": (
        [("streams = 4", 'rate = "1 Gbit/s"')],
        """\
ridge.toml:18:1: error: client[0]: rate must go with link = 'ethernet', got 'wifi'
    [[client]]
    ^
    hint: [site.wifi] says how fast the air is""",
    ),
    "text without quotes": (
        [('distance = "15 m"', "distance = 15 m  # from the tent")],
        """\
ridge.toml:11:12: error: site.wifi.distance: must be in quotes, got 15 m
    distance = 15 m  # from the tent
               ^
    hint: write "15 m\"""",
    ),
    "switch in capitals": (
        [("stations = 3", "mobile = True")],
        """\
ridge.toml:12:10: error: site.wifi.mobile: must be true or false, got True
    mobile = True
             ^
    hint: write true""",
    ),
    "key given twice": (
        [("seed  = 7", "seed  = 7\nseed  = 8")],
        """\
ridge.toml:5:1: error: seed is given twice
    seed  = 8
    ^""",
    ),
    "not TOML": (
        [("seed  = 7", "seed  7")],
        """\
ridge.toml:4:7: error: not valid TOML: expected '=' after a key in a key/value pair
    seed  7
          ^""",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_worked_bad_input_says(name):
    pairs, expected = BAD[name]
    assert message(changed(*pairs)) == expected


def test_worked_a_root_key_has_no_place():
    assert message(changed(('name  = "Trail cameras, ridge camp"\n', ""))) == (
        'ridge.toml: error: name: is missing\n    hint: add name = "Trail cameras, ridge camp"'
    )


def test_worked_every_problem_at_once_in_the_order_of_lines():
    text = changed(
        ("2026-06-01", "2026-02-30"),
        ("seed  = 7", "sead  = 7"),
        ('"71 Wh"', "71 Wh"),
        ('swap = "10 min"', "swap = 10 min"),
        ('"15 m"', '"15"'),
        ("200_000", "-1"),
        ('dataset = "photos"', 'dataset = "fotos"'),
        ("streams = 4", "stream = 4"),
        ('type = "IMPORT"', "wifi = false"),
        ("days_to_s3", "days_to_s4"),
    )
    found = [(p.line, p.column, p.path) for p in problems(text)]
    assert found == [
        (3, 9, "start"),
        (4, 1, "sead"),
        (7, 43, "site.power.capacity"),
        (7, 69, "site.power.swap"),
        (11, 12, "site.wifi.distance"),
        (16, 10, "dataset[0].files"),
        (20, 11, "client[0].dataset"),
        (21, 8, "client[0].link"),
        (22, 1, "client[0].stream"),
        (29, 8, "goal[0].expr"),
    ]


def test_worked_names_must_be_unique():
    text = RIDGE + RIDGE[RIDGE.index("[[dataset]]") : RIDGE.index("[[client]]")]
    assert (
        message(text)
        == """\
ridge.toml:31:10: error: dataset[1].name: must be unique, got 'photos', which dataset[0] has
    name   = "photos"
             ^"""
    )


@pytest.mark.parametrize(
    ("instances", "expected"),
    [
        (
            [("snc1.medium", 2, "0 h", None)],
            "ridge.toml:33:9: error: instance[0].count: at most 1 snc1.medium may run at the same time, got 2",
        ),
        (
            [("snc1.medium", 1, "0 h", None), ("snc1.micro", 1, "5 h", "1 h")],
            "ridge.toml:37:8: error: instance[1].type: instances have 2 vCPUs together, got 3 at a time",
        ),
        ([("snc1.medium", 1, "0 h", "5 h"), ("snc1.small", 2, "5 h", None)], None),
        (
            [
                ("snc1.small", 1, "0 h", "2 h"),
                ("snc1.micro", 1, "2 h", "2 h"),
                ("snc1.small", 1, "0 h", None),
            ],
            None,
        ),
    ],
    ids=["quota of a type", "vCPUs of all types", "one after the other", "two at a time"],
)
def test_worked_instances_must_fit(instances, expected):
    text = RIDGE
    for n, (kind, count, start, duration) in enumerate(instances):
        text += f'[[instance]]\nname = "i{n}"\ntype = "{kind}"\ncount = {count}\nstart = "{start}"\n'
        text += f'duration = "{duration}"\n' if duration else ""
    if expected is None:
        assert len(loads(text).instances) == len(instances)
    else:
        assert message(text).splitlines()[0] == expected


def test_worked_what_an_earlier_copy_left_takes_its_room():
    holds = '[job]\nholds = { files = 3_100, size = "7.6 TB" }'
    # 200,000 files of 4 MB exp(0.8^2/2) = 5.508511 MB are 1.10 TB more.
    assert message(changed(("[job]", holds))).splitlines()[0] == (
        "ridge.toml:16:10: error: dataset[0].files: the data must fit the device's 8 TB, got about 8.7 TB"
    )
    story = loads(changed(("[job]", holds), ("200_000", "70_000")))  # 0.386 TB more
    assert (story.job.holds.files, story.job.holds.size) == (3100, 7.6e12)


def test_worked_overflow_run_lets_a_story_fill_the_device():
    story = loads(changed(("200_000", "2_000_000"), ("seed  = 7", 'seed  = 7\noverflow = "run"')))
    assert story.overflow == "run"


@pytest.mark.parametrize("box", ["PO Box 7", "P. O. Box 7", "p.o.box 7", "Post Office Box 7", "Postfach 7", "GPO Box 7",
                                 "POB 7", "Locked Bag 7", "Boîte postale 7"])  # fmt: skip
def test_worked_every_spelling_of_a_po_box(box):
    address = f'[site.address]\nstreet = ["Gate 2", "{box}"]\ncity = "Elk"\ncountry = "US"\n'
    assert "PO boxes" in message(changed(("[site.wifi]", f"{address}[site.wifi]")))


@pytest.mark.parametrize("street", ["12 Box Hill Road", "1 Post Street", "Pobeda 4", "Post House, Boxley"])
def test_worked_streets_that_only_look_like_a_po_box(street):
    address = f'[site.address]\nstreet = "{street}"\ncity = "Elk"\ncountry = "US"\n'
    assert loads(changed(("[site.wifi]", f"{address}[site.wifi]"))).site.address.street == (street,)


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ('site.wifi.distance="30 m"', lambda story: story.site.wifi.distance == 30),
        ("site.wifi.distance=30 m", lambda story: story.site.wifi.distance == 30),
        ("client[0].streams=8", lambda story: story.clients[0].streams == 8),
        ("client.laptop.streams=8", lambda story: story.clients[0].streams == 8),
        ("client.laptop.nfs.durability=sync", lambda story: story.clients[0].nfs.durability == "sync"),
        (
            "job.notify.topic=arn:aws:sns:us-west-2:123456789012:snow",
            lambda story: story.job.notify.states == (),
        ),
        ("start=2026-07-01T00:00:00Z", lambda story: story.start == datetime(2026, 7, 1, tzinfo=UTC)),
        ("goal[0].expr=cost_usd == 3", lambda story: story.goals[0].value == 3),
        (
            "assume.SNC1_HDD.disk.outer_rate=180 MB/s",
            lambda story: story.assume == {"SNC1_HDD.disk.outer_rate": "180 MB/s"},
        ),
        ('assume."SNC1_HDD.disk.smr"=true', lambda story: story.assume == {"SNC1_HDD.disk.smr": True}),
    ],
)
def test_worked_overrides(override, read):
    story = loads(RIDGE, overrides=[override])
    assert read(story)
    assert story.source.overrides == (override,)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            'site.wifi.distance="30"',
            "--set: error: site.wifi.distance: expected a length such as '15 m', got '30': a unit is missing\n"
            '    site.wifi.distance="30"\n'
            "                       ^\n"
            '    hint: with a unit in quotes, such as "15 m"',
        ),
        (
            "client.laptop.stream=3",
            "--set: error: client[0].stream: unknown key\n"
            "    client.laptop.stream=3\n"
            "                         ^\n"
            "    hint: did you mean 'streams'?",
        ),
        (
            "client.labtop.streams=3",
            "--set: error: no client is named 'labtop'\n"
            "    client.labtop.streams=3\n"
            "    ^\n"
            "    hint: did you mean 'laptop'?",
        ),
        (
            "client[1].streams=3",
            "--set: error: client has 1 item, counted from 0, got [1]\n    client[1].streams=3\n    ^",
        ),
        ("seed.x=3", "--set: error: seed is not a table\n    seed.x=3\n    ^"),
        (
            "seed",
            "--set: error: must be PATH=VALUE, got 'seed'\n    seed\n    ^\n"
            '    hint: such as site.wifi.distance="30 m"',
        ),
    ],
)
def test_worked_bad_overrides(override, expected):
    assert message(RIDGE, overrides=[override]) == expected


def test_worked_files_that_are_no_scenario(tmp_path):
    with pytest.raises(
        ScenarioError, match=r"nowhere\.toml: error: cannot be read: No such file or directory$"
    ):
        load(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b'seed = 7\nname = "caf\xe9"\n')
    with pytest.raises(ScenarioError, match=r"latin\.toml:2:1: error: must be UTF-8 text$"):
        load(tmp_path / "latin.toml")


def test_worked_carriage_returns_and_a_byte_order_mark(tmp_path):
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbf" + RIDGE.replace("\n", "\r\n").encode())
    story = load(tmp_path / "windows.toml")
    assert story == loads(RIDGE)
    assert story.source.directory == tmp_path


def test_worked_a_caret_stands_under_its_column_behind_tabs():
    assert message(changed(("seed  = 7", "\tsead = 7"))).splitlines()[1:3] == ["     sead = 7", "     ^"]


def test_law_round_trip_of_the_template_and_the_ridge_camp():
    for text in (RIDGE, template()):
        story = loads(text)
        again = from_dict(story.to_dict())
        assert again == story
        assert again.to_dict() == story.to_dict()
        assert again.digest == story.digest


def test_law_the_digest_follows_meaning_and_not_spelling():
    story = loads(RIDGE)
    assert loads(changed(('"10 min"', '"600 s"'))).digest == story.digest
    assert loads(changed(('"10 min"', '"601 s"'))).digest != story.digest
    assert len(story.digest) == 16


def test_law_scenarios_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        loads(RIDGE).seed = 8


DOCUMENT = tomllib.loads(RIDGE)


def places_of(document, path=()):
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places_of(value, (*path, key))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_law_any_value_at_any_place_is_read_or_refused_in_words(data):
    path = data.draw(st.sampled_from(list(places_of(DOCUMENT))))
    junk = st.one_of(
        st.integers(), st.floats(), st.booleans(), st.text(max_size=8), st.just([]), st.just({}), st.just([1, "x"]),
        st.just({"distribution": "fixed"}), st.just(10**400), st.just("9e999 TB"),
    )  # fmt: skip
    document = tomllib.loads(RIDGE)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = data.draw(junk)
    try:
        found = () if isinstance(from_dict(document), Scenario) else None
    except ScenarioError as error:
        found = error.problems or None
    assert found is not None
    jargon = ("pydantic", "Input should", "Value error", "NoneType")
    for problem in found:
        assert problem.why
        assert not any(word in str(problem) for word in jargon)


def test_law_a_story_of_buckets_alone_is_whole_and_one_with_data_needs_who_copies():
    """Real clients come through the doors of the first; nobody would ever copy the second's files."""
    assert loads(CAMP, "camp").clients == ()
    with pytest.raises(ScenarioError, match="nobody copies the data onto the device"):
        loads(CAMP + '[[dataset]]\nname = "a"\nbucket = "arn:aws:s3:::b"\nfiles = 1\n', "camp")
