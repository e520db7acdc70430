"""The online tables: what they read, and what is refused with its place and its reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import ScenarioError
from devicesim.scenario import Scenario, WanWindow, from_dict, loads
from devicesim.scenario.week import DAY, WEEK

HEAD = """
name = "Video"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
"""
WAN = """
[site.wan]
up = "100 Mbit/s"
"""
DATA = """
[[dataset]]
name = "video"
bucket = "arn:aws:s3:::video"
files = 1000
size = { distribution = "fixed", value = "100 MB" }
"""
SENT = """
[[task]]
name = "send"
dataset = "video"
"""
CLIENT = """
[[client]]
name = "laptop"
dataset = "video"
link = "ethernet"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    return [f"{p.line}: {p.path}: {p.why}" for p in caught.value.problems]


def test_a_story_without_a_device_needs_no_job() -> None:
    story = loads(HEAD + WAN + DATA + SENT)
    assert not story.job.ordered
    assert story.tasks[0].source == "site"
    assert from_dict(story.to_dict()) == story


def test_a_story_with_a_device_still_needs_its_job() -> None:
    assert problems(HEAD + DATA + CLIENT)[0].endswith("job: is missing")
    assert loads(HEAD + DATA + CLIENT + "[job]\n").job.ordered


def test_windows_are_read_in_local_time_and_over_midnight() -> None:
    night = '[[site.wan.window]]\ndays = "Fri-Sun"\nbegin = "22:00"\nend = "06:00"\nshare = "50 %"\n'
    wan = loads(HEAD + WAN + night + DATA + SENT).site.wan
    assert wan is not None
    window = wan.windows[0]
    # Friday is day 4: Friday 22:00 for eight hours, and so on; the last goes into Monday.
    assert list(window.stretches()) == [
        (day * DAY + 22 * 3600, day * DAY + 30 * 3600) for day in (4.0, 5.0, 6.0)
    ]
    assert wan.rate(window) == 50e6 / 8
    assert wan.outside == 0.0


def test_toml_times_are_times() -> None:
    assert WanWindow.model_validate({"begin": "00:00", "end": "24:00"}).model_dump(
        mode="json", exclude_none=True
    ) == {
        "days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        "begin": "00:00",
        "end": "24:00",
    }
    clock = "[[site.wan.window]]\nbegin = 22:00:00\nend = 06:00:00\n"
    wan = loads(HEAD + WAN + clock + DATA + SENT).site.wan
    assert wan is not None
    assert wan.windows[0].begin == 22 * 3600


# Bad input.


def test_a_schedule_that_overlaps_itself_is_refused_at_both_places() -> None:
    windows = """
[[site.wan.window]]
begin = "22:00"
end = "06:00"
[[site.wan.window]]
days = "Tue"
begin = "05:00"
end = "09:00"
"""
    first, second = problems(HEAD + WAN + windows + DATA + SENT)
    assert first == (
        "10: site.wan.window[0]: must not overlap another window, got Tue 05:00 to Tue 06:00 in "
        "site.wan.window[1] too"
    )
    assert second.startswith("13: site.wan.window[1]: must not overlap")


def test_the_week_overlaps_itself_over_sunday_midnight() -> None:
    windows = """
[[site.wan.window]]
days = "Sun"
begin = "20:00"
end = "08:00"
[[site.wan.window]]
days = "Mon"
begin = "07:00"
end = "12:00"
"""
    assert "got Mon 07:00 to Mon 08:00" in problems(HEAD + WAN + windows + DATA + SENT)[0]


@pytest.mark.parametrize(
    ("window", "why"),
    [
        ('begin = "25:00"\nend = "06:00"', "must be a time of day from 00:00 to 24:00"),
        ('begin = "ten"\nend = "06:00"', "must be a time of day such as '22:00'"),
        ('begin = "06:00"\nend = "06:00"', "must have a length, got 06:00 to 06:00"),
        (
            'begin = "22:00"\nend = "06:00"\nshare = "50 %"\nrate = "1 MB/s"',
            "must have rate or share, got both",
        ),
        ('days = "Foo"\nbegin = "22:00"\nend = "06:00"', "must be days of the week"),
        ('days = ["Mon", "monday"]\nbegin = "22:00"\nend = "06:00"', "must name each day once"),
        ('begin = "22:00"\nend = "06:00"\nrate = "0 MB/s"', "the line gives nothing all week"),
    ],
)
def test_a_window_that_cannot_be_is_refused(window: str, why: str) -> None:
    assert why in problems(f"{HEAD}{WAN}[[site.wan.window]]\n{window}\n{DATA}{SENT}")[0]


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        (HEAD + DATA + SENT, "task[0]", "a task needs [site.wan], which is missing"),
        (
            HEAD + WAN + DATA + SENT.replace("video", "vidoe"),
            "task[0].dataset",
            "no dataset is named 'vidoe'",
        ),
        (HEAD + WAN + DATA + SENT + SENT, "task[1].name", "must be unique, got 'send', which task[0] has"),
        (
            HEAD + WAN + DATA + SENT + SENT.replace('"send"', '"again"'),
            "task[1].dataset",
            "dataset 'video' is sent by task[0] already",
        ),
        (
            HEAD + WAN + DATA + 'route = "ship"\n' + SENT,
            "task[0].dataset",
            "dataset 'video' is to be shipped: its route is 'ship'",
        ),
        (
            HEAD + WAN + DATA + CLIENT + "[job]\n" + SENT,
            "task[0].dataset",
            "dataset 'video' is copied onto the device and sent from the site",
        ),
        (
            HEAD + WAN + DATA + CLIENT + "[job]\n" + SENT + 'source = "device"\n[[instance]]\nname = "x"\n'
            'type = "snc1.micro"\n',
            "task[0].source",
            "the agent is an snc1.medium of 2 vCPUs, and instances take 1 of the device's 2",
        ),
        (
            HEAD + WAN + DATA.replace("1000", "200_001") + CLIENT + "[job]\n" + SENT + 'source = "device"\n',
            "task[0].dataset",
            "a task on a Snowcone has at most 200,000 files, got 200,001",
        ),
        (
            HEAD + WAN + DATA.replace("1000", "50_000_001").replace("100 MB", "1 kB") + SENT,
            "task[0].dataset",
            "a task on premises has at most 50,000,000 files, got 50,000,001",
        ),
        (
            HEAD + WAN + DATA + CLIENT + '[job]\ndevice = "EDGE_S"\n' + SENT + 'source = "device"\n',
            "task[0].source",
            "an agent comes with Snowcones, as an snc1.medium, and not with EDGE_S",
        ),
        (HEAD + WAN + DATA + SENT + "changed = '5 %'\n", "task[0]", "changed and new must go with runs of 2"),
        (
            HEAD + WAN + DATA + 'route = "ship"\n' + CLIENT + "[job]\n[hybrid]\n",
            "hybrid",
            "has nothing to part: every data set has its road",
        ),
        (
            HEAD + WAN + DATA + CLIENT + '[job]\n[hybrid]\ndeadline = "9 d"\nshare = "1 %"\n',
            "hybrid",
            "must have deadline or share, got both",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, path: str, why: str) -> None:
    found = problems(text)
    assert any(f": {path}: " in problem and why in problem for problem in found), found


def test_a_limit_of_files_is_told_with_the_way_out() -> None:
    text = (
        HEAD
        + WAN
        + DATA.replace("1000", "900_000").replace("100 MB", "1 MB")
        + CLIENT
        + "[job]\n"
        + SENT
        + 'source = "device"\n'
    )
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    assert caught.value.problems[0].hint == "write split = true to make 5 tasks of it"
    assert loads(text + "split = true\n").tasks[0].split


@given(st.integers(0, 167), st.integers(1, 24), st.integers(0, 167), st.integers(1, 24))
def test_law_windows_are_refused_just_where_they_share_an_hour(
    first: int, long: int, second: int, short: int
) -> None:
    def table(begin: int, hours: int) -> dict[str, str]:
        name = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[begin // 24]
        end = (begin % 24 + hours) % 24
        return {"days": name, "begin": f"{begin % 24:02d}:00", "end": f"{end:02d}:00" if end else "24:00"}

    if (begin_zero := [begin for begin, hours in ((first, long), (second, short)) if hours == 24]) and any(
        begin % 24 for begin in begin_zero
    ):
        return  # a whole day that begins at another hour has the same clock time twice, which is refused
    mine, theirs = ({(b + n) % 168 for n in range(h)} for b, h in ((first, long), (second, short)))
    document = loads(HEAD + WAN + DATA + SENT).to_dict()
    document["site"]["wan"]["window"] = [table(first, long), table(second, short)]
    if mine & theirs:
        with pytest.raises(ScenarioError, match="must not overlap"):
            from_dict(document)
    else:
        assert isinstance(from_dict(document), Scenario)


def test_a_week_is_a_week() -> None:
    assert WEEK == 604_800.0


def test_a_line_that_loses_more_than_the_law_holds_for_is_refused() -> None:
    """Mathis' law, rate = c MSS / (RTT sqrt(p)), has one loss halve one window: a p of some per cent is none of its."""
    (found,) = problems(HEAD + WAN + 'loss = "100 %"\n' + DATA + SENT)
    assert found.startswith("9: site.wan.loss: must be at most 1 %, got 100 %: the law of a TCP")
    wan = loads(HEAD + WAN + 'loss = "1 %"\n' + DATA + SENT).site.wan
    assert wan is not None
    assert wan.loss == 0.01


def test_a_window_gives_no_more_than_its_line() -> None:
    """Worked: 10 Gbit/s of a line of 100 Mbit/s is 1.25 GB/s of 12.5 MB/s."""
    window = '[[site.wan.window]]\nbegin = "08:00"\nend = "18:00"\nrate = "{}"\n'
    assert problems(HEAD + WAN + window.format("10 Gbit/s") + DATA + SENT) == [
        "12: site.wan.window[0].rate: must be at most the line's own, 12.5 MB/s, got 1.25 GB/s"
    ]
    assert loads(HEAD + WAN + window.format("100 Mbit/s") + DATA + SENT).site.wan is not None
